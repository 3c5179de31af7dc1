//! Texts with placeholders, alone or within JSON.

use serde_json::Value as Json;

use crate::document::{Key, Node, Problems, Read, Value};

use super::super::scheme::Parameters;

/// A text with placeholders.
#[derive(Debug)]
pub(super) struct Text(Vec<Piece>);

/// JSON whose texts may have placeholders. They are filled in before it is written down, so that no text can
/// end where it should not; names have none.
#[derive(Debug)]
pub(super) enum JsonText {
    Fixed(Json),
    Text(Text),
    List(Vec<JsonText>),
    Object(Vec<(String, JsonText)>),
}

#[derive(Debug, PartialEq, Eq)]
enum Piece {
    Literal(String),
    Input,
    Mac,
}

/// What may stand in an answer.
pub(super) struct Terms<'t> {
    /// Whether there is an input.
    pub(super) input: bool,
    /// Whether there is a MAC.
    pub(super) mac: bool,
    /// Values of the webhook.
    pub(super) parameters: &'t Parameters,
}

impl JsonText {
    pub(super) fn read(node: &Node, terms: &Terms<'_>, problems: &Problems) -> Option<Self> {
        match &node.value {
            Value::Text(text) if text.is_empty() => Some(Self::Fixed(Json::from(""))),
            Value::Text(_) => Text::read(node, terms, problems).map(Self::Text),
            Value::List(items) => {
                let items = items.iter().map(|item| Self::read(item, terms, problems));
                let items: Vec<_> = items.collect();
                items.into_iter().collect::<Option<_>>().map(Self::List)
            }
            Value::Map(entries) => {
                let entry = |(key, node): &(Key, Node)| {
                    Some((key.name.clone(), Self::read(node, terms, problems)?))
                };
                let entries: Vec<_> = entries.iter().map(entry).collect();
                entries.into_iter().collect::<Option<_>>().map(Self::Object)
            }
            _ => Some(Self::Fixed(node.to_json())),
        }
    }

    pub(super) fn filled(&self, input: Option<&str>, mac: Option<&str>) -> Json {
        match self {
            Self::Fixed(json) => json.clone(),
            Self::Text(text) => text.filled(input, mac).into(),
            Self::List(items) => items.iter().map(|item| item.filled(input, mac)).collect(),
            Self::Object(entries) => {
                let filled =
                    |(key, value): &(String, Self)| (key.clone(), value.filled(input, mac));
                Json::Object(entries.iter().map(filled).collect())
            }
        }
    }
}

impl Text {
    pub(super) fn read(node: &Node, terms: &Terms<'_>, problems: &Problems) -> Option<Self> {
        let text = String::read(node, problems)?;
        match Self::parse(&text, terms) {
            Ok(text) => Some(text),
            Err(message) => {
                let help = "placeholders are `{input}`, `{mac}` and `{config:NAME}`; a brace is `{{` or `}}`";
                problems.error_with(node, message, help);
                None
            }
        }
    }

    fn parse(text: &str, terms: &Terms<'_>) -> Result<Self, String> {
        let (mut pieces, mut literal) = (Vec::new(), String::new());
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            let (before, from) = rest.split_at(at);
            literal.push_str(before);
            if let Some(after) = from.strip_prefix("{{").or_else(|| from.strip_prefix("}}")) {
                literal.extend(from.chars().next());
                rest = after;
                continue;
            }
            let inside = from.strip_prefix('{').and_then(|from| from.split_once('}'));
            let (name, after) = inside.ok_or("a brace without its other half")?;
            let piece = terms.piece(name)?;
            pieces.push(Piece::Literal(std::mem::take(&mut literal)));
            pieces.push(piece);
            rest = after;
        }
        literal.push_str(rest);
        pieces.push(Piece::Literal(literal));
        pieces.retain(|piece| *piece != Piece::Literal(String::new()));
        Ok(Self(pieces))
    }

    pub(super) fn filled(&self, input: Option<&str>, mac: Option<&str>) -> String {
        let pieces = self.0.iter().map(|piece| match piece {
            Piece::Literal(text) => text.as_str(),
            Piece::Input => input.unwrap_or_default(),
            Piece::Mac => mac.unwrap_or_default(),
        });
        pieces.collect()
    }
}

impl Terms<'_> {
    fn piece(&self, name: &str) -> Result<Piece, String> {
        match (name, name.strip_prefix("config:")) {
            ("input", _) if self.input => Ok(Piece::Input),
            ("input", _) => Err("`{input}` without the key `input`".into()),
            ("mac", _) if self.mac => Ok(Piece::Mac),
            ("mac", _) => Err("`{mac}` without the key `mac`".into()),
            (_, Some(name)) => match self.parameters.one(name) {
                Some(value) => Ok(Piece::Literal(value.to_owned())),
                None => Err(format!("the webhook has no single parameter `{name}`")),
            },
            _ => Err(format!("`{{{name}}}` is not known here")),
        }
    }
}
