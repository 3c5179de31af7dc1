//! A pasted curl command line, as the request that curl would send.

use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::cli::trial::Ask;

use super::shell;

/// The request, and what was not taken as it stands. Notes never quote a value.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) ask: Ask,
    pub(super) notes: Vec<String>,
}

/// Options with a value that change nothing about what is decided.
const PASSED_OVER: [&str; 22] = [
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

#[derive(Debug, Default)]
struct Reading {
    method: Option<String>,
    url: Option<String>,
    headers: Vec<(String, String)>,
    /// Headers that curl would send and is told not to.
    without: Vec<String>,
    data: Vec<String>,
    form: bool,
    upload: bool,
    in_query: bool,
    head: bool,
    json: bool,
    path_as_is: bool,
    notes: Vec<String>,
}

/// Reads a command line.
pub(super) fn read(line: &str, now: SystemTime) -> Result<Call, &'static str> {
    let words = shell::words(line)?;
    let mut reading = Reading::default();
    if words.unexpanded {
        reading.note("variables and commands in the line are not expanded");
    }
    if words.more {
        reading.note("what follows the first command is passed over");
    }
    let mut rest = words.words.into_iter().peekable();
    if rest.peek().is_some_and(|first| first == "$") {
        rest.next();
    }
    if !rest
        .next_if(|first| first == "curl" || first.ends_with("/curl"))
        .is_some()
    {
        return Err("the line does not begin with `curl`");
    }
    while let Some(word) = rest.next() {
        reading.word(&word, &mut rest)?;
    }
    reading.call(now)
}

impl Reading {
    fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    fn word(
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
            name => self.note(format!(
                "the option `{name}` is not known here and passed over"
            )),
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

    fn call(mut self, now: SystemTime) -> Result<Call, &'static str> {
        let url = self.url.take().ok_or("the line has no address")?;
        let url = match url.contains("://") {
            true => url,
            // What curl guesses.
            false => format!("http://{url}"),
        };
        let method = self
            .method
            .clone()
            .unwrap_or_else(|| self.usual_method().to_owned());
        let mut ask = Ask::new(&method, &url, now);
        if !self.path_as_is {
            self.resolve_dots(&mut ask);
        }
        let separator = if self.json { "" } else { "&" };
        let data = self.data.join(separator);
        if self.in_query && !data.is_empty() {
            let sign = if ask.target.contains('?') { '&' } else { '?' };
            ask.target = format!("{}{sign}{data}", ask.target);
        } else {
            ask.body = data.into_bytes();
        }
        ask.headers = self.all_headers();
        Ok(Call {
            ask,
            notes: self.notes,
        })
    }

