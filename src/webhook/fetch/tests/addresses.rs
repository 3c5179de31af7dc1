//! Which addresses of certificates are a sender's.

use super::super::{Address, Publisher};

const OF_SNS: &[&str] = &[
    "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-f3ecfb7224c7233fe7bb5f59f96de52f.pem",
    "https://sns.eu-central-1.amazonaws.com/a.pem",
    "https://sns.us-gov-west-1.amazonaws.com/a.pem",
    "https://sns.cn-north-1.amazonaws.com.cn/a.pem",
    "https://sns.ap-southeast-12.amazonaws.com/a.pem",
    "https://sns.us-isob-east-1.amazonaws.com/a.pem",
];

const OF_PAYPAL: &[&str] = &[
    "https://api.paypal.com/v1/notifications/certs/CERT-360caa42-fca2a594-1d93a270",
    "https://api.sandbox.paypal.com/v1/notifications/certs/CERT-360caa42-fca2a594-aecacc47",
    "https://api-m.paypal.com/v1/notifications/certs/CERT-1",
];

/// What looks like an address of SNS.
const NOT_OF_SNS: &[&str] = &[
    "",
    "sns.us-east-1.amazonaws.com/a.pem",
    "http://sns.us-east-1.amazonaws.com/a.pem",
    "HTTPS://sns.us-east-1.amazonaws.com/a.pem",
    "https:sns.us-east-1.amazonaws.com/a.pem",
    "https:/sns.us-east-1.amazonaws.com/a.pem",
    "https:\\\\sns.us-east-1.amazonaws.com\\a.pem",
    "https://SNS.us-east-1.amazonaws.com/a.pem",
    "https://sns.us-east-1.amazonaws.com./a.pem",
    "https://sns.us-east-1.amazonaws.com:443/a.pem",
    "https://sns.us-east-1.amazonaws.com:8443/a.pem",
    "https://sns.us-east-1.amazonaws.com:/a.pem",
    "https://user@sns.us-east-1.amazonaws.com/a.pem",
    "https://user:word@sns.us-east-1.amazonaws.com/a.pem",
    "https://@sns.us-east-1.amazonaws.com/a.pem",
    "https://sns.us-east-1.amazonaws.com@evil.example/a.pem",
    "https://evil.example/sns.us-east-1.amazonaws.com/a.pem",
    "https://evil.example#sns.us-east-1.amazonaws.com/a.pem",
    "https://evil.example\\sns.us-east-1.amazonaws.com/a.pem",
    "https://sns.us-east-1.amazonaws.com.evil.example/a.pem",
    "https://sns.us-east-1.amazonaws.com.cn.evil.example/a.pem",
    "https://evilsns.us-east-1.amazonaws.com/a.pem",
    "https://x.sns.us-east-1.amazonaws.com/a.pem",
    "https://sns.us-east-1.x.amazonaws.com/a.pem",
    "https://sns.us-east-1.evilamazonaws.com/a.pem",
    "https://sns.amazonaws.com/a.pem",
    "https://sns..amazonaws.com/a.pem",
    "https://sns.-.amazonaws.com/a.pem",
    "https://sns.us_east_1.amazonaws.com/a.pem",
    "https://sns.us-east-1.amazonaws.org/a.pem",
    "https://sns.us-east-1.amazonaws.com.uk/a.pem",
    "https://s3.us-east-1.amazonaws.com/a.pem",
    // Hosts of a bucket that somebody called `sns`: the same number of labels, another service.
    "https://sns.s3-us-west-2.amazonaws.com/a.pem",
    "https://sns.s3-accelerate.amazonaws.com/a.pem",
    "https://sns.s3-external-1.amazonaws.com/a.pem",
    "https://sns.s3-fips-us-gov-west-1.amazonaws.com/a.pem",
    "https://sns.s3-website-us-east-1.amazonaws.com/a.pem",
    "https://sns.compute-1.amazonaws.com/a.pem",
    "https://sns.us-east.amazonaws.com/a.pem",
    "https://sns.us-east-.amazonaws.com/a.pem",
    "https://sns.%75s-east-1.amazonaws.com/a.pem",
    "https://sns.xn--us-east-1-.amazonaws.com/a.pem",
    "https://sns.\u{ff55}s-east-1.amazonaws.com/a.pem",
    "https://sns.us-east-1\u{3002}amazonaws.com/a.pem",
    "https://127.0.0.1/a.pem",
    "https://[::1]/a.pem",
    "https://sns.us-east-1.amazonaws.com/",
    "https://sns.us-east-1.amazonaws.com",
    "https://sns.us-east-1.amazonaws.com/.pem",
    "https://sns.us-east-1.amazonaws.com/a.txt",
    "https://sns.us-east-1.amazonaws.com/a.PEM",
    "https://sns.us-east-1.amazonaws.com/a.pem/",
    "https://sns.us-east-1.amazonaws.com/a.pem?x=1",
    "https://sns.us-east-1.amazonaws.com/a.pem?",
    "https://sns.us-east-1.amazonaws.com/a.pem#x",
    "https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&x=.pem",
    "https://sns.us-east-1.amazonaws.com/%61.pem",
    "https://sns.us-east-1.amazonaws.com/b/../a.pem",
    "https://sns.us-east-1.amazonaws.com/b/a.pem",
    "https://sns.us-east-1.amazonaws.com//a.pem",
    "https://sns.us-east-1.amazonaws.com/a.b.pem",
    " https://sns.us-east-1.amazonaws.com/a.pem",
    "https://sns.us-east-1.amazonaws.com/a.pem\n",
    "https://sns.us-east-1.amazon\taws.com/a.pem",
];

