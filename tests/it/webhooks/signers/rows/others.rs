//! Senders that sign addresses and fields, with keys of their own, or with a token that holds a digest.

use serde_json::json;

use super::{Keys, Row, TEXT, hex, row};

const FORM: &str =
    "CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&Text=a+b%26c&To=%2B18005551212";

const fn form(provider: &'static str) -> Row {
    Row {
        body: |_| FORM.to_owned(),
        ..row(provider, TEXT, 0)
    }
}

/// A message of SNS, as far as it is not the signer's.
macro_rules! notice {
    ($($more:literal),*) => {
        |_| concat!(
            r#"{"MessageId":"22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324","#,
            r#""TopicArn":"arn:aws:sns:us-east-1:123456789012:MyTopic","Message":"Zo\u00eb {n: 12}\nx","#,
            $($more),*, "}"
        ).to_owned()
    };
}

const fn sns(body: fn(i64) -> String) -> Row {
    Row {
        body,
        wrong: WRONG_CERTIFICATE,
        keys: Keys::Certificate,
        more: concat!(
            "parameters: { topic: \"arn:aws:sns:us-east-1:123456789012:MyTopic\" }\n",
            "scheme: { confirmations: pass }\n",
        ),
        ..row("aws-sns", "", 3_600)
    }
}

const fn message_signature(provider: &'static str, wrong: &'static str, more: &'static str) -> Row {
    Row {
        preset: "rfc9421",
        wrong,
        keys: Keys::Public,
        more,
        ..row(provider, TEXT, 300)
    }
}

