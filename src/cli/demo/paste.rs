//! The demo's requests as lines to paste into another shell.

use std::io;
use std::net::SocketAddr;

use super::cases::{CAST, Case, GROUPS};
use super::check::{carried, expected};
use super::issuer::Tokens;
use crate::cli::output::{Output, Tone};

/// Prints the tokens as shell variables and one `curl` line per request.
pub(super) fn show(gate: SocketAddr, tokens: &Tokens, output: Output) -> io::Result<()> {
    output.line("")?;
    output
        .line("Paste these into another shell: first tokens and keys, then any of the requests.")?;
    output.line("")?;
    for (name, who) in CAST {
        let token = tokens.get(name).map(String::as_str).unwrap_or_default();
        let comment = output.tint(Tone::Faint, format_args!("# {who}"));
        output.line(format_args!("{}='{token}' {comment}", variable(name)))?;
    }
    for group in GROUPS {
        output.line("")?;
        output.line(output.tint(Tone::Strong, format_args!("# {}", group.title)))?;
        for case in group.cases {
            let comment = format!("# {}: {}", carried(case), expected(&case.outcome).answer);
            output.line(output.tint(Tone::Faint, comment))?;
            output.line(curl(gate, case))?;
        }
    }
    output.line("")
}

fn variable(name: &str) -> String {
    name.to_uppercase()
}

fn curl(gate: SocketAddr, case: &Case) -> String {
    let mut line = String::from("curl -i");
    if case.method != "GET" {
        line += &format!(" -X {}", case.method);
    }
    // Otherwise curl resolves dot segments itself, encoded ones too.
    if case.target.contains("..") || case.target.contains("%2e") {
        line += " --path-as-is";
    }
    for name in case.tokens {
        line += &format!(" -H \"Authorization: Bearer ${}\"", variable(name));
    }
    for name in case.keys {
        line += &format!(" -H \"X-API-Key: ${}\"", variable(name));
    }
    for (name, value) in case.headers {
        line += &format!(" -H '{name}: {value}'");
    }
    line + &format!(" 'http://{gate}{}'", case.target)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_can_be_pasted() {
        let gate = "127.0.0.1:8080".parse().unwrap();
        let lines: Vec<String> = GROUPS
            .iter()
            .flat_map(|group| group.cases)
            .map(|case| curl(gate, case))
            .collect();
        let wanted = "curl -i -H \"Authorization: Bearer $BOB\" 'http://127.0.0.1:8080/api/hello'";
        assert!(lines.iter().any(|line| line == wanted), "{lines:?}");
        assert!(
            lines
                .iter()
                .all(|line| !line.contains("..") || line.contains("--path-as-is"))
        );
    }
}
