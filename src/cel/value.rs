//! Values: borrowed from the facts wherever they can be.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;

use super::render::render;
use super::{Duration, List, Map, Timestamp};

/// A value of the language.
#[derive(Clone)]
pub enum Value<'a> {
    /// `null`.
    Null,
    /// `true` and `false`.
    Bool(bool),
    /// A signed 64-bit integer.
    Int(i64),
    /// An unsigned 64-bit integer.
    Uint(u64),
    /// An IEEE 754 double.
    Double(f64),
    /// A text.
    String(Text<'a>),
    /// A sequence of octets.
    Bytes(Bytes<'a>),
    /// A list.
    List(List<'a>),
    /// A map.
    Map(Map<'a>),
    /// A moment.
    Timestamp(Timestamp),
    /// A length of time.
    Duration(Duration),
    /// The name of a type.
    Type(&'static str),
    /// An IP address, of the network extension.
    Ip(IpAddr),
    /// A network, of the network extension: its address may have host bits.
    Cidr(IpNet),
}

/// A text that is borrowed, or shared because an evaluation made it.
#[derive(Clone)]
pub enum Text<'a> {
    /// Of the facts or of the program.
    Borrowed(&'a str),
    /// Made.
    Shared(Arc<str>),
}

/// Octets that are borrowed, or shared because an evaluation made them.
#[derive(Clone)]
pub enum Bytes<'a> {
    /// Of the program.
    Borrowed(&'a [u8]),
    /// Made.
    Shared(Arc<[u8]>),
}

impl std::ops::Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Borrowed(text) => text,
            Self::Shared(text) => text,
        }
    }
}

impl std::ops::Deref for Bytes<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Borrowed(bytes) => bytes,
            Self::Shared(bytes) => bytes,
        }
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::String(Text::Borrowed(text))
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Self::String(Text::Shared(text.into()))
    }
}

impl From<Vec<u8>> for Value<'_> {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(Bytes::Shared(bytes.into()))
    }
}

impl From<bool> for Value<'_> {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value<'_> {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl<'a> From<&'a [Box<str>]> for Value<'a> {
    fn from(texts: &'a [Box<str>]) -> Self {
        Self::List(List::Texts(texts))
    }
}

/// A whole number that fits a signed 64-bit integer is an int; any other number is a double.
impl<'a> From<&'a serde_json::Value> for Value<'a> {
    fn from(json: &'a serde_json::Value) -> Self {
        match json {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(value) => Self::Bool(*value),
            serde_json::Value::Number(number) => match number.as_i64() {
                Some(whole) => Self::Int(whole),
                None => Self::Double(number.as_f64().unwrap_or(f64::NAN)),
            },
            serde_json::Value::String(text) => Self::from(text.as_str()),
            serde_json::Value::Array(items) => Self::List(List::Json(items)),
            serde_json::Value::Object(members) => Self::Map(Map::Json(members)),
        }
    }
}

impl<'a> Value<'a> {
    /// The text, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The truth, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The name of its type, as `type(x)` gives it.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null_type",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Uint(_) => "uint",
            Self::Double(_) => "double",
            Self::String(_) => "string",
            Self::Bytes(_) => "bytes",
            Self::List(_) => "list",
            Self::Map(_) => "map",
            Self::Timestamp(_) => "google.protobuf.Timestamp",
            Self::Duration(_) => "google.protobuf.Duration",
            Self::Type(_) => "type",
            Self::Ip(_) => "net.IP",
            Self::Cidr(_) => "net.CIDR",
        }
    }

    /// The same value without a share in it: a program lends its constants, so that threads which
    /// run it count nothing together.
    pub(super) fn lend(&'a self) -> Value<'a> {
        match self {
            Self::String(text) => Self::String(Text::Borrowed(text)),
            Self::Bytes(bytes) => Self::Bytes(Bytes::Borrowed(bytes)),
            Self::List(list) => Self::List(list.lend()),
            Self::Map(map) => Self::Map(map.lend()),
            other => other.clone(),
        }
    }

    /// The same value, borrowing nothing.
    pub fn into_owned(self) -> Value<'static> {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(value),
            Self::Int(value) => Value::Int(value),
            Self::Uint(value) => Value::Uint(value),
            Self::Double(value) => Value::Double(value),
            Self::String(Text::Shared(text)) => Value::String(Text::Shared(text)),
            Self::String(Text::Borrowed(text)) => Value::String(Text::Shared(text.into())),
            Self::Bytes(Bytes::Shared(bytes)) => Value::Bytes(Bytes::Shared(bytes)),
            Self::Bytes(Bytes::Borrowed(bytes)) => Value::Bytes(Bytes::Shared(bytes.into())),
            Self::List(list) => Value::List(list.into_owned()),
            Self::Map(map) => Value::Map(map.into_owned()),
            Self::Timestamp(moment) => Value::Timestamp(moment),
            Self::Duration(length) => Value::Duration(length),
            Self::Type(name) => Value::Type(name),
            Self::Ip(address) => Value::Ip(address),
            Self::Cidr(network) => Value::Cidr(network),
        }
    }
}

impl fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&render(self, usize::MAX))
    }
}
