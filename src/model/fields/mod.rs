//! The fields of a message (RFC 9110 section 5), as the lines that HTTP/1 writes them on.
//!
//! Nearly every message is passed on with nearly all of its fields as they came. So they are kept as bytes, and
//! beside them where each line stands: to look one up costs a comparison of lengths, to pass one on a copy.
//! Fields that came in HTTP/2 are written down the same way.
//!
//! Always: a name is a token in lower case; a value holds no control character but the tab, and neither begins
//! nor ends with white space; a line is `name: value CR LF` and nothing else, so that it can be sent as it is.

mod field;
mod lengths;
mod read;
mod spare;
#[cfg(test)]
mod tests;

use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};

pub use field::{Field, Rest, ascii};
pub use read::FieldError;

use lengths::Lengths;

/// The fields of a message, in their order.
#[derive(Clone, Default)]
pub struct Fields {
    /// The head they arrived in, names in lower case.
    received: Bytes,
    /// Lines that were not received as they stand here.
    added: Vec<u8>,
    lines: Vec<Line>,
    lengths: Lengths,
}

/// Where a line stands.
#[derive(Debug, Clone, Copy)]
struct Line {
    start: u32,
    end: u32,
    /// How long its name is.
    name: u32,
    /// Among the added ones.
    added: bool,
    /// No table of HPACK may keep the value (RFC 7541 section 7.1.3).
    sensitive: bool,
}

impl Line {
    fn marked(self, sensitive: bool) -> Self {
        Self { sensitive, ..self }
    }
}

impl Fields {
    /// None.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many there are, each line for itself.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The head that they arrived in, with what stands before and between them; empty if they were put
    /// together here.
    pub fn received(&self) -> &Bytes {
        &self.received
    }

