//! The message that is signed: what each covered component says of it (RFC 9421 section 2).

use std::borrow::Cow;

use http::Method;

use crate::webhook::scheme::pairs;

use super::structured::{Bare, InnerList, Item, Parameters, dictionary, parameter};

/// A request as its sender saw it.
pub(super) struct Subject<'s> {
    pub(super) method: &'s Method,
    /// In lower case.
    pub(super) scheme: &'s str,
    /// Host in lower case, and port unless it is the scheme's.
    pub(super) authority: &'s str,
    /// Path and query as they were sent.
    pub(super) target: &'s str,
    /// The values of a field by its name in lower case, line by line.
    pub(super) field: &'s dyn Fn(&str) -> Vec<&'s [u8]>,
}

/// Whether an identifier names something that is derived from a request, or a field, and has no parameters but
/// those that are understood here.
pub(super) fn is_understood(component: &Item) -> bool {
    let Bare::Text(name) = &component.bare else {
        return false;
    };
    let parameters: Vec<(&str, &Bare)> = component
        .parameters
        .iter()
        .map(|(key, value)| (key.as_str(), value))
        .collect();
    match (name.as_str(), parameters.as_slice()) {
        ("@query-param", [("name", Bare::Text(_))]) => true,
        (
            "@method" | "@target-uri" | "@authority" | "@scheme" | "@request-target" | "@path"
            | "@query",
            [],
        ) => true,
        (name, [] | [("bs", Bare::Truth(true))] | [("key", Bare::Text(_))]) => is_field(name),
        _ => false,
    }
}

/// Names of fields are in lower case (RFC 9421 section 2.1).
fn is_field(name: &str) -> bool {
    let token = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"!#$%&'*+-.^_`|~".contains(&byte)
    };
    !name.is_empty() && name.bytes().all(token)
}

impl Subject<'_> {
    /// The signature base (RFC 9421 section 2.5): a line for each component, and one for the signature's own
    /// parameters. Nothing if one of them cannot be told.
    pub(super) fn base(&self, covered: &InnerList) -> Option<String> {
        let mut base = String::new();
        for component in &covered.items {
            let value = self.value(component)?;
            base.push_str(&format!("{component}: {value}\n"));
        }
        base.push_str(&format!("\"@signature-params\": {covered}"));
        Some(base)
    }

    fn value(&self, component: &Item) -> Option<Cow<'_, str>> {
        let Bare::Text(name) = &component.bare else {
            return None;
        };
        let (path, query) = match self.target.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (self.target, None),
        };
        Some(match name.as_str() {
            "@method" => self.method.as_str().into(),
            "@scheme" => self.scheme.into(),
            "@authority" => self.authority.into(),
            "@target-uri" => format!("{}://{}{}", self.scheme, self.authority, self.target).into(),
            "@request-target" => self.target.into(),
            "@path" if path.is_empty() => "/".into(),
            "@path" => path.into(),
            "@query" => format!("?{}", query.unwrap_or_default()).into(),
            "@query-param" => query_parameter(query?, &component.parameters)?.into(),
            name => self.field_value(name, &component.parameters)?,
        })
    }

    fn field_value(&self, name: &str, parameters: &Parameters) -> Option<Cow<'_, str>> {
        let lines = (self.field)(name);
        if lines.is_empty() {
            return None;
        }
        if parameter(parameters, "bs").is_some() {
            let wrapped = lines
                .iter()
                .map(|line| Bare::Bytes(line.to_vec()).to_string());
            return Some(wrapped.collect::<Vec<_>>().join(", ").into());
        }
        let joined = joined(&lines)?;
        let Some(key) = parameter(parameters, "key") else {
            return Some(joined.into());
        };
        let Bare::Text(key) = key else { return None };
        let members = dictionary(&joined)?;
        let (_, member) = members.iter().find(|(own, _)| own == key)?;
        Some(member.to_string().into())
    }
}

/// The lines of a field as one value (RFC 9421 section 2.1), if it is plain text.
pub(super) fn joined(lines: &[&[u8]]) -> Option<String> {
    let lines: Option<Vec<&str>> = lines
        .iter()
        .map(|line| {
            std::str::from_utf8(line)
                .ok()
                .filter(|line| line.is_ascii())
        })
        .collect();
    lines.map(|lines| lines.join(", "))
}

/// RFC 9421 section 2.2.8: decoded like a form, encoded again; one that stands there twice cannot be named.
fn query_parameter(query: &str, parameters: &Parameters) -> Option<String> {
    let Some(Bare::Text(name)) = parameter(parameters, "name") else {
        return None;
    };
    let pairs = pairs(query.as_bytes()).ok()?;
    let mut found = pairs.iter().filter(|(own, _)| encoded(own) == *name);
    let (_, value) = found.next()?;
    found.next().is_none().then(|| encoded(value))
}

fn encoded(bytes: &[u8]) -> String {
    let text: String = url::form_urlencoded::byte_serialize(bytes).collect();
    text.replace('+', "%20")
}
