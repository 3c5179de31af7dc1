//! The secret that the command line names.

use std::io::{self, IsTerminal, Read};
use std::path::{Path, PathBuf};

use crate::cli::exit::Failure;
use crate::cli::output::{Output, Tone};
use crate::secret::Secret;

/// The most that is read of a secret, in bytes: a private key of RSA with 8192 bits has less.
const MOST: u64 = 16 * 1024;

/// Where the secret is.
#[derive(Debug, clap::Args)]
#[group(multiple = false)]
pub(super) struct Source {
    /// Environment variable that holds the secret; of public-key schemes the private key
    #[arg(long, value_name = "VAR")]
    secret_env: Option<String>,
    /// File that holds it; one line end at its end is not part of it
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
    /// The secret itself, or `-` for stdin. Text on a command line stays in the shell's history and can be seen
    /// in `ps`: for secrets that count, take one of the others
    #[arg(long, value_name = "TEXT")]
    secret: Option<String>,
}

impl Source {
    /// Whether it is stdin, which can be read once.
    pub(super) fn is_stdin(&self) -> bool {
        self.secret.as_deref() == Some("-")
    }

    /// The secret, if one is named.
    pub(super) fn read(&self, output: Output) -> Result<Option<Secret>, Failure> {
        let found = match (&self.secret_env, &self.secret_file, self.secret.as_deref()) {
            (Some(name), _, _) => crate::cli::variable(name)
                .map(String::into_bytes)
                .ok_or_else(|| {
                    let help = format!("the environment variable `{name}` is not set, or no text");
                    Failure::environment(help)
                })?,
            (_, Some(path), _) => of_file(path)?,
            (_, _, Some("-")) => of_stdin(output)?,
            (_, _, Some(text)) => {
                let mark = output.tint_note(Tone::Strong, "note:");
                output.note(format_args!(
                    "{mark} the secret is in the shell's history now; --secret-env, --secret-file and `--secret -` keep it out"
                ));
                text.as_bytes().to_vec()
            }
            (None, None, None) => return Ok(None),
        };
        match found.is_empty() {
            true => Err(Failure::usage("the secret is empty")),
            false => Ok(Some(Secret::new(found))),
        }
    }
}

fn of_file(path: &Path) -> Result<Vec<u8>, Failure> {
    let open = std::fs::File::open(path).and_then(|file| capped(&mut file.take(MOST + 1)));
    let bytes = open.map_err(|error| {
        Failure::environment(format_args!("cannot read `{}`: {error}", path.display()))
    })?;
    Ok(without_line_end(bytes))
}

fn of_stdin(output: Output) -> Result<Vec<u8>, Failure> {
    if io::stdin().is_terminal() {
        output.note("type or paste the secret, then Enter and Ctrl-D; the terminal shows it");
    }
    Ok(without_line_end(capped(
        &mut io::stdin().lock().take(MOST + 1),
    )?))
}

fn capped(from: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.read_to_end(&mut bytes)?;
    match u64::try_from(bytes.len()) {
        Ok(length) if length <= MOST => Ok(bytes),
        _ => Err(io::Error::other("it is too long for a secret")),
    }
}

fn without_line_end(mut bytes: Vec<u8>) -> Vec<u8> {
    let end = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
    let end = end.strip_suffix(b"\r").unwrap_or(end).len();
    bytes.truncate(end);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_end_is_not_part_of_a_secret() {
        for text in [&b"a b"[..], b"a b\n", b"a b\r\n"] {
            assert_eq!(without_line_end(text.to_vec()), b"a b");
        }
        assert_eq!(without_line_end(b"a\n\n".to_vec()), b"a\n");
    }
}
