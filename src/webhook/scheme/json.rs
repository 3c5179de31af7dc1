//! A few values out of a JSON body, without building the rest of it.
//!
//! Where a signature or what it signs stands in JSON, the app reads the same text a second time. So a name on the
//! way to a value that counts may stand there once only (RFC 8259 section 4 leaves open which one would count),
//! whatever its capitals: some readers do not tell those apart.

use std::fmt;

use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};

/// The ways to the values that a scheme reads (RFC 6901), each with its number.
#[derive(Debug, Default)]
pub(in crate::webhook) struct Pointers(Vec<Box<[Box<str>]>>);

/// What stands at the end of a way.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::webhook) enum Found {
    /// Nothing.
    #[default]
    Absent,
    /// `null`, which is no value, and something all the same to whoever counts the items of a list.
    Null,
    /// Text, or a truth value as it is written.
    Text(Box<str>),
    /// A whole number as it is written.
    Number(Box<str>),
    /// What has no one spelling: a fraction, a list, an object.
    Other,
}

impl Found {
    /// Whether there is no value: nothing, or `null`.
    pub(in crate::webhook) const fn is_none(&self) -> bool {
        matches!(self, Self::Absent | Self::Null)
    }
}

/// The text is no JSON, or a name on the way stands there twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::webhook) struct NotExact;

/// The steps of a pointer; nothing if it is none.
pub(in crate::webhook) fn steps(pointer: &str) -> Option<Box<[Box<str>]>> {
    let rest = pointer.strip_prefix('/')?;
    let step = |step: &str| {
        let tildes = step.matches('~').count();
        let escapes = step.matches("~0").count() + step.matches("~1").count();
        let plain = step.replace("~1", "/").replace("~0", "~");
        (tildes == escapes).then(|| plain.into_boxed_str())
    };
    rest.split('/').map(step).collect()
}

impl Pointers {
    /// The number of a way; one that is known already keeps its own. Nothing if it is no JSON pointer.
    pub(in crate::webhook) fn add(&mut self, pointer: &str) -> Option<usize> {
        let steps = steps(pointer)?;
        if let Some(known) = self.0.iter().position(|own| *own == steps) {
            return Some(known);
        }
        self.0.push(steps);
        Some(self.0.len() - 1)
    }

    /// The steps of a way.
    pub(in crate::webhook) fn steps(&self, number: usize) -> &[Box<str>] {
        self.0.get(number).map_or(&[], |steps| steps)
    }

    /// What stands at each way's end, by numbers.
    pub(in crate::webhook) fn find(&self, text: &[u8]) -> Result<Vec<Found>, NotExact> {
        let mut found = vec![Found::Absent; self.0.len()];
        let wanted = self.0.iter().enumerate();
        let wanted: Vec<Wanted<'_>> = wanted.map(|(number, steps)| (number, &**steps)).collect();
        let mut json = serde_json::Deserializer::from_slice(text);
        let walk = Walk {
            wanted,
            found: &mut found,
        };
        walk.deserialize(&mut json).map_err(|_| NotExact)?;
        json.end().map_err(|_| NotExact)?;
        Ok(found)
    }
}

type Wanted<'w> = (usize, &'w [Box<str>]);

/// Reads one value, and of it what is wanted.
struct Walk<'w, 'f> {
    wanted: Vec<Wanted<'w>>,
    found: &'f mut Vec<Found>,
}

impl<'w> Walk<'w, '_> {
    /// Says what this very value is, to those whose way ends here.
    fn ends(self, what: &Found) {
        for (number, steps) in self.wanted {
            if let ([], Some(found)) = (steps, self.found.get_mut(number)) {
                found.clone_from(what);
            }
        }
    }

    /// Those whose way leads on over this step.
    fn over(&self, step: &str) -> Vec<Wanted<'w>> {
        let on = self.wanted.iter().filter_map(|(number, steps)| {
            let (first, rest) = steps.split_first()?;
            (**first == *step).then_some((*number, rest))
        });
        on.collect()
    }

    /// Whether some reader would take a name for one on the way.
    fn is_near(&self, name: &str) -> bool {
        let mut firsts = self.wanted.iter().filter_map(|(_, steps)| steps.first());
        firsts.any(|first| are_alike(first, name))
    }
}

