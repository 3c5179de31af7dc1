//! Where a setting of a route comes from.

use std::fmt;
use std::sync::Arc;

use crate::document::{Node, Place};

/// Where a setting of a route is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    place: Place,
    level: Level,
}

/// Who writes a setting, from the nearest to the farthest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Level {
    /// The route itself.
    Route,
    /// A group that the route is in: its name, or else its prefix, if it has one of them.
    Group(Option<Arc<str>>),
    /// The whole file.
    File,
}

impl Origin {
    pub(super) fn new(node: &Node, level: &Level) -> Arc<Self> {
        Arc::new(Self {
            place: node.place.clone(),
            level: level.clone(),
        })
    }

    /// The place in the file.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Who says it.
    pub fn level(&self) -> &Level {
        &self.level
    }

    /// Whether the route did not write it itself.
    pub fn is_inherited(&self) -> bool {
        self.level != Level::Route
    }
}

impl fmt::Display for Origin {
    /// `policy.yaml:12, group admin`: file and line, and who says it if it is not the route.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.place.file, self.place.line)?;
        match &self.level {
            Level::Route => Ok(()),
            level => write!(f, ", {level}"),
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Route => f.write_str("route"),
            Self::Group(Some(name)) => write!(f, "group {name}"),
            Self::Group(None) => f.write_str("group"),
            Self::File => f.write_str("whole file"),
        }
    }
}
