//! What each option of curl does to a request.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Reading;

/// Options with a value that change nothing about what is decided.
const PASSED_OVER: [&str; 56] = [
    "-o",
    "--output",
    "-w",
    "--write-out",
    "-m",
    "--max-time",
    "--connect-timeout",
    "--cacert",
    "--cert",
    "-E",
    "--key",
    "-x",
    "--proxy",
    "--resolve",
    "--retry",
    "--retry-delay",
    "-c",
    "--cookie-jar",
    "-D",
    "--dump-header",
    "--limit-rate",
    "--connect-to",
    "-K",
    "--config",
    "--pass",
    "--cert-type",
    "--key-type",
    "--capath",
    "--pinnedpubkey",
    "-U",
    "--proxy-user",
    "--aws-sigv4",
    "--interface",
    "--ciphers",
    "--tls-max",
    "--max-redirs",
    "--noproxy",
    "--trace",
    "--trace-ascii",
    "--stderr",
    "--unix-socket",
    "--retry-max-time",
    "--netrc-file",
    "--output-dir",
    "-C",
    "--continue-at",
    "-y",
    "--speed-time",
    "-Y",
    "--speed-limit",
    "-t",
    "-z",
    "--time-cond",
    "--dns-servers",
    "--proto",
    "--keepalive-time",
];

/// Options without a value that change nothing about what is decided.
const SILENT: [&str; 34] = [
    "-k",
    "--insecure",
    "-s",
    "--silent",
    "-S",
    "--show-error",
    "-v",
    "--verbose",
    "-i",
    "--include",
    "-f",
    "--fail",
    "--fail-with-body",
    "-L",
    "--location",
    "--compressed",
    "-g",
    "--globoff",
    "-N",
    "--no-buffer",
    "--http1.1",
    "--http2",
    "--http1.0",
    "--http2-prior-knowledge",
    "-4",
    "-6",
    "-#",
    "--progress-bar",
    "-O",
    "--remote-name",
    "-j",
    "-q",
    "-0",
    "--no-progress-meter",
];

impl Reading {
    pub(super) fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    /// Takes one word of the line, and the values that belong to it.
    pub(super) fn word(
        &mut self,
        word: &str,
        rest: &mut impl Iterator<Item = String>,
    ) -> Result<(), &'static str> {
        let letters = word
            .strip_prefix('-')
            .filter(|rest| !rest.starts_with('-') && !rest.is_empty());
        match letters {
            Some(letters) => self.short(letters, rest),
            None if word.starts_with("--") && word.len() > 2 => match word.split_once('=') {
                Some((name, value)) => self.option(name, &mut std::iter::once(value.to_owned())),
                None => self.option(word, rest),
            },
            // It may be the value of the option before it, and is no address to be shown.
            None if self.after_unknown && !word.contains("://") => {
                self.after_unknown = false;
                self.note("the word behind an option that is not known here is passed over");
                Ok(())
            }
            None if self.url.is_none() => {
                self.url = Some(word.to_owned());
                Ok(())
            }
            None => {
                self.note("of several addresses the first counts");
                Ok(())
            }
        }
    }

    /// Letters that stand together; the first that takes a value takes the rest of the word.
    fn short(
        &mut self,
        letters: &str,
        rest: &mut impl Iterator<Item = String>,
    ) -> Result<(), &'static str> {
        let mut letters = letters.chars();
        while let Some(letter) = letters.next() {
            let name = format!("-{letter}");
            if !takes_value(&name) {
                self.option(&name, &mut std::iter::empty())?;
                continue;
            }
            let joined = letters.as_str();
            return match joined.is_empty() {
                true => self.option(&name, rest),
                false => self.option(&name, &mut std::iter::once(joined.to_owned())),
            };
        }
        Ok(())
    }

    fn option(
        &mut self,
        name: &str,
        rest: &mut dyn Iterator<Item = String>,
    ) -> Result<(), &'static str> {
        self.after_unknown = false;
        let mut value = || rest.next().ok_or("an option of the line lacks its value");
        match name {
            "-X" | "--request" => self.method = Some(value()?),
            "--url" => self.url = Some(value()?),
            "-H" | "--header" => {
                let header = value()?;
                self.header(&header);
            }
            "-A" | "--user-agent" => self.add("User-Agent", value()?),
            "-e" | "--referer" => self.add("Referer", value()?),
            "-r" | "--range" => self.add("Range", format!("bytes={}", value()?)),
            "-u" | "--user" => {
                let user = STANDARD.encode(value()?);
                self.add("Authorization", format!("Basic {user}"));
            }
            "--oauth2-bearer" => {
                let token = value()?;
                self.add("Authorization", format!("Bearer {token}"));
            }
            "-b" | "--cookie" => {
                let cookie = value()?;
                self.cookie(cookie);
            }
            "-d" | "--data" | "--data-raw" | "--data-binary" | "--data-ascii"
            | "--data-urlencode" | "--json" => {
                self.json |= name == "--json";
                let data = value()?;
                self.data(name, data);
            }
            "-F" | "--form" | "--form-string" => {
                value()?;
                self.form = true;
            }
            "-T" | "--upload-file" => {
                value()?;
                self.upload = true;
            }
            "-G" | "--get" => self.in_query = true,
            "-I" | "--head" => self.head = true,
            "--path-as-is" => self.path_as_is = true,
            name if PASSED_OVER.contains(&name) => drop(value()?),
            name if SILENT.contains(&name) => {}
            name => {
                self.after_unknown = true;
                self.note(format!(
                    "the option `{name}` is not known here and passed over"
                ));
            }
        }
        Ok(())
    }

    fn add(&mut self, name: &str, value: String) {
        self.headers.push((name.to_owned(), value));
    }

    /// `Name: value`; `Name:` keeps a header out that curl would send, `Name;` sends an empty one.
    fn header(&mut self, header: &str) {
        match header.split_once(':') {
            Some((name, value)) if value.trim().is_empty() => {
                self.without.push(name.trim().to_owned())
            }
            Some((name, value)) => self.add(name.trim(), value.trim().to_owned()),
            None => match header.strip_suffix(';') {
                Some(name) => self.add(name.trim(), String::new()),
                None => self.note("a header without a colon is passed over"),
            },
        }
    }

    fn cookie(&mut self, cookie: String) {
        match cookie.contains('=') {
            true => self.add("Cookie", cookie),
            false => self.note("cookies of a file are not read"),
        }
    }

    fn data(&mut self, name: &str, data: String) {
        if data.starts_with('@') && !matches!(name, "--data-raw") {
            self.note("data of a file is not read");
            self.data.push(String::new());
            return;
        }
        self.data.push(match name {
            "--data-urlencode" => encoded(&data),
            _ => data,
        });
    }
}

fn takes_value(name: &str) -> bool {
    let known = ["-X", "-H", "-A", "-e", "-r", "-u", "-b", "-d", "-F", "-T"];
    known.contains(&name) || PASSED_OVER.contains(&name)
}

/// `name=content`, of which the content is encoded.
fn encoded(data: &str) -> String {
    let encode =
        |text: &str| -> String { url::form_urlencoded::byte_serialize(text.as_bytes()).collect() };
    match data.split_once('=') {
        Some(("", content)) => encode(content),
        Some((name, content)) => format!("{name}={}", encode(content)),
        None => encode(data),
    }
}