/// Whether two names differ in nothing but capitals, which some readers do not tell apart.
fn are_alike(one: &str, other: &str) -> bool {
    let folded = |name: &str| name.to_uppercase().to_lowercase();
    match one.is_ascii() && other.is_ascii() {
        true => one.eq_ignore_ascii_case(other),
        false => folded(one) == folded(other),
    }
}

impl<'de> DeserializeSeed<'de> for Walk<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        match self.wanted.is_empty() {
            true => deserializer.deserialize_ignored_any(IgnoredAny).map(drop),
            false => deserializer.deserialize_any(self),
        }
    }
}

impl<'de> Visitor<'de> for Walk<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.ends(&Found::Null);
        Ok(())
    }

    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        self.ends(&Found::Text(value.to_string().into()));
        Ok(())
    }

    fn visit_i64<E>(self, value: i64) -> Result<(), E> {
        self.ends(&Found::Number(value.to_string().into()));
        Ok(())
    }

    fn visit_u64<E>(self, value: u64) -> Result<(), E> {
        self.ends(&Found::Number(value.to_string().into()));
        Ok(())
    }

    fn visit_f64<E>(self, _value: f64) -> Result<(), E> {
        self.ends(&Found::Other);
        Ok(())
    }

    fn visit_str<E>(self, value: &str) -> Result<(), E> {
        self.ends(&Found::Text(value.into()));
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let mut index = 0_usize;
        loop {
            let walk = Walk {
                wanted: self.over(&index.to_string()),
                found: &mut *self.found,
            };
            if items.next_element_seed(walk)?.is_none() {
                break;
            }
            index += 1;
        }
        self.ends(&Found::Other);
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        let mut seen: Vec<String> = Vec::new();
        while let Some(name) = entries.next_key::<std::borrow::Cow<'de, str>>()? {
            let wanted = self.over(&name);
            if self.is_near(&name) {
                if seen.iter().any(|seen| are_alike(seen, &name)) {
                    return Err(A::Error::custom("a name stands there twice"));
                }
                seen.push(name.into_owned());
            }
            let found = &mut *self.found;
            entries.next_value_seed(Walk { wanted, found })?;
        }
        self.ends(&Found::Other);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(pointers: &[&str], text: &str) -> Result<Vec<Found>, NotExact> {
        let mut known = Pointers::default();
        for pointer in pointers {
            known.add(pointer).unwrap();
        }
        known.find(text.as_bytes())
    }

    fn text(text: &str) -> Found {
        Found::Text(text.into())
    }

    #[test]
    fn values_are_found_as_they_are_written() {
        let found = find(
            &["/a", "/b/1/c", "/b", "/n", "/x", "/t", "/f", "/s~1h"],
            r#"{"z":{"a":1,"a":2},"a":"\u0061b","b":[1,{"c":-12}],"n":null,"t":true,"f":1.5,"s/h":"y"}"#,
        );
        let wanted = [
            text("ab"),
            Found::Number("-12".into()),
            Found::Other,
            Found::Null,
            Found::Absent,
            text("true"),
            Found::Other,
            text("y"),
        ];
        assert_eq!(found.unwrap(), wanted);
    }

    #[test]
    fn name_that_stands_twice_on_the_way_is_refused() {
        for text in [
            r#"{"a":{"b":1,"b":1}}"#,
            r#"{"a":{"b":1},"a":{}}"#,
            r#"{"\u0061":{"b":1},"a":{"b":1}}"#,
            r#"{"a":{"b":1,"B":2}}"#,
            r#"{"A":{"b":2},"a":{"b":1}}"#,
            r#"{"a":{"b":1}} x"#,
            r#"{"a":{"b":1}"#,
            "",
            "\u{feff}{}",
        ] {
            assert_eq!(find(&["/a/b"], text), Err(NotExact), "{text}");
        }
    }

    #[test]
    fn what_is_no_pointer_is_refused() {
        for wrong in ["", "a", "a/b", "/~2", "/~"] {
            assert_eq!(steps(wrong), None, "{wrong}");
        }
        assert_eq!(steps("/").unwrap().len(), 1);
    }
}