/// What looks like an address of PayPal.
const NOT_OF_PAYPAL: &[&str] = &[
    "https://paypal.com/v1/notifications/certs/CERT-1",
    "https://notpaypal.com/v1/notifications/certs/CERT-1",
    "https://api.notpaypal.com/v1/notifications/certs/CERT-1",
    "https://api.paypal.com.evil.example/v1/notifications/certs/CERT-1",
    "https://.paypal.com/v1/notifications/certs/CERT-1",
    "https://api..paypal.com/v1/notifications/certs/CERT-1",
    "https://api.paypal.com./v1/notifications/certs/CERT-1",
    "https://api.paypal.co/v1/notifications/certs/CERT-1",
    "https://api.paypal.com/v1/notifications/certs/",
    "https://api.paypal.com/v1/notifications/certs",
    "https://api.paypal.com/v1/notifications/certs/../CERT-1",
    "https://api.paypal.com/v1/notifications/certs/a/CERT-1",
    "https://api.paypal.com/v1/notifications/CERT-1",
    "https://api.paypal.com/v1/notifications/certs/CERT-1?a",
    "https://api.paypal.com@evil.example/v1/notifications/certs/CERT-1",
];

#[test]
fn addresses_of_senders_are_taken_for_theirs_alone() {
    for (own, other, addresses) in [
        (Publisher::Sns, Publisher::Paypal, OF_SNS),
        (Publisher::Paypal, Publisher::Sns, OF_PAYPAL),
    ] {
        for text in addresses {
            let address = Address::of(own, text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(address.url().as_str(), *text);
            assert!(Address::of(other, text).is_none(), "{text}");
        }
    }
}

#[test]
fn other_addresses_are_refused() {
    for (publisher, addresses) in [
        (Publisher::Sns, NOT_OF_SNS),
        (Publisher::Paypal, NOT_OF_PAYPAL),
    ] {
        for text in addresses {
            assert!(Address::of(publisher, text).is_none(), "{text}");
        }
    }
}

#[test]
fn long_names_are_refused() {
    let of = |length| {
        format!(
            "https://sns.us-east-1.amazonaws.com/{}.pem",
            "a".repeat(length)
        )
    };
    assert!(Address::of(Publisher::Sns, &of(1)).is_some());
    assert!(Address::of(Publisher::Sns, &of(129)).is_none());
}
