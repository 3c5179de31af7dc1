//! A sentence, word by word.

use std::iter::Peekable;
use std::str::CharIndices;

/// A word of a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word<'t> {
    /// As it stands.
    Plain(&'t str),
    /// In quotes, so that a name may have spaces and commas.
    Quoted(&'t str),
    Comma,
}

/// What is left of a sentence.
#[derive(Debug, Clone)]
pub(super) struct Words<'t> {
    words: Vec<Word<'t>>,
    at: usize,
}

impl<'t> Words<'t> {
    /// Nothing when a quote is not closed.
    pub(super) fn of(text: &'t str) -> Option<Self> {
        let mut words = Vec::new();
        let mut chars = text.char_indices().peekable();
        while let Some((start, c)) = chars.next() {
            match c {
                ',' => words.push(Word::Comma),
                '`' | '"' | '\'' => {
                    let (end, _) = chars.find(|(_, other)| *other == c)?;
                    words.push(Word::Quoted(text.get(start + 1..end)?));
                }
                _ if c.is_whitespace() => {}
                _ => words.push(Word::Plain(text.get(start..end_of_word(text, &mut chars))?)),
            }
        }
        Some(Self { words, at: 0 })
    }

    pub(super) fn peek(&self) -> Option<Word<'t>> {
        self.words.get(self.at).copied()
    }

    pub(super) fn next(&mut self) -> Option<Word<'t>> {
        let word = self.peek()?;
        self.at += 1;
        Some(word)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.peek().is_none()
    }

    /// Takes these words if they come next. `a|b` is either of two.
    pub(super) fn take(&mut self, phrase: &str) -> bool {
        let start = self.at;
        for wanted in phrase.split(' ') {
            let fits = |word: &str| wanted.split('|').any(|one| one == word);
            match self.next() {
                Some(Word::Plain(word)) if fits(word) => {}
                _ => {
                    self.at = start;
                    return false;
                }
            }
        }
        true
    }

    /// Takes what joins the parts of a list.
    pub(super) fn join(&mut self) -> bool {
        let comma = self.peek() == Some(Word::Comma);
        if comma {
            self.at += 1;
        }
        self.take("and|or") || comma
    }
}

fn end_of_word(text: &str, chars: &mut Peekable<CharIndices<'_>>) -> usize {
    while let Some((at, c)) = chars.peek() {
        if c.is_whitespace() || *c == ',' {
            return *at;
        }
        chars.next();
    }
    text.len()
}
