//! A report in the format that JUnit introduced and every build server reads.

use std::fmt::Write as _;

use super::outcome::Outcome;

/// The document. Times are left out: cases take none.
pub(super) fn document(outcomes: &[Outcome<'_>]) -> String {
    let failed = outcomes.iter().filter(|outcome| !outcome.passed()).count();
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    // Writing to a string cannot fail, here and below.
    let _ = writeln!(
        text,
        "<testsuites tests=\"{}\" failures=\"{failed}\">",
        outcomes.len()
    );
    for suite in outcomes.chunk_by(|one, other| one.file == other.file) {
        write_suite(&mut text, suite);
    }
    text.push_str("</testsuites>\n");
    text
}

fn write_suite(text: &mut String, suite: &[Outcome<'_>]) {
    let Some(first) = suite.first() else { return };
    let failed = suite.iter().filter(|outcome| !outcome.passed()).count();
    let file = escaped(&first.file.display().to_string());
    let _ = writeln!(
        text,
        "  <testsuite name=\"{file}\" tests=\"{}\" failures=\"{failed}\" errors=\"0\" skipped=\"0\">",
        suite.len()
    );
    for outcome in suite {
        let name = escaped(&outcome.case.name);
        let line = outcome.case.place.line;
        let head = format!(
            "    <testcase classname=\"{file}\" name=\"{name}\" file=\"{file}\" line=\"{line}\""
        );
        let within = [outcome.key.as_deref().map(presented), failure(outcome)];
        let within: String = within.into_iter().flatten().collect();
        let _ = match within.is_empty() {
            true => writeln!(text, "{head}/>"),
            false => writeln!(text, "{head}>\n{within}    </testcase>"),
        };
    }
    text.push_str("  </testsuite>\n");
}

/// The API key of a case, by what it is called.
fn presented(key: &str) -> String {
    let key = escaped(key);
    format!(
        "      <properties>\n        <property name=\"key\" value=\"{key}\"/>\n      </properties>\n"
    )
}

/// What is not as expected.
fn failure(outcome: &Outcome<'_>) -> Option<String> {
    let message = escaped(&outcome.differences.join("; "));
    let actual = escaped(&format!("got {}", outcome.actual()));
    let failed = !outcome.passed();
    failed.then(|| format!("      <failure message=\"{message}\">{actual}</failure>\n"))
}

/// Text as it may stand in an attribute and between tags (XML 1.0 sections 2.2 and 2.4). Characters that XML
/// cannot hold at all become U+FFFD.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            '\t' => escaped.push_str("&#9;"),
            '\n' => escaped.push_str("&#10;"),
            '\r' => escaped.push_str("&#13;"),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn text_is_escaped_for_xml() {
        assert_eq!(
            escaped("<a & \"b\"> 'c'\n"),
            "&lt;a &amp; &quot;b&quot;&gt; &apos;c&apos;&#10;"
        );
        assert_eq!(escaped("\u{1b}[31m\u{ffff}é"), "\u{fffd}[31m\u{fffd}é");
    }
}
