//! A request as somebody would send it.

use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};
use std::time::SystemTime;

use http::header::{AUTHORIZATION, COOKIE, HOST};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};

use crate::credential::Place;
use crate::model::{CanonicalPath, Client, Denied, Fields, Host, Reason, Request, Scheme};

/// A request before anybody has read it.
#[derive(Debug, Clone)]
pub(in crate::cli) struct Ask {
    pub(in crate::cli) method: String,
    pub(in crate::cli) scheme: Scheme,
    /// As the URL names it; a header `Host` counts before it.
    pub(in crate::cli) host: String,
    /// Path and query as they are sent.
    pub(in crate::cli) target: String,
    /// Names and values, in their order.
    pub(in crate::cli) headers: Vec<(String, String)>,
    pub(in crate::cli) client: IpAddr,
    pub(in crate::cli) body: Vec<u8>,
    pub(in crate::cli) now: SystemTime,
}

/// Scheme, host and target of a URL; a path alone has only the last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct UrlParts<'u> {
    pub(super) scheme: Option<Scheme>,
    pub(super) host: Option<&'u str>,
    pub(super) target: String,
}

fn split(url: &str) -> UrlParts<'_> {
    let (scheme, rest) = if let Some(rest) = url.strip_prefix("https://") {
        (Some(Scheme::Https), rest)
    } else if let Some(rest) = url.strip_prefix("http://") {
        (Some(Scheme::Http), rest)
    } else {
        (None, url)
    };
    if scheme.is_none() {
        return UrlParts {
            scheme,
            host: None,
            target: url.to_owned(),
        };
    }
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (host, target) = rest.split_at(end);
    UrlParts {
        scheme,
        host: Some(host),
        // A URL without a path means its root (RFC 9112 section 3.2.1).
        target: match target.starts_with('/') {
            true => target.to_owned(),
            false => format!("/{target}"),
        },
    }
}

impl Ask {
    /// A request for a URL, or for a path on the host that requests have which name none.
    pub(in crate::cli) fn new(method: &str, url: &str, now: SystemTime) -> Self {
        let mut ask = Self {
            method: method.to_owned(),
            scheme: Scheme::Https,
            host: super::HOST.to_owned(),
            target: String::new(),
            headers: Vec::new(),
            client: super::CLIENT.into(),
            body: Vec::new(),
            now,
        };
        ask.go_to(url);
        ask
    }

    /// Takes the target of a URL, and its scheme and host if it has them.
    pub(in crate::cli) fn go_to(&mut self, url: &str) {
        let parts = split(url);
        self.target = parts.target;
        self.scheme = parts.scheme.unwrap_or(self.scheme);
        if let Some(host) = parts.host {
            self.host = host.to_owned();
        }
    }

    /// Adds a token where the policy reads tokens from.
    pub(in crate::cli) fn carry(&mut self, place: &Place, token: &str) {
        match place {
            Place::Bearer => self.add(&AUTHORIZATION, format!("Bearer {token}")),
            Place::Header(name) => self.add(name, token.to_owned()),
            Place::Cookie(name) => self.add(&COOKIE, format!("{name}={token}")),
            Place::Query(name) => {
                let sign = if self.target.contains('?') { '&' } else { '?' };
                self.target.push(sign);
                self.target.push_str(&format!("{name}={token}"));
            }
        }
    }

    fn add(&mut self, name: &HeaderName, value: String) {
        self.headers.push((name.to_string(), value));
    }