    fn usual_method(&self) -> &'static str {
        match self {
            _ if self.head => "HEAD",
            _ if self.upload => "PUT",
            _ if self.form || (!self.data.is_empty() && !self.in_query) => "POST",
            _ => "GET",
        }
    }

    /// The headers of the line, and those that curl adds.
    fn all_headers(&self) -> Vec<(String, String)> {
        let content = match self {
            _ if self.json => Some("application/json"),
            _ if self.form => Some("multipart/form-data"),
            _ if !self.data.is_empty() && !self.in_query => {
                Some("application/x-www-form-urlencoded")
            }
            _ => None,
        };
        let accept = if self.json { "application/json" } else { "*/*" };
        let own = [
            ("Accept", Some(accept)),
            ("User-Agent", Some("curl")),
            ("Content-Type", content),
        ];
        let mut headers = self.headers.clone();
        for (name, value) in own {
            let mut said = headers.iter().map(|(known, _)| known).chain(&self.without);
            let said = said.any(|known| known.eq_ignore_ascii_case(name));
            if let (false, Some(value)) = (said, value) {
                headers.push((name.to_owned(), value.to_owned()));
            }
        }
        headers
    }

    /// curl takes dot segments out of a path before it sends it (RFC 3986 section 5.2.4).
    fn resolve_dots(&mut self, ask: &mut Ask) {
        let (path, query) = ask.path_and_query();
        if !path.split('/').any(|segment| matches!(segment, "." | "..")) {
            return;
        }
        let mut resolved: Vec<&str> = Vec::new();
        let last = path.rsplit('/').next();
        for segment in path.split('/').skip(1) {
            match segment {
                "." => {}
                ".." => drop(resolved.pop()),
                other => resolved.push(other),
            }
        }
        if matches!(last, Some("." | "..")) {
            resolved.push("");
        }
        let query = query.map(|query| format!("?{query}")).unwrap_or_default();
        ask.target = format!("/{}{query}", resolved.join("/"));
        self.note("curl resolves `.` and `..` before it sends the path; `--path-as-is` would not");
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::UNIX_EPOCH;

    fn call(line: &str) -> Call {
        read(line, UNIX_EPOCH).unwrap()
    }

    fn header<'c>(call: &'c Call, name: &str) -> Option<&'c str> {
        let mut headers = call.ask.headers.iter();
        let found = headers.find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    #[test]
    fn line_is_the_request_that_curl_would_send() {
        for (line, method, host, target) in [
            ("curl https://a.test/b", "GET", "a.test", "/b"),
            ("curl a.test", "GET", "a.test", "/"),
            (
                "curl -X DELETE 'https://a.test/b?c=d&e'",
                "DELETE",
                "a.test",
                "/b?c=d&e",
            ),
            (
                "curl -sSkXPUT --url https://a.test/b",
                "PUT",
                "a.test",
                "/b",
            ),
            (
                "curl https://a.test/b -d x=1 -d y=2",
                "POST",
                "a.test",
                "/b",
            ),
            (
                "curl -G https://a.test/b -d x=1 --data-urlencode 'y=a b'",
                "GET",
                "a.test",
                "/b?x=1&y=a+b",
            ),
            ("curl -I https://a.test/b", "HEAD", "a.test", "/b"),
            ("curl -T file https://a.test/b", "PUT", "a.test", "/b"),
            ("curl -F a=b https://a.test/b", "POST", "a.test", "/b"),
            (
                "/usr/bin/curl \\\n  --request=POST \\\n  https://a.test/b",
                "POST",
                "a.test",
                "/b",
            ),
            (
                "curl -o /dev/null -w '%{http_code}' https://a.test/b",
                "GET",
                "a.test",
                "/b",
            ),
            ("curl https://a.test/x/./../b/..", "GET", "a.test", "/"),
            (
                "curl --path-as-is https://a.test/x/../b",
                "GET",
                "a.test",
                "/x/../b",
            ),
        ] {
            let ask = call(line).ask;
            let found = (ask.method.as_str(), ask.host.as_str(), ask.target.as_str());
            assert_eq!(found, (method, host, target), "{line}");
        }
    }

    #[test]
    fn headers_of_the_line_and_of_curl_are_there() {
        let call = call(
            "curl a.test -H 'X-A:  b' -H 'Accept:' -H 'X-Empty;' -u me:secret -b c=d -A me --json '{}'",
        );
        assert_eq!(header(&call, "x-a"), Some("b"));
        assert_eq!(header(&call, "accept"), None);
        assert_eq!(header(&call, "x-empty"), Some(""));
        assert_eq!(header(&call, "authorization"), Some("Basic bWU6c2VjcmV0"));
        assert_eq!(header(&call, "cookie"), Some("c=d"));
        assert_eq!(header(&call, "user-agent"), Some("me"));
        assert_eq!(header(&call, "content-type"), Some("application/json"));
        assert_eq!(call.ask.body, b"{}");
    }

    #[test]
    fn unknown_options_are_noted_and_never_quoted() {
        let call = call("curl --strange a.test -d @secret.txt -H no-colon");
        let notes = call.notes.join("\n");
        assert!(
            notes.contains("`--strange`") && notes.contains("of a file"),
            "{notes}"
        );
        assert!(
            !notes.contains("secret") && !notes.contains("no-colon"),
            "{notes}"
        );
    }

    #[test]
    fn what_is_no_curl_line_is_refused() {
        for line in ["", "wget a.test", "curl", "curl -X", "curl 'a.test"] {
            assert!(read(line, UNIX_EPOCH).is_err(), "{line}");
        }
    }
}
