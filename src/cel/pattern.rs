//! Patterns of `matches`: RE2, as the specification has it, in linear time.
//!
//! The engine reads nearly the same language; what it reads differently is written anew here (`\d`,
//! `\w`, `\s` and `\b` are ASCII in RE2; brackets have no operators), and what RE2 does not know is
//! refused.

use regex::{Regex, RegexBuilder};

use super::{MAX_DEPTH, MAX_PATTERN};

/// The size of a compiled pattern that weighs one, in bytes.
const LIGHT: usize = 4 * 1024;

/// A compiled pattern.
#[derive(Debug)]
pub(super) struct Pattern {
    regex: Regex,
    weight: usize,
}

impl Pattern {
    /// Compiles a pattern, or says in a few words why not.
    pub(super) fn compile(pattern: &str) -> Result<Self, &'static str> {
        let mut builder = RegexBuilder::new(&translate(pattern)?);
        builder
            .dfa_size_limit(MAX_PATTERN)
            .nest_limit(u32::try_from(MAX_DEPTH).unwrap_or(u32::MAX));
        let mut weight = 1;
        loop {
            match builder.size_limit(LIGHT * weight).build() {
                Ok(regex) => return Ok(Self { regex, weight }),
                Err(regex::Error::CompiledTooBig(_)) if LIGHT * weight < MAX_PATTERN => weight *= 2,
                Err(regex::Error::CompiledTooBig(_)) => {
                    return Err("it is too large when compiled");
                }
                Err(_) => return Err("it is no regular expression, or uses what is not supported"),
            }
        }
    }

    /// How much a byte costs that is looked through: at worst, every state of the pattern is held against
    /// it, and the more there are the larger is what was compiled.
    pub(super) fn weight(&self) -> usize {
        self.weight
    }

    /// Whether it is found anywhere in a text.
    pub(super) fn found_in(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }
}

type Chars<'p> = std::iter::Peekable<std::str::Chars<'p>>;

fn translate(pattern: &str) -> Result<String, &'static str> {
    let mut chars = pattern.chars().peekable();
    let mut out = String::with_capacity(pattern.len() + 16);
    while let Some(character) = chars.next() {
        match character {
            '\\' => escape(&mut chars, &mut out)?,
            '[' => class(&mut chars, &mut out)?,
            '(' => {
                out.push('(');
                group(&mut chars, &mut out)?;
            }
            '{' if !chars.peek().is_some_and(char::is_ascii_digit) => {
                return Err("a `{` that stands for itself is written `\\{`");
            }
            other => out.push(other),
        }
    }
    Ok(out)
}

/// An escape sequence outside brackets.
fn escape(chars: &mut Chars<'_>, out: &mut String) -> Result<(), &'static str> {
    let Some(letter) = chars.next() else {
        return Err("it ends in a backslash");
    };
    if let Some(set) = ascii_set(letter) {
        let not = if letter.is_ascii_uppercase() { "^" } else { "" };
        out.push_str(&format!("[{not}{set}]"));
        return Ok(());
    }
    match letter {
        'b' => {
            out.push_str("(?-u:\\b)");
            Ok(())
        }
        'A' | 'z' => {
            out.extend(['\\', letter]);
            Ok(())
        }
        other => single(other, chars, out),
    }
}

/// An escape sequence that means the same inside and outside brackets.
fn single(letter: char, chars: &mut Chars<'_>, out: &mut String) -> Result<(), &'static str> {
    match letter {
        'a' | 'f' | 't' | 'n' | 'r' | 'v' => out.extend(['\\', letter]),
        'x' => {
            out.push_str("\\x");
            code(chars, out);
        }
        'p' | 'P' => {
            out.extend(['\\', letter]);
            property(chars, out)?;
        }
        '<' | '>' => out.push(letter),
        other if other.is_ascii_punctuation() => out.extend(['\\', other]),
        _ => return Err("an escape sequence of it is not supported"),
    }
    Ok(())
}

/// The braces of `\x{e9}`, which are no repetition; the engine judges what is in them.
fn code(chars: &mut Chars<'_>, out: &mut String) {
    if chars.next_if_eq(&'{').is_some() {
        out.push('{');
        while let Some(digit) = chars.next_if(char::is_ascii_hexdigit) {
            out.push(digit);
        }
    }
}

/// `\pN` and `\p{Greek}`; RE2 knows categories and scripts by their names only.
fn property(chars: &mut Chars<'_>, out: &mut String) -> Result<(), &'static str> {
    if chars.next_if_eq(&'{').is_none() {
        out.extend(chars.next());
        return Ok(());
    }
    out.push('{');
    for character in chars.by_ref() {
        out.push(character);
        match character {
            '}' => return Ok(()),
            'a'..='z' | 'A'..='Z' | '_' => {}
            _ => break,
        }
    }
    Err("the name in `\\p{...}` is not supported")
}

/// The members of `\d`, `\s`, `\w` and of their opposites.
fn ascii_set(letter: char) -> Option<&'static str> {
    match letter.to_ascii_lowercase() {
        'd' => Some("0-9"),
        's' => Some("\\t\\n\\x0c\\r "),
        'w' => Some("0-9A-Za-z_"),
        _ => None,
    }
}

/// What follows `(?`: flags of RE2, or a name.
fn group(chars: &mut Chars<'_>, out: &mut String) -> Result<(), &'static str> {
    if chars.next_if_eq(&'?').is_none() {
        return Ok(());
    }
    out.push('?');
    while let Some(flag) = chars.next_if(|c| matches!(c, 'i' | 'm' | 's' | 'U' | '-')) {
        out.push(flag);
    }
    match chars.peek() {
        Some(':' | ')' | 'P' | '<') => Ok(()),
        _ => Err("a group of it has a flag that is not supported"),
    }
}

/// Brackets: the engine knows sets in sets and operators between them, RE2 does not.
fn class(chars: &mut Chars<'_>, out: &mut String) -> Result<(), &'static str> {
    out.push('[');
    out.extend(chars.next_if_eq(&'^'));
    let mut first = true;
    while let Some(character) = chars.next() {
        match character {
            ']' if !first => {
                out.push(']');
                return Ok(());
            }
            '\\' => class_escape(chars, out)?,
            '[' if chars.peek() == Some(&':') => named_class(chars, out),
            '[' | ']' | '&' | '~' => out.extend(['\\', character]),
            '-' if first || matches!(chars.peek(), Some(']' | '-')) => out.push_str("\\-"),
            other => out.push(other),
        }
        first = false;
    }
    Err("a `[` is not closed")
}

fn class_escape(chars: &mut Chars<'_>, out: &mut String) -> Result<(), &'static str> {
    let Some(letter) = chars.next() else {
        return Err("a `[` is not closed");
    };
    match ascii_set(letter) {
        Some(set) if letter.is_ascii_uppercase() => out.push_str(&format!("[^{set}]")),
        Some(set) => out.push_str(set),
        None => single(letter, chars, out)?,
    }
    Ok(())
}

/// `[:alpha:]`, which both read alike.
fn named_class(chars: &mut Chars<'_>, out: &mut String) {
    out.push('[');
    for character in chars.by_ref() {
        out.push(character);
        if character == ']' {
            return;
        }
    }
}