    /// The path as it was sent, and the query.
    pub(in crate::cli) fn path_and_query(&self) -> (&str, Option<&str>) {
        match self.target.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (&self.target, None),
        }
    }

    /// Reads the request as the front door does. What it would refuse before asking the engine is refused.
    pub(in crate::cli) fn read(&self) -> Result<Request, Denied> {
        let method = Method::from_bytes(self.method.as_bytes());
        let method = method.map_err(|_| invalid("the method"))?;
        if method == Method::CONNECT {
            return Err(invalid("CONNECT is not served"));
        }
        if self.target.contains([' ', '#']) {
            return Err(invalid("the target"));
        }
        let target = Uri::try_from(self.target.as_str());
        let target = target.map_err(|_| invalid("the target"))?.into_parts();
        let mut headers = self.fields()?;
        if target.authority.is_some() {
            return Err(ambiguous("the target is neither a path nor a URL"));
        }
        let host = self.judged_host(&mut headers)?;
        let target = target.path_and_query;
        let target = target.unwrap_or_else(|| PathAndQuery::from_static("/"));
        let path =
            CanonicalPath::from_target(target).map_err(|error| ambiguous(error.to_string()))?;
        Ok(Request {
            method,
            scheme: self.scheme,
            host,
            path,
            headers,
            client: Client::direct(SocketAddr::new(self.client, 0)),
            received_at: self.now,
        })
    }

    fn fields(&self) -> Result<Fields, Denied> {
        let mut fields = Fields::new();
        for (name, value) in &self.headers {
            let name = HeaderName::from_bytes(name.as_bytes());
            let name = name.map_err(|_| invalid("a field's name"))?;
            let value = HeaderValue::from_bytes(value.trim_matches([' ', '\t']).as_bytes());
            fields.append(&name, &value.map_err(|_| invalid("a field's value"))?);
        }
        Ok(fields)
    }

    /// The one host of the request; afterwards the header has the spelling that is judged.
    fn judged_host(&self, headers: &mut Fields) -> Result<Host, Denied> {
        let refused = |detail: &'static str| Denied::new(Reason::HostInvalid, detail);
        let named = headers.to_map();
        let mut named = HeaderMap::get_all(&named, HOST).into_iter();
        let host = match (named.next(), named.next()) {
            (Some(_), Some(_)) => return Err(refused("more than one host")),
            (Some(host), None) => host.to_str().map_err(|_| refused("the host is not text"))?,
            (None, _) => self.host.as_str(),
        };
        let host = Host::parse(host).map_err(|_| refused("not a host name"))?;
        let value = HeaderValue::try_from(host.as_str());
        headers.set(&HOST, &value.map_err(|_| refused("not a host name"))?);
        Ok(host)
    }
}

fn ambiguous(detail: impl Into<Cow<'static, str>>) -> Denied {
    Denied::new(Reason::PathAmbiguous, detail)
}

fn invalid(detail: &'static str) -> Denied {
    Denied::new(Reason::RequestInvalid, detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::UNIX_EPOCH;

    fn ask(method: &str, url: &str) -> Ask {
        Ask::new(method, url, UNIX_EPOCH)
    }

    #[test]
    fn url_is_split_as_a_client_sends_it() {
        for (url, host, target) in [
            ("/a?b=c", "localhost", "/a?b=c"),
            ("https://a.test/b?c", "a.test", "/b?c"),
            ("http://a.test:81", "a.test:81", "/"),
            ("http://a.test?x=/y", "a.test", "/?x=/y"),
        ] {
            let ask = ask("GET", url);
            assert_eq!(
                (ask.host.as_str(), ask.target.as_str()),
                (host, target),
                "{url}"
            );
        }
    }

    #[test]
    fn what_the_front_door_refuses_is_refused() {
        let refused = |ask: Ask| ask.read().unwrap_err().reason;
        assert_eq!(refused(ask("GET", "/a/../b")), Reason::PathAmbiguous);
        assert_eq!(refused(ask("GET", "a")), Reason::PathAmbiguous);
        assert_eq!(refused(ask("GET", "/a b")), Reason::RequestInvalid);
        assert_eq!(refused(ask("G T", "/")), Reason::RequestInvalid);
        assert_eq!(refused(ask("CONNECT", "/")), Reason::RequestInvalid);
        assert_eq!(refused(ask("GET", "https://u@a/")), Reason::HostInvalid);
        let mut two = ask("GET", "/");
        two.headers = vec![("Host".into(), "a".into()), ("host".into(), "a".into())];
        assert_eq!(refused(two), Reason::HostInvalid);
        let mut strange = ask("GET", "/");
        strange.headers = vec![("X-A".into(), "a\r\nb".into())];
        assert_eq!(refused(strange), Reason::RequestInvalid);
    }

    #[test]
    fn host_header_counts_before_the_url() {
        let mut ask = ask("GET", "https://a.test/");
        ask.headers.push(("Host".into(), "B.test.:443".into()));
        let request = ask.read().unwrap();
        assert_eq!(request.host.as_str(), "b.test:443");
        assert_eq!(request.headers.get("host"), Some(&b"b.test:443"[..]));
    }

    #[test]
    fn token_goes_where_tokens_are_read() {
        let mut sent = ask("GET", "/a?b");
        sent.carry(&Place::Bearer, "t");
        sent.carry(&Place::Cookie("c".into()), "t");
        sent.carry(&Place::Query("q".into()), "t");
        assert_eq!(sent.target, "/a?b&q=t");
        let wanted = [("authorization", "Bearer t"), ("cookie", "c=t")];
        let wanted = wanted.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(sent.headers, wanted);
    }
}
