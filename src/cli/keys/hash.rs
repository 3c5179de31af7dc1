//! `keys hash`: what of a key's text may stand in a file.

use std::io::{self, IsTerminal, Read};

use zeroize::Zeroizing;

use crate::cli::exit::{Exit, Failure};
use crate::cli::output::Output;
use crate::keys::{LONGEST_TEXT, digest};
use crate::model::KeyHash;

use super::entry;

/// Shorter texts can be found by trying.
const SHORT: usize = 20;

const EXAMPLES: &str = "\
Examples:
  printf %s \"$KEY\" | sidegate keys hash
  sidegate keys hash < key.txt

The text is read from stdin, never from an argument: those are in the shell's history and in `ps`. One line end at its end is not part of it.";

/// Hash a key's text, for `hash:` in a policy or a file of keys
///
/// Prints `sha256:` and 64 hexadecimal digits. Nothing else is needed: no policy and no store.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::cli) struct Arguments {}

pub(super) fn run(_: &Arguments, output: Output) -> Result<Exit, Failure> {
    if io::stdin().is_terminal() {
        output.note("type or paste the key, then Enter and Ctrl-D; the terminal shows it");
    }
    let mut text = Zeroizing::new(Vec::with_capacity(LONGEST_TEXT + 3));
    // One byte more than a text and its line end may have says that it is too long.
    let most = u64::try_from(LONGEST_TEXT + 3).unwrap_or(u64::MAX);
    io::stdin().lock().take(most).read_to_end(&mut text)?;
    let text = key(&text).map_err(Failure::usage)?;
    if text.len() < SHORT {
        output.note("the text is short: whoever has the hash may find it by trying");
    }
    output.line(entry::hash(&KeyHash::Sha256(digest(text))))?;
    Ok(Exit::Success)
}

/// A text that may be a key.
fn key(input: &[u8]) -> Result<&[u8], &'static str> {
    let text = input.strip_suffix(b"\n").unwrap_or(input);
    let text = text.strip_suffix(b"\r").unwrap_or(text);
    match text {
        [] => Err("nothing came from stdin: `printf %s \"$KEY\" | sidegate keys hash`"),
        text if text.len() > LONGEST_TEXT => Err("a key has at most 512 bytes"),
        text if text.iter().any(u8::is_ascii_control) => {
            Err("a key has no line ends and no other control characters in it")
        }
        text => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_end_is_not_part_of_a_key() {
        for text in [&b"abc"[..], b"abc\n", b"abc\r\n"] {
            assert_eq!(key(text), Ok(&b"abc"[..]));
        }
        assert!(key(b" abc ").is_ok());
        for text in [
            &b""[..],
            b"\n",
            b"abc\n\n",
            b"a\nb\n",
            b"a\0b",
            &[b'x'; 513],
        ] {
            assert!(key(text).is_err(), "{text:?}");
        }
        assert!(key(&[b'x'; 512]).is_ok());
    }
}
