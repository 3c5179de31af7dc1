//! What is said of a delivery, wherever it is.

use crate::cli::output::{Output, Tone};
use crate::model::Coverage;
use crate::webhook::{Step, Why};

use super::form::Form;

/// How many bytes of a text are shown before and behind what is left out.
const SHOWN: usize = 60;

/// Each thing that was looked at, and whether it is as it must be.
pub(in crate::cli) fn steps(steps: &[Step], output: Output) -> std::io::Result<()> {
    steps.iter().try_for_each(|step| {
        let mark = match step.holds {
            true => output.tint(Tone::Good, "holds"),
            false => output.tint(Tone::Bad, "fails"),
        };
        output.line(format_args!("  {mark}      {}: {}", step.what, step.found))
    })
}

/// How much a signature holds together, in words.
pub(in crate::cli) fn covers(covers: Coverage) -> &'static str {
    match covers {
        Coverage::Body => "the whole body",
        Coverage::Part => "a part of the body: the rest may be anybody's",
        Coverage::Origin => "nothing of the body: it is known who sends, and no more",
    }
}

/// The word of presets.
pub(in crate::cli) fn word(covers: Coverage) -> &'static str {
    match covers {
        Coverage::Body => "body",
        Coverage::Part => "part",
        Coverage::Origin => "origin",
    }
}

/// A text whose middle is left out where it is long. Line ends and what is no text are spelled out.
pub(in crate::cli) fn shortened(text: &[u8]) -> String {
    let shown = |bytes: &[u8]| bytes.escape_ascii().to_string();
    if text.len() <= 2 * SHOWN {
        return format!("{} ({})", shown(text), bytes(text.len()));
    }
    let (first, last) = (text.get(..SHOWN), text.get(text.len() - SHOWN..));
    format!(
        "{} ... {} ({})",
        shown(first.unwrap_or_default()),
        shown(last.unwrap_or_default()),
        bytes(text.len())
    )
}

pub(super) fn bytes(count: usize) -> String {
    match count {
        1 => "1 byte".to_owned(),
        count => format!("{count} bytes"),
    }
}

/// What is most often wrong.
pub(super) fn hints(why: Why, form: &Form) -> Option<&'static str> {
    Some(match why {
        Why::Missing => {
            "the head: is the signature's header in it, and is this the sender's scheme?"
        }
        Why::Mismatch if form.is_public() => {
            "the public key: is it this endpoint's? And the body: is it what was sent, byte for byte?"
        }
        Why::Mismatch => {
            "the secret: is it this endpoint's, whole, with its prefix? The body: is it what was sent, byte for byte (a line end at the end, formatted JSON)? The address, where the scheme signs it"
        }
        Why::NoSecret => "the secrets: none is in force at this time, or none is of this tenant",
        Why::Malformed => "the head: is a value cut off, joined with another, or there twice?",
        Why::Encoded => "the body: it must be as it was before it was compressed",
        Why::Unavailable => {
            "the network: the sender's key is fetched from where the sender publishes it"
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_lose_their_middle() {
        assert_eq!(shortened(b"a\n"), "a\\n (2 bytes)");
        let long = shortened(&[b'x'; 1000]);
        assert!(long.len() < 200 && long.contains(" ... ") && long.ends_with("(1000 bytes)"));
        assert_eq!(shortened(&[b'x'; 2 * SHOWN]).matches("...").count(), 0);
    }
}
