//! What is in force at one level of the file.

use std::sync::Arc;

use crate::document::Problems;

use super::resolved::Errors;
use super::table::{Level, Pages};

/// The entries that are in force somewhere, and the answers they amount to. Levels without entries of
/// their own share those of the level above.
#[derive(Debug, Clone, Default)]
pub(in crate::policy) struct Answers {
    pages: Arc<Pages>,
    errors: Arc<Errors>,
}

impl Answers {
    /// What the top of the file says. Reports entries that never hold.
    pub(in crate::policy) fn of_file(own: &Pages, problems: &Problems) -> Self {
        own.check_reach(own, Level::File, problems);
        Self {
            errors: Arc::new(Errors::of(own)),
            pages: Arc::new(own.clone()),
        }
    }

    /// What a level below says over this one, key by key. Reports entries that never hold.
    #[must_use]
    pub(in crate::policy) fn under(&self, own: &Pages, problems: &Problems) -> Self {
        if own.is_empty() {
            return self.clone();
        }
        let pages = own.over(&self.pages);
        own.check_reach(&pages, Level::Route, problems);
        Self {
            errors: Arc::new(Errors::of(&pages)),
            pages: Arc::new(pages),
        }
    }

    /// The answers.
    pub(in crate::policy) fn errors(&self) -> &Arc<Errors> {
        &self.errors
    }
}
