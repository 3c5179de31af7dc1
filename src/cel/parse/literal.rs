//! Numbers and quoted texts, with every way to write them.

use super::super::{Error, ErrorKind};
use super::Literal;
use super::token::{Lexer, Token, extent};

/// A number: whole, hexadecimal, unsigned or double. Its sign is not part of it.
pub(super) fn number(lexer: &mut Lexer<'_>) -> Result<Token, Error> {
    let start = lexer.at();
    let token = if lexer.take("0x") || lexer.take("0X") {
        let digits = lexer.take_while(|c| c.is_ascii_hexdigit());
        whole(lexer, start, digits, 16)?
    } else {
        decimal(lexer, start)?
    };
    if lexer
        .rest()
        .starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
    {
        return lexer.error("a letter may not follow a number");
    }
    Ok(token)
}

fn decimal(lexer: &mut Lexer<'_>, start: usize) -> Result<Token, Error> {
    let before = lexer.rest();
    let digit = |c: char| c.is_ascii_digit();
    let digits = lexer.take_while(digit);
    let mut double = false;
    let rest = lexer.rest().strip_prefix('.');
    if rest.is_some_and(|rest| rest.starts_with(digit)) {
        lexer.take(".");
        lexer.take_while(digit);
        double = true;
    }
    if lexer.rest().starts_with(['e', 'E']) {
        lexer.take_char();
        let _ = lexer.take("+") || lexer.take("-");
        if lexer.take_while(digit).is_empty() {
            return lexer.error("an exponent needs digits");
        }
        double = true;
    }
    if !double {
        return whole(lexer, start, digits, 10);
    }
    let text = before.get(..lexer.at() - start).unwrap_or_default();
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(Token::Literal(Literal::Double(value))),
        _ => out_of_range(start),
    }
}

fn whole(lexer: &mut Lexer<'_>, start: usize, digits: &str, radix: u32) -> Result<Token, Error> {
    if digits.is_empty() {
        return lexer.error("a hexadecimal number needs digits");
    }
    let unsigned = lexer.take("u") || lexer.take("U");
    match u64::from_str_radix(digits, radix) {
        Ok(value) => Ok(Token::Whole(value, unsigned)),
        Err(_) => out_of_range(start),
    }
}

pub(super) fn out_of_range<T>(start: usize) -> Result<T, Error> {
    let offset = extent(start, start).offset();
    let message = "this number does not fit 64 bits";
    Err(Error::new(ErrorKind::Constant, offset, message))
}

/// The letters in front of a quote.
struct Form {
    raw: bool,
    bytes: bool,
}

/// The letters in lower case, and what they mean.
const FORMS: [(&str, bool, bool); 4] = [
    ("", false, false),
    ("r", true, false),
    ("b", false, true),
    ("br", true, true),
];

/// A text or octets in quotes, if that is what comes next.
pub(super) fn quoted(lexer: &mut Lexer<'_>) -> Result<Option<Literal>, Error> {
    let rest = lexer.rest();
    let letters = rest.find(['"', '\'']).and_then(|at| rest.get(..at));
    let lower = letters
        .filter(|letters| letters.len() <= 2)
        .map(str::to_ascii_lowercase);
    let Some((_, raw, bytes)) = FORMS
        .iter()
        .find(|(name, ..)| Some(*name) == lower.as_deref())
    else {
        return Ok(None);
    };
    let start = lexer.at();
    lexer.take(letters.unwrap_or_default());
    let quote = ["\"\"\"", "'''", "\"", "'"]
        .into_iter()
        .find(|quote| lexer.take(quote));
    let quote = quote.unwrap_or("\"");
    let mut made = Made {
        form: Form {
            raw: *raw,
            bytes: *bytes,
        },
        octets: Vec::new(),
    };
    while !lexer.take(quote) {
        piece(lexer, quote.len() == 3, &mut made, start)?;
    }
    if made.form.bytes {
        return Ok(Some(Literal::from(made.octets)));
    }
    match String::from_utf8(made.octets) {
        Ok(text) => Ok(Some(Literal::from(text))),
        Err(_) => lexer.error_at(start, "this is not a text"),
    }
}

/// What a literal holds so far.
struct Made {
    form: Form,
    octets: Vec<u8>,
}

impl Made {
    fn push(&mut self, character: char) {
        let mut buffer = [0; 4];
        self.octets
            .extend(character.encode_utf8(&mut buffer).as_bytes());
    }
}

/// One character, or one escape sequence.
fn piece(lexer: &mut Lexer<'_>, long: bool, made: &mut Made, start: usize) -> Result<(), Error> {
    match lexer.take_char() {
        None => lexer.error_at(start, "the quotes are not closed"),
        Some('\n' | '\r') if !long => {
            lexer.error_at(start, "the quotes are not closed on their line")
        }
        Some('\\') if !made.form.raw => escape(lexer, made),
        Some(other) => {
            made.push(other);
            Ok(())
        }
    }
}

fn escape(lexer: &mut Lexer<'_>, made: &mut Made) -> Result<(), Error> {
    let start = lexer.at().saturating_sub(1);
    let plain = match lexer.take_char() {
        Some('a') => '\u{7}',
        Some('b') => '\u{8}',
        Some('f') => '\u{c}',
        Some('n') => '\n',
        Some('r') => '\r',
        Some('t') => '\t',
        Some('v') => '\u{b}',
        Some(same @ ('\\' | '?' | '"' | '\'' | '`')) => same,
        Some('x' | 'X') => return coded(lexer, made, start, 2, 16),
        Some('u') if !made.form.bytes => return coded(lexer, made, start, 4, 16),
        Some('U') if !made.form.bytes => return coded(lexer, made, start, 8, 16),
        Some(first @ '0'..='3') => return octal(lexer, made, start, first),
        _ => return lexer.error_at(start, "this is not an escape sequence"),
    };
    made.push(plain);
    Ok(())
}

fn octal(lexer: &mut Lexer<'_>, made: &mut Made, start: usize, first: char) -> Result<(), Error> {
    let high = first.to_digit(8).unwrap_or(0) * 64;
    let low = digits(lexer, start, 2, 8)?;
    code(lexer, made, start, high + low)
}

fn coded(
    lexer: &mut Lexer<'_>,
    made: &mut Made,
    start: usize,
    count: usize,
    radix: u32,
) -> Result<(), Error> {
    let value = digits(lexer, start, count, radix)?;
    code(lexer, made, start, value)
}

fn digits(lexer: &mut Lexer<'_>, start: usize, count: usize, radix: u32) -> Result<u32, Error> {
    let mut value = 0u32;
    for _ in 0..count {
        match lexer.take_char().and_then(|c| c.to_digit(radix)) {
            Some(digit) => value = value.wrapping_mul(radix).wrapping_add(digit),
            None => {
                return lexer.error_at(start, format!("this escape sequence needs {count} digits"));
            }
        }
    }
    Ok(value)
}

/// In octets a code is one octet, in a text it is a code point.
fn code(lexer: &Lexer<'_>, made: &mut Made, start: usize, value: u32) -> Result<(), Error> {
    if made.form.bytes {
        made.octets.push(u8::try_from(value).unwrap_or(u8::MAX));
        return Ok(());
    }
    match char::from_u32(value) {
        Some(character) => made.push(character),
        None => return lexer.error_at(start, "this is not a character of Unicode"),
    }
    Ok(())
}
