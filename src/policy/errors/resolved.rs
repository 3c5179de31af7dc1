//! The answer to each reason, worked out as far as the file says it.

use std::sync::Arc;

use http::StatusCode;

use crate::model::Reason;

use super::page::{Kind, Page};
use super::table::{Entry, Pages};
use super::template::Template;
use super::value::{Scene, Value};
use super::{ErrorAnswer, ErrorContent, Moment};

/// The answer to every reason, in the order of [`Reason::ALL`].
#[derive(Debug, Default)]
pub(in crate::policy) struct Errors {
    answers: Box<[Resolved]>,
    /// Whether a denial, or a failure after a permit, repeats something of its request.
    speaks: (bool, bool),
}

#[derive(Debug)]
struct Resolved {
    /// What a browser gets.
    redirect: Option<Arc<Page>>,
    /// What everybody else gets; nothing is a problem document.
    page: Option<Arc<Page>>,
    /// Its status.
    status: StatusCode,
    /// Its content, if no request changes that.
    ready: Option<ErrorContent>,
}

impl Errors {
    /// Works out the answer to every reason.
    pub(super) fn of(pages: &Pages) -> Self {
        let answers = Reason::ALL
            .iter()
            .map(|reason| Resolved::of(pages, *reason));
        let answers: Box<[Resolved]> = answers.collect();
        let mut speaks = (false, false);
        let reasons = Reason::ALL.iter().zip(&answers);
        for (reason, _) in reasons.filter(|(_, resolved)| resolved.speaks()) {
            // Whoever was permitted is told no more of credentials.
            let is_late = !matches!(reason.status().as_u16(), 401 | 403);
            speaks = (true, speaks.1 || is_late);
        }
        Self { answers, speaks }
    }

    /// The answer to a refused request.
    pub(super) fn answer(&self, scene: &Scene<'_>) -> ErrorAnswer {
        let Some(resolved) = self.answers.get(scene.reason as usize) else {
            return ErrorAnswer {
                status: scene.status,
                content: ErrorContent::Problem,
                varies: false,
            };
        };
        let redirect = resolved.redirect.as_ref();
        let location = redirect
            .filter(|_| scene.browser)
            .and_then(|page| match &page.kind {
                Kind::Redirect(redirect) => redirect.location(scene),
                _ => None,
            });
        let (status, content) = match location {
            // RFC 9110 section 15.4.3. 303 would say that there is nothing to be had at the address that was
            // asked for; there is, once the caller has signed in. That 302 may change the method does not
            // matter: only GET and HEAD get here.
            Some(location) => (StatusCode::FOUND, ErrorContent::Redirect(location)),
            None => (resolved.status, resolved.content(scene)),
        };
        ErrorAnswer {
            status,
            content,
            varies: redirect.is_some(),
        }
    }

    /// Whether an answer that may be needed from this moment on repeats something of its request.
    pub(super) fn speaks(&self, moment: Moment) -> bool {
        match moment {
            Moment::Denied => self.speaks.0,
            Moment::Permitted => self.speaks.1,
        }
    }

    /// Whether any answer is a redirect.
    pub(in crate::policy) fn redirects(&self) -> bool {
        self.answers
            .iter()
            .any(|resolved| resolved.redirect.is_some())
    }

    /// What identity headers could say too, in any answer.
    pub(in crate::policy) fn templates(&self) -> impl Iterator<Item = &Template> {
        let pages = self.answers.iter();
        let pages = pages.flat_map(|resolved| resolved.redirect.iter().chain(&resolved.page));
        pages.flat_map(|page| page.templates())
    }
}

impl Resolved {
    fn of(pages: &Pages, reason: Reason) -> Self {
        let page_of = |entry: &Entry| Arc::clone(&entry.page);
        let page = pages.page(reason).map(page_of);
        let status = page.as_ref().and_then(|page| page.status);
        let status = status.unwrap_or(reason.status());
        Self {
            ready: match page.as_ref().map(|page| &page.kind) {
                Some(Kind::Body(body)) => body.fixed(reason, status),
                _ => Some(ErrorContent::Problem),
            },
            redirect: pages.redirect(reason).map(page_of),
            page,
            status,
        }
    }

    fn content(&self, scene: &Scene<'_>) -> ErrorContent {
        if let Some(ready) = &self.ready {
            return ready.clone();
        }
        let scene = Scene {
            status: self.status,
            ..*scene
        };
        let page = self.page.as_ref().and_then(|page| match &page.kind {
            Kind::Body(body) => body.render(&scene),
            _ => None,
        });
        page.unwrap_or(ErrorContent::Problem)
    }

    fn speaks(&self) -> bool {
        let page = self.page.iter().flat_map(|page| page.values());
        // A redirect also looks whether it leads back.
        self.redirect.is_some() || page.into_iter().any(Value::is_of_request)
    }
}
