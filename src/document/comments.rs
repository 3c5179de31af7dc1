//! The comment above a key: where the reference files say what a key means.

/// The comment lines directly above a key, as one text; an empty comment line begins a new paragraph.
/// Nothing for a key that is not the first on its line. `line` and `column` count from one.
pub(super) fn above(text: &str, line: u32, column: u32) -> Option<String> {
    let before = usize::try_from(line).ok()?.checked_sub(1)?;
    let key = text.lines().nth(before)?;
    let mut indentation = key
        .chars()
        .take(usize::try_from(column).ok()?.checked_sub(1)?);
    if !indentation.all(|c| matches!(c, ' ' | '-')) {
        return None;
    }
    let lines: Vec<&str> = text.lines().take(before).collect();
    let comments = lines
        .iter()
        .rev()
        .map_while(|line| line.trim_start().strip_prefix('#'));
    let mut comments: Vec<&str> = comments.map(str::trim).collect();
    comments.reverse();
    let paragraphs: Vec<String> = comments
        .split(|line| line.is_empty())
        .filter(|paragraph| !paragraph.is_empty())
        .map(|paragraph| paragraph.join(" "))
        .collect();
    (!paragraphs.is_empty()).then(|| paragraphs.join("\n\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# Far away.\n\n# One.\n# Still one.\n#\n# Two.\na: { b: 1 }\nlist:\n  # In it.\n  - c: 1\n    d: 2\n";

    #[test]
    fn comment_belongs_to_the_key_below_it() {
        assert_eq!(
            above(TEXT, 7, 1).as_deref(),
            Some("One. Still one.\n\nTwo.")
        );
        assert_eq!(above(TEXT, 10, 5).as_deref(), Some("In it."));
        for (line, column) in [(7, 6), (8, 1), (11, 5), (0, 0), (99, 1)] {
            assert_eq!(above(TEXT, line, column), None, "{line}:{column}");
        }
    }
}
