//! How much a file may hold, whatever it says: reading takes bounded memory and bounded stack.

use super::{Node, Value};

/// The longest file that is read, in bytes.
pub(super) const MAX_BYTES: usize = 16 << 20;
/// The most values one file may hold, aliases counted as often as they are used.
const MAX_NODES: usize = 500_000;
/// How deep lists and maps may nest, aliases followed.
const MAX_DEPTH: usize = 32;
/// The most text that all values of one file may hold, in bytes, aliases counted as often as they are
/// used and variables filled in.
const MAX_TEXT: usize = 64 << 20;
/// The longest key, in bytes. YAML 1.2.2 section 7.4.2 has the same bound for most keys, in characters.
pub(super) const MAX_KEY: usize = 1024;
/// The longest path that a value is told apart by, in bytes; a longer one ends where it gets too long.
const MAX_PATH: usize = 400;
/// How much of a key stands in a path, in characters.
const SHOWN_KEY: usize = 100;

/// What a value takes: how many values it holds, itself among them, how much text, and how many levels.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Extent {
    nodes: usize,
    text: usize,
    levels: usize,
}

impl Extent {
    /// A value that holds no others; its text is counted when it is known.
    pub(super) const ONE: Self = Self {
        nodes: 1,
        text: 0,
        levels: 0,
    };

    pub(super) fn of(node: &Node) -> Self {
        let own = Self {
            text: node.text().map_or(0, str::len),
            ..Self::ONE
        };
        match &node.value {
            Value::List(items) => items.iter().map(Self::of).fold(own, Self::with_inner),
            Value::Map(entries) => entries.iter().fold(own, |sum, (key, node)| {
                let inner = Self::of(node);
                let text = inner.text + key.name.len();
                sum.with_inner(Self { text, ..inner })
            }),
            _ => own,
        }
    }

    fn with_inner(self, inner: Self) -> Self {
        Self {
            nodes: self.nodes + inner.nodes,
            text: self.text + inner.text,
            levels: self.levels.max(inner.levels + 1),
        }
    }
}

/// What the values of a file have taken so far.
#[derive(Debug, Default)]
pub(super) struct Room {
    nodes: usize,
    text: usize,
}

impl Room {
    /// Takes room for a value at a depth; gives whether there was that much.
    pub(super) fn take(&mut self, extent: Extent, depth: usize) -> bool {
        self.nodes += extent.nodes;
        self.text += extent.text;
        self.nodes <= MAX_NODES && self.text <= MAX_TEXT && depth + extent.levels <= MAX_DEPTH
    }

    /// Takes room for a text; the next value finds out when there was too little.
    pub(super) fn take_text(&mut self, text: &str) {
        self.text += text.len();
    }
}

/// The path of a key's value.
pub(super) fn join(path: &str, key: &str) -> String {
    let shown: String = key.chars().take(SHOWN_KEY).collect();
    let cut = if shown.len() < key.len() { "..." } else { "" };
    match path {
        "" => format!("{shown}{cut}"),
        _ => extended(path, || format!("{path}.{shown}{cut}")),
    }
}

/// A path with one step more, unless it is too long already.
pub(super) fn extended(path: &str, step: impl FnOnce() -> String) -> String {
    match path.len() < MAX_PATH {
        true => step(),
        false => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Node, Problems, parse};
    use super::*;

    fn parsed(text: &str) -> (Option<Node>, Vec<String>) {
        let problems = Problems::new();
        let node = parse("policy.yaml", text, &|_| None, &problems);
        let found = problems.into_sorted();
        (node, found.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn aliases_nest_no_deeper_than_the_file_may() {
        let chain = |count: usize| -> String {
            let link = |number| format!("a{0}: &a{0} [*a{1}]\n", number + 1, number);
            "a0: &a0 [x]\n".to_owned() + &(0..count).map(link).collect::<String>()
        };
        assert_eq!(parsed(&chain(MAX_DEPTH - 3)).1, Vec::<String>::new());
        let (node, problems) = parsed(&chain(MAX_DEPTH + 3));
        assert!(
            node.is_none() && problems[0].contains("nests too deep"),
            "{problems:?}"
        );
    }

    #[test]
    fn text_counts_as_often_as_it_is_used() {
        let text = "x".repeat(1 << 20);
        let of = |uses: usize| format!("a: &a {text}\nb: [{}]\n", vec!["*a"; uses].join(", "));
        assert_eq!(parsed(&of(10)).1, Vec::<String>::new());
        assert!(parsed(&of(100)).1[0].contains("holds too much"));
    }

    #[test]
    fn what_anchors_keep_is_counted() {
        let many = format!("[{}]", vec!["x"; 60_000].join(","));
        assert_eq!(parsed(&format!("a: &a {many}")).1, Vec::<String>::new());
        let anchors: String = (0..9).map(|level| format!("&a{level} [")).collect();
        let (_, problems) = parsed(&format!("a: {anchors}{many}{}", "]".repeat(9)));
        assert!(problems[0].contains("holds too much"), "{problems:?}");
    }

    #[test]
    fn paths_and_keys_stay_short() {
        // YAML bounds keys that stand before a colon by itself.
        let key = "k".repeat(1_000);
        let (node, _) = parsed(&format!(
            "{key}: {{ {key}: {{ {key}: {{ {key}: {{ {key}: [x] }} }} }} }}"
        ));
        let mut node = &node.unwrap();
        while let Value::Map(entries) = &node.value {
            node = &entries[0].1;
        }
        let Value::List(items) = &node.value else {
            panic!()
        };
        assert!(items[0].path.len() < 2 * MAX_PATH && items[0].path.starts_with("kkk"));
        let (_, problems) = parsed(&format!("? {}\n: x", "k".repeat(MAX_KEY + 1)));
        assert!(problems[0].contains("longer than 1 KiB"), "{problems:?}");
    }
}
