//! Senders that sign the body alone, and what of their schemes is easily taken for something else.

use http::Method;

use super::super::{Hook, Sent, at};
use super::Published;

const KEY: &str = "2679A5D5785C9B26CF921E1754765CDDB265C9C88400786923E5343B315954FAFB4B7BF608818F6A21766741E8637DC206F286C725908C777ED4127D8562163D";

/// Authorize.Net developer community, "HMAC SHA-512 hash not matching in webhook callback": the key is its text.
#[test]
fn example_of_authorize_net_holds() {
    Published {
        preset: "authorize-net",
        secret: KEY,
        method: Method::POST,
        url: "/in",
        headers: &[("X-ANET-Signature", "sha512=9607C69D2734514554CE13D923D19939563F2FD6567D239F49F0DF0D08865632A0FB98061B4620CC52C47BB8BF6E2B69A15A67E4C98E81D7D65111076C515C6A")],
        body: r#"{"notificationId":"f813b98f-3552-4eeb-ba40-acb4704eeba3","eventType":"net.authorize.payment.authcapture.created","eventDate":"2017-03-08T17:35:37.155999Z","webhookId":"63d6fea2-aa13-4b1d-a204-f5fbc15942b7","payload":{"responseCode":1,"authCode":"8VTPDC","avsResponse":"Y","authAmount":10.00,"entityName":"transaction","id":"60019392075"}}"#,
        at: 0,
    }
    .holds();
}

/// Authorize.Net developer community, "The verification of the webhook signature is contingent on the value of
/// authAmount": what is sent has the amount with its zeros.
#[test]
fn amounts_of_authorize_net_are_signed_as_they_are_sent() {
    Published {
        preset: "authorize-net",
        secret: "A6214F6105625D5ED957CF02E749BB440DBD4E418533D219CAD26AECD104BFFE7F47DBBE5C81927CCA484AE7722BE82CE57FB5318EDE02122277A2FE90EE68EB",
        method: Method::POST,
        url: "/in",
        headers: &[("X-ANET-Signature", "sha512=8E3D41B0191A9A1E668FB729F350B73C6BBB81D676070FE7CFF001CA2543ABA91BD16A4374A0F6FA4542659728C7DAF79D7EC901FEC582FC2DA3263A2D604DCF")],
        body: r#"{"notificationId":"570f7282-687a-42b7-903b-48e487d7694d","eventType":"net.authorize.payment.authcapture.created","eventDate":"2023-12-12T12:45:09.3492643Z","webhookId":"a585ea29-a370-495a-bd83-f9be7160f260","payload":{"responseCode":1,"avsResponse":"P","authAmount":1.10,"merchantReferenceId":"2M4zHFzshYBudvgIZ11B","entityName":"transaction","id":"120011377052"}}"#,
        at: 0,
    }
    .holds();
}

/// Coinify documentation, "Webhook signature".
#[test]
fn example_of_coinify_holds() {
    Published {
        preset: "coinify",
        secret: "my-shared-secret",
        method: Method::POST,
        url: "/in",
        headers: &[(
            "x-coinify-webhook-signature",
            "bcdbb89e3031905f3cc1a20d16b5f969a17a7d8fa0c26e4a807c2193402d66f4",
        )],
        body: r#"{"examplePayload":true}"#,
        at: 0,
    }
    .holds();
}

/// twitter-autohook (npm), test/signature.js.
#[test]
fn form_of_x_holds() {
    Published {
        preset: "x",
        secret: "test",
        method: Method::POST,
        url: "/in",
        headers: &[(
            "x-twitter-webhooks-signature",
            "sha256=25Cu3iwbbiqBTwQRzcKJZwisjf736V2Q8UaTlkfLSoc=",
        )],
        body: "test=1&other_test=2",
        at: 0,
    }
    .holds();
}

/// twitter-autohook (npm), test/signature.js.
#[test]
fn json_of_x_holds() {
    Published {
        preset: "x",
        secret: "test",
        method: Method::POST,
        url: "/in",
        headers: &[(
            "x-twitter-webhooks-signature",
            "sha256=YWHphPn/JFq43jkF0y4/w8R/SelmLjvpunhVFY8JhlI=",
        )],
        body: r#"{"test_number":1,"test_string":"two"}"#,
        at: 0,
    }
    .holds();
}

/// What Gitea, Forgejo and Gogs sign of a form is its field `payload`, decoded: their sources, `deliver.go` and
/// `webhook.go`. The HMAC is that of `{"a": 1}`, made with OpenSSL.
#[test]
fn forms_of_gitea_and_its_kin_hold_as_their_comments_say() {
    let fields = [
        ("gitea", "X-Gitea-Signature"),
        ("forgejo", "X-Forgejo-Signature"),
        ("gogs", "X-Gogs-Signature"),
    ];
    for (preset, field) in fields {
        let scheme = "scheme: { signed: \"{form:payload}\", covers: part }\n";
        let sent = Sent {
            method: Method::POST,
            target: "/in".to_owned(),
            headers: vec![
                (field.to_owned(), OF_PAYLOAD.to_owned()),
                ("Content-Type".to_owned(), FORM.to_owned()),
            ],
            body: b"payload=%7B%22a%22%3A+1%7D".to_vec(),
            at: at(0),
        };
        let hook = Hook::preset(preset, &[SECRET], scheme);
        assert_eq!(hook.verdict(&sent), "ok", "{preset}");
        let other = sent.with_body(b"payload=%7B%22a%22%3A+2%7D".to_vec());
        assert_eq!(hook.verdict(&other), "mismatch", "{preset}");
        let plain = Hook::preset(preset, &[SECRET], "");
        assert_eq!(plain.verdict(&sent), "mismatch", "{preset}");
        let json = sent.with_body(br#"{"a": 1}"#.to_vec());
        assert_eq!(plain.verdict(&json), "ok", "{preset}");
    }
}

const SECRET: &str = "a-text-secret-of-32-bytes-length";
const OF_PAYLOAD: &str = "4696117b4bc569f28ea3c2937c5bbaf6a1591040e3594d487e94b23160510022";
const FORM: &str = "application/x-www-form-urlencoded";
