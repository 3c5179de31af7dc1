//! A request as a command line for curl.

use crate::cli::replay::quoted;

/// Where the body of a request is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Body {
    /// In a file, by its name.
    File(String),
    /// On stdin of the command.
    Stdin,
    /// In the words themselves.
    Inline(String),
    /// There is none.
    None,
}

/// The words, one option a line.
pub(super) fn line(method: &str, url: &str, headers: &[(String, String)], body: &Body) -> String {
    let mut parts = vec![match method {
        // Without it curl asks for a body that a HEAD has none of.
        "HEAD" => format!("curl --head {}", quoted(url)),
        method => format!("curl -X {} {}", quoted(method), quoted(url)),
    }];
    let named = |wanted: &str| {
        let mut headers = headers.iter();
        headers.any(|(name, _)| name.eq_ignore_ascii_case(wanted))
    };
    for (name, value) in headers {
        parts.push(match value.is_empty() {
            // `Name:` takes a header out.
            true => format!("-H {}", quoted(&format!("{name};"))),
            false => format!("-H {}", quoted(&format!("{name}: {value}"))),
        });
    }
    let data = match body {
        Body::File(name) => Some(format!("--data-binary {}", quoted(&format!("@{name}")))),
        Body::Stdin => Some("--data-binary @-".to_owned()),
        // A text that begins with `@` would be a file's name.
        Body::Inline(text) if text.starts_with('@') => Some(format!("--data-raw {}", quoted(text))),
        Body::Inline(text) => Some(format!("--data-binary {}", quoted(text))),
        Body::None => None,
    };
    if data.is_some() && !named("content-type") {
        // curl says that a body is a form's, which may be signed.
        parts.push("-H Content-Type:".to_owned());
    }
    parts.extend(data);
    parts.join(" \\\n  ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_that_were_meant() {
        let headers = [
            ("X-Signature".to_owned(), "sha256=ab".to_owned()),
            ("Content-Type".to_owned(), "application/json".to_owned()),
            ("X-Empty".to_owned(), String::new()),
        ];
        let file = Body::File("it's.json".into());
        let shown = line("POST", "http://127.0.0.1:8080/a?b&c", &headers, &file);
        let wanted = "curl -X POST 'http://127.0.0.1:8080/a?b&c' \\\n  -H 'X-Signature: sha256=ab' \\\n  \
                      -H 'Content-Type: application/json' \\\n  -H 'X-Empty;' \\\n  --data-binary '@it'\\''s.json'";
        assert_eq!(shown, wanted);
        let inline = line("PUT", "/", &[], &Body::Inline("@a".into()));
        assert_eq!(
            inline,
            "curl -X PUT / \\\n  -H Content-Type: \\\n  --data-raw @a"
        );
        assert_eq!(line("HEAD", "/", &[], &Body::None), "curl --head /");
    }
}
