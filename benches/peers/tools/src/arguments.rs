//! The command line: `--name value`, nothing else.

use std::collections::HashMap;
use std::error::Error;
use std::str::FromStr;

use crate::Failure;

/// What was said on the command line, by name.
pub(crate) struct Arguments(HashMap<String, String>);

impl Arguments {
    pub(crate) fn read(mut words: impl Iterator<Item = String>) -> Result<Self, Failure> {
        let mut said = HashMap::new();
        while let Some(word) = words.next() {
            let name = word
                .strip_prefix("--")
                .ok_or_else(|| format!("{word}: expected --name"))?;
            let value = words
                .next()
                .ok_or_else(|| format!("{word} wants a value"))?;
            said.insert(name.to_owned(), value);
        }
        Ok(Self(said))
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The value, or nothing when it was not said.
    pub(crate) fn value<T>(&self, name: &str) -> Result<Option<T>, Failure>
    where
        T: FromStr,
        T::Err: Error + Send + Sync + 'static,
    {
        Ok(self.text(name).map(str::parse).transpose()?)
    }

    pub(crate) fn required<T>(&self, name: &str) -> Result<T, Failure>
    where
        T: FromStr,
        T::Err: Error + Send + Sync + 'static,
    {
        self.value(name)?
            .ok_or_else(|| format!("--{name} is missing").into())
    }
}