pub(super) fn node() -> Vec<Row> {
    vec![
        form("twilio"),
        Row {
            preset: "twilio",
            ..row("twilio-json", TEXT, 0)
        },
        Row {
            wrong: WRONG_P256,
            ..row("sendgrid", TEXT, 300)
        },
        Row {
            wrong: WRONG_ED25519_HEX,
            ..row("discord", TEXT, 300)
        },
        Row {
            provider: "discord",
            wrong: WRONG_ED25519_HEX,
            ..row("discord-events", TEXT, 300)
        },
        Row {
            wrong: WRONG_ED25519,
            ..row("telnyx", TEXT, 300)
        },
        row("square", TEXT, 0),
        Row {
            body: adyen,
            ..hex("adyen")
        },
        row("hubspot-v1", TEXT, 0),
        row("hubspot-v2", TEXT, 0),
        row("hubspot-v3", TEXT, 300),
        Row {
            preset: "hubspot-v3",
            ..row("hubspot-v3-escaped", TEXT, 300)
        },
        Row {
            preset: "hubspot-v3",
            ..row("hubspot-v3-decoded", TEXT, 300)
        },
        row("messagebird", TEXT, 0),
        row("messagebird-legacy", TEXT, 100),
        row("vonage", TEXT, 0),
        row("netlify", TEXT, 0),
        row("fusionauth", TEXT, 0),
        row("mercado-pago", TEXT, 0),
        form("plivo"),
        row("vipps", TEXT, 300),
        Row {
            wrong: WRONG_RSA,
            ..row("wise", TEXT, 0)
        },
        row("trello", TEXT, 0),
        form("splunk-on-call"),
        sns(notice!(
            r#""Type":"Notification","Subject":"a","SignatureVersion":"1""#
        )),
        sns(notice!(r#""Type":"Notification","SignatureVersion":"2""#)),
        sns(notice!(
            r#""Type":"SubscriptionConfirmation","SignatureVersion":"2","Token":"2336412f37","#,
            r#""SubscribeURL":"https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription""#
        )),
        message_signature(
            "rfc9421-ed25519",
            WRONG_ED25519_PEM,
            "scheme: { rfc9421: { alg: ed25519 }, key: { encoding: pem } }\n",
        ),
        message_signature(
            "rfc9421-ecdsa-p256",
            WRONG_P256_PEM,
            "scheme: { rfc9421: { alg: ecdsa-p256-sha256 } }\n",
        ),
        message_signature(
            "rfc9421-ecdsa-p384",
            WRONG_P384_PEM,
            "scheme: { rfc9421: { alg: ecdsa-p384-sha384 } }\n",
        ),
        message_signature(
            "rfc9421-rsa-pss",
            WRONG_RSA,
            "scheme: { rfc9421: { alg: rsa-pss-sha512 } }\n",
        ),
        message_signature(
            "rfc9421-rsa-v1_5",
            WRONG_RSA,
            "scheme: { rfc9421: { alg: rsa-v1_5-sha256 } }\n",
        ),
        row("livekit", TEXT, 0),
        row("qstash", TEXT, 0),
        Row {
            wrong: "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
            ..row(
                "contentful",
                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                30,
            )
        },
        row("rfc9421", TEXT, 300),
    ]
}

pub(super) fn python() -> Vec<Row> {
    vec![
        form("twilio"),
        Row {
            preset: "twilio",
            ..row("twilio-json", TEXT, 0)
        },
        form("twilio-shared-key"),
        Row {
            body: |_| r#"{"event-data":{"id":"ev","n":12}}"#.to_owned(),
            ..row("mailgun", TEXT, 32_400)
        },
        Row {
            body: |_| FORM.to_owned(),
            ..row("mailgun-routes", TEXT, 32_400)
        },
        Row {
            wrong: WRONG_CERTIFICATE,
            keys: Keys::Certificate,
            more: "parameters: { webhook_id: 1JE4291016473214C }\n",
            ..row("paypal", "1JE4291016473214C", 259_200)
        },
        form("mandrill"),
        row("livekit", TEXT, 0),
        row("rfc9421", TEXT, 300),
    ]
}

fn adyen(_now: i64) -> String {
    let item = json!({
        "additionalData": {},
        "pspReference": "7914073381342284",
        "merchantAccountCode": "TestMerchant",
        "merchantReference": "Zoë-1407325143704",
        "amount": { "value": 1130, "currency": "EUR" },
        "eventCode": "AUTHORISATION",
        "success": "true",
    });
    json!({ "live": "false", "notificationItems": [{ "NotificationRequestItem": item }] })
        .to_string()
}

/// Keys of RFC 7515 appendix A.3 and RFC 8037 appendix A.
const WRONG_P256: &str = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEXH8UTNG72bfocs3+257rn0s2ldbqkLJK2KRiMohYjlrQ==";
const WRONG_ED25519: &str = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
const WRONG_ED25519_HEX: &str = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
/// The key of RFC 9421 appendix B.1.2.
const WRONG_RSA: &str = concat!(
    "-----BEGIN PUBLIC KEY-----\n",
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAr4tmm3r20Wd/PbqvP1s2\n",
    "+QEtvpuRaV8Yq40gjUR8y2Rjxa6dpG2GXHbPfvMs8ct+Lh1GH45x28Rw3Ry53mm+\n",
    "oAXjyQ86OnDkZ5N8lYbggD4O3w6M6pAvLkhk95AndTrifbIFPNU8PPMO7OyrFAHq\n",
    "gDsznjPFmTOtCEcN2Z1FpWgchwuYLPL+Wokqltd11nqqzi+bJ9cvSKADYdUAAN5W\n",
    "Utzdpiy6LbTgSxP7ociU4Tn0g5I6aDZJ7A8Lzo0KSyZYoA485mqcO0GVAdVw9lq4\n",
    "aOT9v6d+nb4bnNkQVklLQ3fVAvJm+xdDOp9LCNCN48V2pnDOkFV6+U9nV5oyc6XI\n",
    "2wIDAQAB\n",
    "-----END PUBLIC KEY-----\n",
);
/// The key of RFC 9421 appendix B.1.4.
const WRONG_ED25519_PEM: &str = concat!(
    "-----BEGIN PUBLIC KEY-----\n",
    "MCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=\n",
    "-----END PUBLIC KEY-----\n",
);
const WRONG_P256_PEM: &str = concat!(
    "-----BEGIN PUBLIC KEY-----\n",
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV7\n",
    "6e8Tus9uPHvRVEXH8UTNG72bfocs3+257rn0s2ldbqkLJK2KRiMohYjlrQ==\n",
    "-----END PUBLIC KEY-----\n",
);
/// A key and a certificate whose private keys are thrown away.
const WRONG_P384_PEM: &str = concat!(
    "-----BEGIN PUBLIC KEY-----\n",
    "MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEjlF56ADY8AoQbQ1Wxh0f/QTqE45b+ugh\n",
    "AeRXfqJyWw7e4L3dR+5DmulGsoN1T54Wo2C9iRgvVYOpBJrWoTB6aEsoMQs9S3Zz\n",
    "t/yEJMOyhRlVaqo1DkI3tBLWAx7V/mqd\n",
    "-----END PUBLIC KEY-----\n",
);
const WRONG_CERTIFICATE: &str = concat!(
    "-----BEGIN CERTIFICATE-----\n",
    "MIIDHzCCAgegAwIBAgIUHdmm3xt75Qz+ZHT7oDxU5Fh/BJgwDQYJKoZIhvcNAQEL\n",
    "BQAwHjEcMBoGA1UEAwwTYW5vdGhlci5leGFtcGxlLmNvbTAgFw0yNjExMjIyMDE4\n",
    "MTNaGA8yMTI2MTAyOTIwMTgxM1owHjEcMBoGA1UEAwwTYW5vdGhlci5leGFtcGxl\n",
    "LmNvbTCCASIwDQYJKoZIhvcNAQEBBQADggEPADCCAQoCggEBAMY3cy92oznXr2qo\n",
    "V50lPTfqdoHSI5IAqLE3MYo8XH8SpxUk1QJb9JFVBT8TWh85QW0kmeSpUj73oxWT\n",
    "yRvaczAwGfrXNLMz7T8jyreXK5MxranMWjvh2cypII8qrawNWnZHvCRVr1RGKk27\n",
    "763UBdTkfZcC3ZuidbvaLvWn1shD1sDQsOqsQJNqDu2Gp2R6bj3lBDFZEQkW2VfV\n",
    "8lQx95DnH7Y/K1OIKE97mvKu/qCs/Yn198vnpTTX13/mxBOdGIFNJr5rwn12SNtJ\n",
    "DlDmZ2ruKdBovJPltKyT8io7QtDlc3ZMNIrQFxg/RSgV1zK0yecOKAEHCU9LEje6\n",
    "hoNMAlMCAwEAAaNTMFEwHQYDVR0OBBYEFO0qlYtqp6LW0JfExLqV8n9SIQy5MB8G\n",
    "A1UdIwQYMBaAFO0qlYtqp6LW0JfExLqV8n9SIQy5MA8GA1UdEwEB/wQFMAMBAf8w\n",
    "DQYJKoZIhvcNAQELBQADggEBAIk9RYeimplD3XL7NJqNIeu2p1pl9RJ/OXvob8dm\n",
    "NdHyYlHJ1eSjW4xsEhrgkbDwJp8fRtRDQehs2GCv+OVGGvV70sHjOlHM7sptNBg6\n",
    "Q/HkuXiWrio2+6xU7B6yfBY/rmPbshzrPp4uLjoF/geq9/yqPk70eQEbUhauyNsi\n",
    "PysvEilKC8kX2XZF4C8MQp4LESfdMtq4CJKY0ihx+C/qEecuqVno5OyaS2LqIk15\n",
    "kMnJ2M2nTdzoyEvTyqyTM5mw3uHyIFIC+OdZe0EFwBijsRRCXM9CgjFI+xJvumT5\n",
    "OyTjWQnrq5yCkvhzsxMEQWFhCWc75TCt70Wq8ci3UXuqetM=\n",
    "-----END CERTIFICATE-----\n",
);
