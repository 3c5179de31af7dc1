//! YAML text to nodes, within bounds.

use std::collections::HashMap;
use std::sync::Arc;

use granit_parser::{Event, Parser, ScalarStyle, Span, options};

use super::bounds::{Extent, MAX_BYTES, MAX_KEY, Room, extended, join};
use super::scalar::resolve;
use super::variables::{Environment, expand};
use super::{Key, Layout, Node, Place, Problem, Problems, Severity, Value};

/// Parses one YAML document. `file` is the name that messages use.
///
/// Syntax errors, duplicate keys, a second document, unset environment variables and exceeded bounds
/// (a file of 16 MiB, half a million values with 64 MiB of text, 32 levels) are problems. Gives nothing when the text cannot be
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
        room: Room::default(),
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
    room: Room,
}

const TOO_MUCH: &str = "the file holds too much, or nests too deep";

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
        if !self.room.take(Extent::ONE, depth) {
            return Err(self.stop(span, path, TOO_MUCH));
        }
        let place = self.place(span);
        let (node, anchor) = match event {
            Event::Alias(id) => return self.alias(id, span, path, depth),
            Event::Scalar(text, style, anchor, _) => {
                let layout = self.layout(&text, style, &span);
                let node = self.scalar(&text, style, place, path);
                self.room.take_text(node.text().unwrap_or_default());
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
            // The copy that is kept takes room as well.
            if !self.room.take(Extent::of(&node), depth) {
                return Err(self.stop(span, path, TOO_MUCH));
            }
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
            let item = extended(path, || format!("{path}[{}]", items.len()));
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
                Event::Scalar(name, ..) if name.len() <= MAX_KEY => name.into_owned(),
                Event::Scalar(..) => {
                    return Err(self.stop(span, path, "a key is longer than 1 KiB"));
                }
                _ => return Err(self.stop(span, path, "a key must be plain text")),
            };
            self.room.take_text(&name);
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
    fn alias(&mut self, id: usize, span: Span, path: &str, depth: usize) -> Result<Node, Stop> {
        let Some(extent) = self.anchors.get(&id).map(Extent::of) else {
            return Err(self.stop(span, path, "the alias names no value that is complete here"));
        };
        if !self.room.take(extent, depth) {
            let message = "the file holds too much once aliases are followed, or nests too deep";
            return Err(self.stop(span, path, message));
        }
        match self.anchors.get(&id).cloned() {
            Some(node) => Ok(Node {
                path: path.into(),
                ..node
            }),
            None => Err(Stop),
        }
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
