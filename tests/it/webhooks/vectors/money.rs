//! Senders whose events are about payments.

use http::Method;

use super::Published;

/// Square documentation, "Verify and validate an event notification".
#[test]
fn example_of_square_holds() {
    Published {
        preset: "square",
        secret: "asdf1234",
        method: Method::POST,
        url: "https://example.com/webhook",
        headers: &[(
            "x-square-hmacsha256-signature",
            "2kRE5qRU2tR+tBGlDwMEw2avJ7QM4ikPYD/PJ3bd9Og=",
        )],
        body: r#"{"hello":"world"}"#,
        at: 0,
    }
    .holds();
}

/// Adyen/adyen-node-api-library, tests of the HMAC validator.
#[test]
fn example_of_adyen_holds() {
    Published {
        preset: "adyen",
        secret: "44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056",
        method: Method::POST,
        url: "/in",
        headers: &[],
        body: r#"{"live":"false","notificationItems":[{"NotificationRequestItem":{"additionalData":{"hmacSignature":"coqCmt/IZ4E3CzPvMY8zTjQVL5hYJUiBRg8UU+iCWo0="},"amount":{"currency":"EUR","value":1130},"eventCode":"AUTHORISATION","merchantAccountCode":"TestMerchant","merchantReference":"TestPayment-1407325143704","pspReference":"7914073381342284","success":"true"}}]}"#,
        at: 0,
    }
    .holds();
}

/// razorpay/razorpay-node, tests of the utilities.
#[test]
fn example_of_razorpay_holds() {
    Published {
        preset: "razorpay",
        secret: "123456",
        method: Method::POST,
        url: "/in",
        headers: &[(
            "X-Razorpay-Signature",
            "2fe04e22977002e6c7cb553adab8b460cb9e2a4970d5953cb27a8472752e3bbc",
        )],
        body: r#"{"a":1,"b":2,"c":{"d":3}}"#,
        at: 0,
    }
    .holds();
}

/// gocardless/gocardless-pro-python, tests of webhooks.
#[test]
fn example_of_gocardless_holds() {
    Published {
        preset: "gocardless",
        secret: "ED7D658C-D8EB-4941-948B-3973214F2D49",
        method: Method::POST,
        url: "/in",
        headers: &[("Webhook-Signature", "2693754819d3e32d7e8fcb13c729631f316c6de8dc1cf634d6527f1c07276e7e")],
        body: r#"{"events":[{"id":"EV00BD05S5VM2T","created_at":"2018-07-05T09:13:51.404Z","resource_type":"subscriptions","action":"created","links":{"subscription":"SB0003JJQ2MR06"},"details":{"origin":"api","cause":"subscription_created","description":"Subscription created via the API."},"metadata":{}},{"id":"EV00BD05TB8K63","created_at":"2018-07-05T09:13:56.893Z","resource_type":"mandates","action":"created","links":{"mandate":"MD000AMA19XGEC"},"details":{"origin":"api","cause":"mandate_created","description":"Mandate created via the API."},"metadata":{}}]}"#,
        at: 0,
    }
    .holds();
}