    /// All of them.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Field<'_>> {
        self.lines.iter().map(|line| self.field(*line))
    }

    /// The values of one name, which is given in lower case.
    pub fn get_all<'f, 'n, N: AsRef<str> + ?Sized>(
        &'f self,
        name: &'n N,
    ) -> impl DoubleEndedIterator<Item = &'f [u8]> + use<'f, 'n, N> {
        self.named(name.as_ref()).map(|field| field.value())
    }

    /// The first value of a name, which is given in lower case.
    pub fn get(&self, name: &(impl AsRef<str> + ?Sized)) -> Option<&[u8]> {
        self.named(name.as_ref()).next().map(|field| field.value())
    }

    /// The first value of a name, which is given in lower case, to be kept: it shares the memory.
    pub fn value(&self, name: &(impl AsRef<str> + ?Sized)) -> Option<HeaderValue> {
        let field = self.named(name.as_ref()).next()?;
        self.share(field.value()).ok()
    }

    /// Whether there is one of this name, which is given in lower case.
    pub fn contains(&self, name: &(impl AsRef<str> + ?Sized)) -> bool {
        self.named(name.as_ref()).next().is_some()
    }

    /// All of them as bytes, in as few pieces as they stand in.
    pub fn pieces(&self) -> impl Iterator<Item = &[u8]> {
        let mut lines = self.lines.iter().peekable();
        std::iter::from_fn(move || {
            let first = lines.next()?;
            let mut end = first.end;
            let adjoins = |next: &&Line, end| next.start == end && next.added == first.added;
            while let Some(next) = lines.next_if(|next| adjoins(next, end)) {
                end = next.end;
            }
            let piece = first.start as usize..end as usize;
            Some(self.text(first.added).get(piece).unwrap_or_default())
        })
    }

    /// Adds those of another message behind all others.
    pub fn extend(&mut self, other: &Self) {
        self.room();
        for line in &other.lines {
            let field = other.field(*line);
            let copy = self.put(field.name(), field.value());
            self.lines.push(copy.marked(line.sensitive));
        }
    }

    /// Adds one behind all others.
    pub fn append(&mut self, name: &HeaderName, value: &HeaderValue) {
        self.room();
        let line = self.put(name.as_str().as_bytes(), value.as_bytes());
        self.lines.push(line.marked(value.is_sensitive()));
    }

    /// Puts one in the place of all that have its name.
    pub fn set(&mut self, name: &HeaderName, value: &HeaderValue) {
        self.remove(name);
        self.append(name, value);
    }

    /// Takes out all of one name, which is given in lower case.
    pub fn remove(&mut self, name: &(impl AsRef<str> + ?Sized)) {
        let name = name.as_ref();
        if self.lengths.have(name.len()) {
            self.retain(|field| field.name() != name.as_bytes());
        }
    }

    /// Takes out those that are not to be kept.
    pub fn retain(&mut self, mut keep: impl FnMut(Field<'_>) -> bool) {
        let mut lines = std::mem::take(&mut self.lines);
        lines.retain(|line| keep(self.field(*line)));
        self.lines = lines;
    }

    /// Leaves of each what `rest_of` says. A value that no field can have is nothing.
    pub fn revise(&mut self, rest_of: impl Fn(Field<'_>) -> Rest) {
        let mut lines = std::mem::take(&mut self.lines);
        lines.retain_mut(|line| {
            let field = self.field(*line);
            match rest_of(field) {
                Rest::Whole => true,
                Rest::Part(value) if read::controls(&value) == 0 => {
                    let name = field.name().to_vec();
                    *line = self.put(&name, &value).marked(line.sensitive);
                    true
                }
                Rest::Part(_) | Rest::Nothing => false,
            }
        });
        self.lines = lines;
    }

    /// The same fields as a map, for whoever speaks HTTP/2.
    pub fn to_map(&self) -> HeaderMap {
        let mut map = HeaderMap::with_capacity(self.len());
        for line in &self.lines {
            let field = self.field(*line);
            let name = HeaderName::from_bytes(field.name());
            // Neither fails: what is fit for a line is fit for a map.
            if let (Ok(name), Ok(mut value)) = (name, self.share(field.value())) {
                value.set_sensitive(line.sensitive);
                map.append(name, value);
            }
        }
        map
    }

    fn named<'f, 'n>(
        &'f self,
        name: &'n str,
    ) -> impl DoubleEndedIterator<Item = Field<'f>> + use<'f, 'n> {
        let lines = match self.lengths.have(name.len()) {
            true => self.lines.as_slice(),
            false => &[],
        };
        let length = name.len();
        let alike = lines
            .iter()
            .filter(move |line| line.name as usize == length);
        let fields = alike.map(|line| self.field(*line));
        fields.filter(move |field| field.name() == name.as_bytes())
    }

    fn field(&self, line: Line) -> Field<'_> {
        let place = line.start as usize..line.end as usize;
        let text = self.text(line.added).get(place).unwrap_or_default();
        Field::new(text, line.name as usize)
    }

    fn text(&self, added: bool) -> &[u8] {
        match added {
            true => &self.added,
            false => &self.received,
        }
    }

    /// Writes a line behind those that were added.
    fn put(&mut self, name: &[u8], value: &[u8]) -> Line {
        let start = self.added.len();
        self.added.reserve(name.len() + value.len() + 4);
        self.added.extend_from_slice(name);
        self.added.extend_from_slice(b": ");
        self.added.extend_from_slice(field::trimmed(value));
        self.added.extend_from_slice(b"\r\n");
        self.lengths.add(name.len());
        Line {
            start: position(start),
            end: position(self.added.len()),
            name: position(name.len()),
            added: true,
            sensitive: false,
        }
    }

    /// A value with a share in the memory it stands in.
    fn share(&self, value: &[u8]) -> Result<HeaderValue, http::header::InvalidHeaderValue> {
        let received = self.received.as_ptr_range();
        match received.contains(&value.as_ptr()) && !value.is_empty() {
            true => HeaderValue::from_maybe_shared(self.received.slice_ref(value)),
            false => HeaderValue::from_bytes(value),
        }
    }
}

/// Heads are bounded far below what four bytes can count. What lay behind would be found nowhere.
fn position(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

impl From<&HeaderMap> for Fields {
    fn from(map: &HeaderMap) -> Self {
        let mut fields = Self::new();
        for (name, value) in map {
            fields.append(name, value);
        }
        fields
    }
}

/// Names alone: values may be secret.
impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}
