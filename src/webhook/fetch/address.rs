//! Which addresses a message may name.

use std::fmt;

use url::{Host, Url};

/// The longest address that is read; real ones have a third of it.
const LONGEST: usize = 300;

/// Who publishes the certificates that its deliveries name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::webhook) enum Publisher {
    /// Amazon SNS: `https://sns.<region>.amazonaws.com/<name>.pem`, in China below `.cn`.
    Sns,
    /// PayPal: `https://<host>.paypal.com/v1/notifications/certs/<name>`.
    Paypal,
}

/// An address that may be asked. There is no other way to one than [`Address::of`].
#[derive(Clone, PartialEq, Eq, Hash)]
pub(in crate::webhook) struct Address {
    publisher: Publisher,
    url: Url,
}

impl Publisher {
    /// The publisher in logs.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Sns => "aws-sns",
            Self::Paypal => "paypal",
        }
    }

    fn owns_host(self, host: &str) -> bool {
        let labels: Vec<&str> = host.split('.').collect();
        match (self, labels.as_slice()) {
            (
                Self::Sns,
                ["sns", region, "amazonaws", "com"] | ["sns", region, "amazonaws", "com", "cn"],
            ) => is_region(region),
            (Self::Paypal, [below @ .., "paypal", "com"]) => {
                !below.is_empty() && below.iter().all(|label| is_label(label))
            }
            _ => false,
        }
    }

    fn owns_path(self, path: &str) -> bool {
        match self {
            Self::Sns => {
                let name = path.strip_prefix('/');
                name.and_then(|name| name.strip_suffix(".pem"))
                    .is_some_and(is_name)
            }
            Self::Paypal => path
                .strip_prefix("/v1/notifications/certs/")
                .is_some_and(is_name),
        }
    }
}

impl Address {
    /// Reads an address as a message names it. Nothing if it is not one of the publisher's.
    ///
    /// It must be written as every reader would write it again: what needs tidying up (capitals, tabs, `\`,
    /// percent signs, a port that goes without saying) may be read in two ways.
    pub(in crate::webhook) fn of(publisher: Publisher, text: &str) -> Option<Self> {
        if text.len() > LONGEST || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return None;
        }
        let url = Url::parse(text).ok()?;
        let Some(Host::Domain(host)) = url.host() else {
            return None;
        };
        let plain = url.scheme() == "https"
            && url.username().is_empty()
            && url.password().is_none()
            && url.port().is_none()
            && url.query().is_none()
            && url.fragment().is_none();
        let owned = publisher.owns_host(host) && publisher.owns_path(url.path());
        // All of it once more, put together from the parts that were looked at.
        let spelled = format!("https://{host}{}", url.path());
        (plain && owned && spelled == text).then_some(Self { publisher, url })
    }

    /// Whose it is.
    pub(super) fn publisher(&self) -> Publisher {
        self.publisher
    }

    /// The address itself.
    pub(super) fn url(&self) -> &Url {
        &self.url
    }
}

/// A label of a host name in lower case (RFC 1123 section 2.1), not one of an internationalised name.
fn is_label(label: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=63).contains(&label.len())
        && label.bytes().all(fits)
        && !label.starts_with('-')
        && !label.ends_with('-')
        && !label.starts_with("xn--")
}

/// The name of a region of Amazon's: words of letters, and a number (`us-gov-west-1`). Others are not SNS:
/// `sns.s3-us-west-2.amazonaws.com` is what somebody keeps in a bucket called `sns`.
fn is_region(label: &str) -> bool {
    let Some((words, number)) = label.rsplit_once('-') else {
        return false;
    };
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase());
    label.len() <= 63
        && words.contains('-')
        && words.split('-').all(is_word)
        && (1..=2).contains(&number.len())
        && number.bytes().all(|byte| byte.is_ascii_digit())
}

/// One segment of a path, of characters that mean themselves.
fn is_name(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=128).contains(&name.len()) && name.bytes().all(fits)
}

/// Addresses come from callers: only whose they are is shown.
impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Address").field(&self.publisher).finish()
    }
}
