//! A pasted curl command line, as the request that curl would send.

mod options;
#[cfg(test)]
mod tests;

use std::time::SystemTime;

use crate::cli::trial::Ask;

use super::shell;

/// The request, and what was not taken as it stands. Notes never quote a value.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) ask: Ask,
    pub(super) notes: Vec<String>,
}

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
    /// The word before this one is an option that may take a value.
    after_unknown: bool,
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
    let program = rest.next_if(|first| first == "curl" || first.ends_with("/curl"));
    if program.is_none() {
        return Err("the line does not begin with `curl`");
    }
    while let Some(word) = rest.next() {
        reading.word(&word, &mut rest)?;
    }
    reading.call(now)
}

impl Reading {
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
