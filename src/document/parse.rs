//! YAML text to nodes, within bounds.

use std::collections::HashMap;
use std::sync::Arc;

use granit_parser::{Event, Parser, ScalarStyle, Span, options};

use super::variables::{Environment, expand};
use super::{Key, Layout, Node, Place, Problem, Problems, Severity, Value};

/// The longest file that is read, in bytes.
const MAX_BYTES: usize = 16 << 20;
/// The most values one file may hold, aliases counted as often as they are used.
const MAX_NODES: usize = 500_000;
/// How deep lists and maps may nest.
const MAX_DEPTH: usize = 32;

/// Parses one YAML document. `file` is the name that messages use.
///
/// Syntax errors, duplicate keys, a second document, unset environment variables and exceeded bounds
/// (16 MiB of text, half a million values, 32 levels) are problems. Gives nothing when the text cannot be
/// read at all; an empty text is an empty map.
pub fn parse(
    file: &str,
    text: &str,
    environment: Environment<'_>,
    problems: &Problems,
) -> Option<Node> {
    let mut reader = Reader {
        file: file.into(),
        environment,
        problems,
        source: text,
        anchors: HashMap::new(),
        nodes: 0,
    };
    if text.len() > MAX_BYTES {
        reader.problem(
            reader.place_of(1, 1),
            "",
            "the file is larger than 16 MiB".into(),
        );
        return None;
    }
    let mut events =
        Parser::new_from_str_with_options(text, options! { disallow_directives: true });
    reader.document(&mut events).ok()
}

/// The problem has been reported; there is nothing to go on with.
struct Stop;

struct Reader<'a> {
    file: Arc<str>,
    environment: Environment<'a>,
    problems: &'a Problems,
    source: &'a str,
    anchors: HashMap<usize, Node>,
    nodes: usize,
}

