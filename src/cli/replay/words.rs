//! Numbers and texts as people read them.

/// `1,204`.
pub(in crate::cli) fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 record`, `1,204 records`.
pub(super) fn counted(count: u64, word: &str) -> String {
    match count {
        1 => format!("1 {word}"),
        count => format!("{} {word}s", number(count)),
    }
}

/// Text of a log without what could drive a terminal.
pub(super) fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c.is_control() {
            true => out.extend(c.escape_default()),
            false => out.push(c),
        }
    }
    out
}

/// A word as a shell takes it.
pub(in crate::cli) fn quoted(word: &str) -> String {
    let harmless = |c: char| c.is_ascii_alphanumeric() || "-_./+:@%,=".contains(c);
    match !word.is_empty() && word.chars().all(harmless) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_groups_of_three() {
        let shown = [0, 12, 123, 1234, 123_456, 1_000_000].map(number);
        let wanted = ["0", "12", "123", "1,234", "123,456", "1,000,000"];
        assert_eq!(shown, wanted);
        assert_eq!(counted(1, "record"), "1 record");
        assert_eq!(counted(2000, "record"), "2,000 records");
    }

    #[test]
    fn nothing_of_a_log_drives_a_terminal_or_a_shell() {
        assert_eq!(plain("a\x1b[31mb\n"), "a\\u{1b}[31mb\\n");
        assert_eq!(quoted("logs/a.log"), "logs/a.log");
        assert_eq!(quoted("a b'; rm"), "'a b'\\''; rm'");
    }
}
