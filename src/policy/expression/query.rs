//! The parameters of a query, as HTML forms write them (WHATWG URL, application/x-www-form-urlencoded).

use std::borrow::Cow;

/// All values of a parameter, decoded. Nothing when there is no single reading: an escape that is
/// broken, or bytes that are not UTF-8, in this parameter or in a name that may be its; or a `;`, at
/// which older servers part parameters too.
pub(super) fn values(query: &str, name: &str) -> Option<Vec<String>> {
    let mut values = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = parted(pair);
        if pair.contains(';') && is_among(pair, name)? {
            return None;
        }
        if decoded(key)? == name {
            values.push(decoded(value)?.into_owned());
        }
    }
    Some(values)
}

fn parted(pair: &str) -> (&str, &str) {
    pair.split_once('=').unwrap_or((pair, ""))
}

/// Whether a server that parts parameters at `;` finds the name in the pair.
fn is_among(pair: &str, name: &str) -> Option<bool> {
    for part in pair.split(';') {
        if decoded(parted(part).0)? == name {
            return Some(true);
        }
    }
    Some(false)
}

fn decoded(text: &str) -> Option<Cow<'_, str>> {
    if !text.bytes().any(|byte| matches!(byte, b'%' | b'+')) {
        return Some(Cow::Borrowed(text));
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || rest.next().and_then(|b| char::from(b).to_digit(16));
                let (high, low) = (digit()?, digit()?);
                u8::try_from(high * 16 + low).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::values;

    #[test]
    fn every_value_of_a_parameter_is_decoded() {
        for (query, wanted) in [
            ("", vec![]),
            ("a=1", vec!["1"]),
            ("a=1&b=2&a=%41+b", vec!["1", "A b"]),
            ("%61=1&a", vec!["1", ""]),
            ("A=1&aa=2", vec![]),
            ("a=1=2", vec!["1=2"]),
        ] {
            let found = values(query, "a").unwrap();
            assert_eq!(
                found.iter().map(|v| &**v).collect::<Vec<_>>(),
                wanted,
                "{query}"
            );
        }
    }

    #[test]
    fn query_with_two_readings_has_no_value() {
        for query in ["a=%4", "a=%zz", "%=1", "a=%ff", "%ff=1&a=2"] {
            assert_eq!(values(query, "a"), None, "{query}");
        }
    }

    #[test]
    fn query_that_older_servers_part_elsewhere_has_no_value() {
        for query in ["b=1;a=2", "a=1;b=2", "b;%61", "a;", "a=1&b=;a=3"] {
            assert_eq!(values(query, "a"), None, "{query}");
        }
        for query in ["b=1;c=2", "b=1;A=2;aa", "b=1%3Ba=2"] {
            assert_eq!(values(query, "a").unwrap(), [""; 0], "{query}");
        }
    }
}
