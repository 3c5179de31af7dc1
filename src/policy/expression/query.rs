//! The parameters of a query, as HTML forms write them (WHATWG URL, application/x-www-form-urlencoded).

/// All values of a parameter, decoded. Nothing when there is no single reading: an escape that is
/// broken, or bytes that are not UTF-8, in this parameter or in a name that may be its.
pub(super) fn values(query: &str, name: &str) -> Option<Vec<String>> {
    let mut values = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        if decoded(key)? == name {
            values.push(decoded(value)?);
        }
    }
    Some(values)
}

fn decoded(text: &str) -> Option<String> {
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
    String::from_utf8(bytes).ok()
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
}