impl Reader<'_> {
    fn document(&mut self, events: &mut Events<'_>) -> Result<Node, Stop> {
        let mut top = None;
        while let Some((event, span)) = self.next(events)? {
            match event {
                Event::StreamStart | Event::DocumentEnd | Event::StreamEnd => {}
                Event::DocumentStart(..) if top.is_none() => {}
                Event::DocumentStart(..) => return Err(self.stop(span, "", "a second document")),
                first => top = Some(self.node(first, span, events, "", 0)?),
            }
        }
        Ok(top.unwrap_or_else(|| self.make(Value::Map(Vec::new()), self.place_of(1, 1), "")))
    }

    fn next<'i>(&self, events: &mut Events<'i>) -> Result<Option<(Event<'i>, Span)>, Stop> {
        match events.next() {
            None => Ok(None),
            Some(Ok(next)) => Ok(Some(next)),
            Some(Err(error)) => {
                let marker = error.marker();
                let place = self.place_of(marker.line(), marker.col() + 1);
                self.problem(place, "", format!("not valid YAML: {}", error.info()));
                Err(Stop)
            }
        }
    }

    fn node<'i>(
        &mut self,
        event: Event<'i>,
        span: Span,
        events: &mut Events<'i>,
        path: &str,
        depth: usize,
    ) -> Result<Node, Stop> {
        self.nodes += 1;
        if self.nodes > MAX_NODES || depth > MAX_DEPTH {
            return Err(self.stop(span, path, "the file holds too much, or nests too deep"));
        }
        let place = self.place(span);
        let (node, anchor) = match event {
            Event::Alias(id) => return self.alias(id, span, path),
            Event::Scalar(text, style, anchor, _) => {
                let layout = self.layout(&text, style, &span);
                let node = self.scalar(&text, style, place, path);
                (Node { layout, ..node }, anchor)
            }
            Event::SequenceStart(_, anchor, _) => {
                let items = self.list(events, path, depth)?;
                (self.make(Value::List(items), place, path), anchor)
            }
            Event::MappingStart(_, anchor, _) => {
                let entries = self.map(events, path, depth)?;
                (self.make(Value::Map(entries), place, path), anchor)
            }
            _ => return Err(self.stop(span, path, "a value was expected here")),
        };
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn list(
        &mut self,
        events: &mut Events<'_>,
        path: &str,
        depth: usize,
    ) -> Result<Vec<Node>, Stop> {
        let mut items = Vec::new();
        while let Some((event, span)) = self.next(events)? {
            if matches!(event, Event::SequenceEnd) {
                break;
            }
            let item = format!("{path}[{}]", items.len());
            items.push(self.node(event, span, events, &item, depth + 1)?);
        }
        Ok(items)
    }

    fn map(
        &mut self,
        events: &mut Events<'_>,
        path: &str,
        depth: usize,
    ) -> Result<Vec<(Key, Node)>, Stop> {
        let mut entries: Vec<(Key, Node)> = Vec::new();
        let mut lines: HashMap<String, Place> = HashMap::new();
        while let Some((event, span)) = self.next(events)? {
            let name = match event {
                Event::MappingEnd => break,
                Event::Scalar(name, ..) => name.into_owned(),
                _ => return Err(self.stop(span, path, "a key must be plain text")),
            };
            let key = Key {
                name,
                place: self.place(span),
            };
            let value_path = join(path, &key.name);
            let Some((event, span)) = self.next(events)? else {
                break;
            };
            let value = self.node(event, span, events, &value_path, depth + 1)?;
            match lines.insert(key.name.clone(), key.place.clone()) {
                None => entries.push((key, value)),
                Some(first) => {
                    let message = format!("the key `{}` is already set at {first}", key.name);
                    self.problem(key.place, &value_path, message);
                }
            }
        }
        Ok(entries)
    }

    /// A copy of what the anchor names, with the alias's own place and paths.
    fn alias(&mut self, id: usize, span: Span, path: &str) -> Result<Node, Stop> {
        let Some(node) = self.anchors.get(&id).cloned() else {
            return Err(self.stop(span, path, "the alias names no value that is complete here"));
        };
        self.nodes += count(&node);
        if self.nodes > MAX_NODES {
            return Err(self.stop(
                span,
                path,
                "the file holds too much once aliases are followed",
            ));
        }
        Ok(Node {
            path: path.into(),
            ..node
        })
    }

    fn scalar(&self, text: &str, style: ScalarStyle, place: Place, path: &str) -> Node {
        let plain = style == ScalarStyle::Plain;
        if !text.contains("${") {
            let value = if plain {
                resolve(text)
            } else {
                Value::Text(text.to_owned())
            };
            return self.make(value, place, path);
        }
        let expanded = expand(text, self.environment);
        for mistake in expanded.mistakes {
            self.problem(place.clone(), path, mistake);
        }
        Node {
            from_environment: expanded.from_environment,
            is_variable: expanded.is_variable,
            ..self.make(Value::Text(expanded.text), place, path)
        }
    }

    /// How a scalar's characters stand in the file.
    fn layout(&self, text: &str, style: ScalarStyle, span: &Span) -> Layout {
        if text.contains("${") {
            return Layout::Opaque;
        }
        let skipped = match style {
            ScalarStyle::Plain => 0,
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => 1,
            ScalarStyle::Literal => return Layout::Block,
            ScalarStyle::Folded => return Layout::Opaque,
        };
        let as_it_is = span
            .slice(self.source)
            .and_then(|written| written.get(skipped..)?.strip_prefix(text));
        match as_it_is {
            Some(rest) if rest.len() == skipped => Layout::Line(u32::from(skipped > 0)),
            _ => Layout::Opaque,
        }
    }

    fn make(&self, value: Value, place: Place, path: &str) -> Node {
        Node {
            value,
            place,
            path: path.into(),
            from_environment: false,
            is_variable: false,
            layout: Layout::Opaque,
        }
    }

    fn place(&self, span: Span) -> Place {
        self.place_of(span.start.line(), span.start.col() + 1)
    }

    fn place_of(&self, line: usize, column: usize) -> Place {
        let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
        Place {
            file: Arc::clone(&self.file),
            line: number(line),
            column: number(column),
        }
    }

    fn problem(&self, place: Place, path: &str, message: String) {
        let (severity, path) = (Severity::Error, path.to_owned());
        self.problems.add(Problem {
            severity,
            lint: None,
            place,
            path,
            message,
            help: None,
        });
    }

    fn stop(&self, span: Span, path: &str, message: &str) -> Stop {
        self.problem(self.place(span), path, message.to_owned());
        Stop
    }
}

type Events<'i> = Parser<'i, granit_parser::StrInput<'i>>;

fn join(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}

fn count(node: &Node) -> usize {
    match &node.value {
        Value::List(items) => 1 + items.iter().map(count).sum::<usize>(),
        Value::Map(entries) => 1 + entries.iter().map(|(_, node)| count(node)).sum::<usize>(),
        _ => 1,
    }
}

/// What an unquoted scalar means (YAML 1.2.2 section 10.3.2; no octal, no hexadecimal).
fn resolve(text: &str) -> Value {
    match text {
        "" | "~" | "null" => return Value::Null,
        "true" => return Value::Bool(true),
        "false" => return Value::Bool(false),
        _ => {}
    }
    let numeric = text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.'));
    if numeric && let Ok(number) = text.parse::<i64>() {
        return Value::Integer(number);
    }
    match text.parse::<f64>() {
        Ok(number) if numeric && number.is_finite() => Value::Float(number),
        _ => Value::Text(text.to_owned()),
    }
}
