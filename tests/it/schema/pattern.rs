//! As much of regular expressions (ECMA-262 section 22.2) as our schemas use, by backtracking.

/// Whether a pattern matches anywhere in a text.
pub(super) fn finds(pattern: &str, text: &str) -> bool {
    let ways = Parser(pattern.chars().peekable()).ways();
    let text: Vec<char> = text.chars().collect();
    (0..=text.len()).any(|start| matches(&ways, &text, start, &mut |_| true))
}

#[derive(Debug)]
enum Piece {
    Start,
    End,
    /// Characters from the first to the last, or any but these.
    Class(Vec<(char, char)>, bool),
    Group(Vec<Way>),
}

/// Pieces in a row, each so many times at least and at most.
type Way = Vec<(Piece, usize, usize)>;

struct Parser<'p>(std::iter::Peekable<std::str::Chars<'p>>);

impl Parser<'_> {
    fn ways(&mut self) -> Vec<Way> {
        let mut ways = vec![Way::new()];
        while let Some(c) = self.0.next_if(|c| *c != ')') {
            let piece = match c {
                '|' => {
                    ways.push(Way::new());
                    continue;
                }
                '^' => Piece::Start,
                '$' => Piece::End,
                '(' => {
                    assert_eq!((self.0.next(), self.0.next()), (Some('?'), Some(':')));
                    let inner = self.ways();
                    assert_eq!(self.0.next(), Some(')'));
                    Piece::Group(inner)
                }
                '[' => self.class(),
                '\\' => Piece::Class(self.escape(), false),
                '.' | '*' | '+' | '?' => panic!("`{c}` is not known here"),
                c => Piece::Class(vec![(c, c)], false),
            };
            let (least, most) = self.times();
            ways.last_mut().unwrap().push((piece, least, most));
        }
        ways
    }

    fn escape(&mut self) -> Vec<(char, char)> {
        match self.0.next().unwrap() {
            's' => vec![(' ', ' '), ('\t', '\r'), ('\u{a0}', '\u{a0}')],
            c if c.is_ascii_alphanumeric() => panic!("`\\{c}` is not known here"),
            c => vec![(c, c)],
        }
    }

    fn class(&mut self) -> Piece {
        let negative = self.0.next_if_eq(&'^').is_some();
        let mut ranges = Vec::new();
        while let Some(c) = self.0.next_if(|c| *c != ']') {
            if c == '\\' {
                ranges.extend(self.escape());
                continue;
            }
            let mut ahead = self.0.clone();
            let range = ahead.next() == Some('-') && ahead.next().is_some_and(|c| c != ']');
            let last = match range {
                true => self.0.nth(1).unwrap(),
                false => c,
            };
            ranges.push((c, last));
        }
        assert_eq!(self.0.next(), Some(']'));
        Piece::Class(ranges, negative)
    }

    fn times(&mut self) -> (usize, usize) {
        let Some(mark) = self.0.next_if(|c| matches!(c, '*' | '+' | '?' | '{')) else {
            return (1, 1);
        };
        match mark {
            '*' => (0, usize::MAX),
            '+' => (1, usize::MAX),
            '?' => (0, 1),
            _ => {
                let inside: String = self.0.by_ref().take_while(|c| *c != '}').collect();
                let (least, most) = inside.split_once(',').unwrap_or((&inside, &inside));
                (least.parse().unwrap(), most.parse().unwrap_or(usize::MAX))
            }
        }
    }
}

/// Whether some way matches from `at`, so that `then` is content with where it ends.
fn matches(ways: &[Way], text: &[char], at: usize, then: &mut dyn FnMut(usize) -> bool) -> bool {
    ways.iter().any(|way| row(way, 0, text, at, then))
}

fn row(
    way: &[(Piece, usize, usize)],
    times: usize,
    text: &[char],
    at: usize,
    then: &mut dyn FnMut(usize) -> bool,
) -> bool {
    let Some(((piece, least, most), rest)) = way.split_first() else {
        return then(at);
    };
    let again = times < *most
        && one(piece, text, at, &mut |end| {
            // What takes no room is taken once.
            (end > at || times == 0 && *most == 1) && row(way, times + 1, text, end, then)
        });
    again || times >= *least && row(rest, 0, text, at, then)
}

fn one(piece: &Piece, text: &[char], at: usize, then: &mut dyn FnMut(usize) -> bool) -> bool {
    match piece {
        Piece::Start => at == 0 && then(at),
        Piece::End => at == text.len() && then(at),
        Piece::Group(ways) => matches(ways, text, at, then),
        Piece::Class(ranges, negative) => {
            let within = |c: char| {
                ranges
                    .iter()
                    .any(|(first, last)| (*first..=*last).contains(&c))
            };
            text.get(at).is_some_and(|c| within(*c) != *negative) && then(at + 1)
        }
    }
}

#[test]
fn patterns_match_as_they_should() {
    for (pattern, text, wanted) in [
        (r"\$\{", "a${B}", true),
        (r"\$\{", "a$", false),
        (r"^(?:[0-9]+\s*(?:ms|s|m)\s*)$", "30s", true),
        (r"^(?:[0-9]+\s*(?:ms|s|m)\s*)$", "500 ms ", true),
        (r"^(?:[0-9]+\s*(?:ms|s|m)\s*)$", "30", false),
        (r"^(?:[0-9]+\s*(?:ms|s|m)\s*)$", "x30s", false),
        (r"^(?:[0-9]+(?:kB)?)$", "30", true),
        (r"^a[0-9]{2,3}$", "a1", false),
        (r"^a[0-9]{2,3}$", "a123", true),
        (r"^[^}]+$", "ab", true),
        (r"^[^}]+$", "a}b", false),
        (r"^[A-Za-z0-9._:-]+$", "a-b:c", true),
        (r"^[A-Za-z0-9._:-]+$", "a/b", false),
        (r"\$\{|^(?:x|y)$", "y", true),
        (r"\$\{|^(?:x|y)$", "z", false),
    ] {
        assert_eq!(finds(pattern, text), wanted, "{pattern} on {text}");
    }
}
