//! Permissions: `resource:action`, and patterns that grant many of them.

use std::fmt;

/// What stands for every permission; of an API key's scopes, for every scope as well.
pub(super) const EVERYTHING: &str = "*";

/// One right, such as `graph:invoke`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Permission {
    resource: Box<str>,
    action: Box<str>,
}

/// What a role or a scope grants: `graph:invoke`, `graph:*`, `*:read`, `*`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct PermissionPattern {
    /// Nothing stands for every resource.
    resource: Option<Box<str>>,
    /// Nothing stands for every action.
    action: Option<Box<str>>,
}

/// The text is neither a permission nor a pattern of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum PermissionError {
    /// Not two parts with one colon between them.
    #[error("a permission is `resource:action`, such as `users:read`")]
    Shape,
    /// A star beside other characters.
    #[error("`*` stands for a whole resource or action: `users:*`, `*:read`, `*`")]
    Star,
    /// A brace: permissions are plain words.
    #[error(
        "`{{action}}` stands in a permission that is for all methods of a route; braces have no other use"
    )]
    Brace,
    /// A pattern where one permission is asked for.
    #[error("a route asks for one permission, without `*`")]
    Pattern,
}

impl PermissionPattern {
    pub(super) fn parse(text: &str) -> Result<Self, PermissionError> {
        if text == EVERYTHING {
            return Ok(Self {
                resource: None,
                action: None,
            });
        }
        let (resource, action) = text.split_once(':').ok_or(PermissionError::Shape)?;
        Ok(Self {
            resource: part(resource)?,
            action: part(action)?,
        })
    }
}

fn part(text: &str) -> Result<Option<Box<str>>, PermissionError> {
    let shaped = !text.is_empty()
        && text
            .chars()
            .all(|c| c != ':' && !c.is_whitespace() && !c.is_control());
    match text {
        "*" => Ok(None),
        _ if !shaped => Err(PermissionError::Shape),
        _ if text.contains('*') => Err(PermissionError::Star),
        _ if text.contains(['{', '}']) => Err(PermissionError::Brace),
        _ => Ok(Some(text.into())),
    }
}

impl Permission {
    /// Every pattern that covers it.
    pub(super) fn patterns(&self) -> [PermissionPattern; 4] {
        let resource = || Some(self.resource.clone());
        let action = || Some(self.action.clone());
        [
            (resource(), action()),
            (resource(), None),
            (None, action()),
            (None, None),
        ]
        .map(|(resource, action)| PermissionPattern { resource, action })
    }

    /// Whether a text is a pattern that covers it. Takes as long as comparing it: nothing is kept of the
    /// scopes of a key, which are read anew for each request.
    pub(super) fn is_covered_by(&self, pattern: &str) -> bool {
        let fits = |part: &str, own: &str| part == EVERYTHING || part == own;
        match pattern.split_once(':') {
            None => pattern == EVERYTHING,
            Some((resource, action)) => {
                fits(resource, &self.resource) && fits(action, &self.action)
            }
        }
    }

    pub(super) fn resource(&self) -> &str {
        &self.resource
    }

    pub(super) fn action(&self) -> &str {
        &self.action
    }

    pub(super) fn parse(text: &str) -> Result<Self, PermissionError> {
        let pattern = PermissionPattern::parse(text)?;
        match (pattern.resource, pattern.action) {
            (Some(resource), Some(action)) => Ok(Self { resource, action }),
            _ => Err(PermissionError::Pattern),
        }
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.resource, self.action)
    }
}

impl fmt::Display for PermissionPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.resource, &self.action) {
            (None, None) => f.write_str("*"),
            (resource, action) => {
                let part = |part: &Option<Box<str>>| part.as_deref().unwrap_or("*").to_owned();
                write!(f, "{}:{}", part(resource), part(action))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// The quick way and the thorough one agree about every text.
        #[test]
        fn text_covers_what_the_pattern_it_spells_covers(
            text in "[ab*:x ]{0,5}",
            permission in "[ab]{1,2}:[ax]{1,2}",
        ) {
            let permission = Permission::parse(&permission).unwrap();
            let spelled = PermissionPattern::parse(&text);
            let covered = spelled.is_ok_and(|pattern| permission.patterns().contains(&pattern));
            prop_assert_eq!(permission.is_covered_by(&text), covered, "{}", text);
        }
    }
}
