//! The types that an expression is checked with.

use std::fmt;

/// A type of the language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Type {
    /// Known when a value is there, such as a claim.
    Dyn,
    /// That of `null`.
    Null,
    /// `true` and `false`.
    Bool,
    /// A signed 64-bit integer.
    Int,
    /// An unsigned 64-bit integer.
    Uint,
    /// An IEEE 754 double.
    Double,
    /// A text.
    String,
    /// Octets.
    Bytes,
    /// A moment.
    Timestamp,
    /// A length of time.
    Duration,
    /// A list with elements of one type.
    List(Box<Type>),
    /// A map from one type to another.
    Map(Box<Type>, Box<Type>),
    /// The type of types.
    Type,
    /// An IP address.
    Ip,
    /// A network.
    Cidr,
    /// Not decided yet: the elements of `[]`. It becomes whatever it meets.
    #[doc(hidden)]
    Free,
}

impl Type {
    /// A list of this type.
    pub fn list(element: Self) -> Self {
        Self::List(Box::new(element))
    }

    /// A map with keys of text.
    pub fn members(value: Self) -> Self {
        Self::Map(Box::new(Self::String), Box::new(value))
    }

    pub(super) fn is_open(&self) -> bool {
        matches!(self, Self::Dyn | Self::Free)
    }

    pub(super) fn is_number(&self) -> bool {
        matches!(self, Self::Int | Self::Uint | Self::Double)
    }

    /// Whether a value of this type may stand where the other is wanted.
    pub(super) fn fits(&self, wanted: &Self) -> bool {
        match (self, wanted) {
            (Self::Dyn | Self::Free, _) | (_, Self::Dyn | Self::Free) => true,
            (Self::List(own), Self::List(other)) => own.fits(other),
            (Self::Map(key, value), Self::Map(other_key, other_value)) => {
                key.fits(other_key) && value.fits(other_value)
            }
            (own, other) => own == other,
        }
    }

    /// The type that holds both: either of them where they agree, otherwise `dyn`.
    pub(super) fn join(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Free, other) => other.clone(),
            (own, Self::Free) => own.clone(),
            (Self::List(own), Self::List(other)) => match own.join(other) {
                Self::Dyn if **own != Self::Dyn && **other != Self::Dyn => Self::Dyn,
                joined => Self::list(joined),
            },
            (Self::Map(key, value), Self::Map(other_key, other_value)) => Self::Map(
                Box::new(key.join(other_key)),
                Box::new(value.join(other_value)),
            ),
            (own, other) if own == other => own.clone(),
            _ => Self::Dyn,
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Dyn | Self::Free => "dyn",
            Self::Null => "null",
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Uint => "uint",
            Self::Double => "double",
            Self::String => "string",
            Self::Bytes => "bytes",
            Self::Timestamp => "timestamp",
            Self::Duration => "duration",
            Self::List(element) => return write!(f, "list({element})"),
            Self::Map(key, value) => return write!(f, "map({key}, {value})"),
            Self::Type => "type",
            Self::Ip => "net.IP",
            Self::Cidr => "net.CIDR",
        })
    }
}
