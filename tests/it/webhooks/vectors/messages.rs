//! Senders of messages, and the schemes that many share.

use http::Method;

use super::Published;

/// Slack API documentation, "Verifying requests from Slack".
#[test]
fn example_of_slack_holds() {
    Published {
        preset: "slack",
        secret: "8f742231b10e8888abcd99yyyzzz85a5",
        method: Method::POST,
        url: "/in",
        headers: &[("X-Slack-Request-Timestamp", "1531420618"), ("X-Slack-Signature", "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503")],
        body: "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c",
        at: 1_531_420_618,
    }
    .holds();
}

/// Standard Webhooks, tests of the reference libraries.
#[test]
fn example_of_standard_webhooks_holds() {
    Published {
        preset: "standard-webhooks",
        secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        method: Method::POST,
        url: "/in",
        headers: &[
            ("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"),
            ("webhook-timestamp", "1614265330"),
            (
                "webhook-signature",
                "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
            ),
        ],
        body: r#"{"test": 2432232314}"#,
        at: 1_614_265_330,
    }
    .holds();
}

/// Svix documentation, "Verifying webhooks manually".
#[test]
fn example_of_svix_holds() {
    Published {
        preset: "svix",
        secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        method: Method::POST,
        url: "/in",
        headers: &[
            ("svix-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"),
            ("svix-timestamp", "1614265330"),
            (
                "svix-signature",
                "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
            ),
        ],
        body: r#"{"test": 2432232314}"#,
        at: 1_614_265_330,
    }
    .holds();
}

/// Standard Webhooks, tests of the reference library for Go (webhook_asymmetric).
#[test]
fn asymmetric_example_of_standard_webhooks_holds() {
    Published {
        preset: "standard-webhooks-v1a",
        secret: "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=",
        method: Method::POST,
        url: "/in",
        headers: &[("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"), ("webhook-timestamp", "1614265330"), ("webhook-signature", "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==")],
        body: r#"{"test": 2432232314}"#,
        at: 1_614_265_330,
    }
    .holds();
}

/// openai/openai-python, tests of webhooks.
#[test]
fn example_of_openai_holds() {
    Published {
        preset: "openai",
        secret: "whsec_RdvaYFYUXuIFuEbvZHwMfYFhUf7aMYjYcmM24+Aj40c=",
        method: Method::POST,
        url: "/in",
        headers: &[("webhook-id", "wh_685c059ae39c8190af8c71ed1022a24d"), ("webhook-timestamp", "1750861210"), ("webhook-signature", "v1,gUAg4R2hWouRZqRQG4uJypNS8YK885G838+EHb4nKBY=")],
        body: r#"{"id": "evt_685c059ae3a481909bdc86819b066fb6", "object": "event", "created_at": 1750861210, "type": "response.completed", "data": {"id": "resp_123"}}"#,
        at: 1_750_861_210,
    }
    .holds();
}

/// twilio/twilio-node and twilio/twilio-python, tests of the request validator.
#[test]
fn form_of_twilio_holds() {
    Published {
        preset: "twilio",
        secret: "12345",
        method: Method::POST,
        url: "https://mycompany.com/myapp.php?foo=1&bar=2",
        headers: &[("X-Twilio-Signature", "RSOYDt4T1cUTdK1PDd93/VVr8B8="), ("Content-Type", "application/x-www-form-urlencoded")],
        body: "CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309&To=%2B18005551212",
        at: 0,
    }
    .holds();
}

/// twilio/twilio-node and twilio/twilio-python, tests of the request validator.
#[test]
fn json_of_twilio_holds() {
    Published {
        preset: "twilio",
        secret: "12345",
        method: Method::POST,
        url: "https://mycompany.com/myapp.php?foo=1&bar=2&bodySHA256=0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620",
        headers: &[("X-Twilio-Signature", "a9nBmqA0ju/hNViExpshrM61xv4="), ("Content-Type", "application/json")],
        body: r#"{"property": "value", "boolean": true}"#,
        at: 0,
    }
    .holds();
}

/// HubSpot documentation, "Validating requests".
#[test]
fn first_version_of_hubspot_holds() {
    Published {
        preset: "hubspot-v1",
        secret: "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy",
        method: Method::POST,
        url: "/in",
        headers: &[("X-HubSpot-Signature", "232db2615f3d666fe21a8ec971ac7b5402d33b9a925784df3ca654d05f4817de"), ("X-HubSpot-Signature-Version", "v1")],
        body: r#"[{"eventId":1,"subscriptionId":12345,"portalId":62515,"occurredAt":1564113600000,"subscriptionType":"contact.creation","attemptNumber":0,"objectId":123,"changeSource":"CRM","changeFlag":"NEW","appId":54321}]"#,
        at: 0,
    }
    .holds();
}

/// HubSpot documentation, "Validating requests".
#[test]
fn second_version_of_hubspot_holds() {
    Published {
        preset: "hubspot-v2",
        secret: "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy",
        method: Method::POST,
        url: "https://www.example.com/webhook_uri",
        headers: &[
            (
                "X-HubSpot-Signature",
                "9569219f8ba981ffa6f6f16aa0f48637d35d728c7e4d93d0d52efaa512af7900",
            ),
            ("X-HubSpot-Signature-Version", "v2"),
        ],
        body: r#"{"example_field":"example_value"}"#,
        at: 0,
    }
    .holds();
}

/// HubSpot documentation, "Validating requests".
#[test]
fn second_version_of_hubspot_holds_without_a_body() {
    Published {
        preset: "hubspot-v2",
        secret: "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy",
        method: Method::GET,
        url: "https://www.example.com/webhook_uri",
        headers: &[
            (
                "X-HubSpot-Signature",
                "eee2dddcc73c94d699f5e395f4b9d454a069a6855fbfa152e91e88823087200e",
            ),
            ("X-HubSpot-Signature-Version", "v2"),
        ],
        body: "",
        at: 0,
    }
    .holds();
}

/// sendgrid/sendgrid-nodejs, tests of the event webhook.
#[test]
fn example_of_sendgrid_holds() {
    Published {
        preset: "sendgrid",
        secret: "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g==",
        method: Method::POST,
        url: "/in",
        headers: &[("X-Twilio-Email-Event-Webhook-Signature", "MEUCIGHQVtGj+Y3LkG9fLcxf3qfI10QysgDWmMOVmxG0u6ZUAiEAyBiXDWzM+uOe5W0JuG+luQAbPIqHh89M15TluLtEZtM="), ("X-Twilio-Email-Event-Webhook-Timestamp", "1600112502")],
        body: "[{\"email\":\"hello@world.com\",\"event\":\"dropped\",\"reason\":\"Bounced Address\",\"sg_event_id\":\"ZHJvcC0xMDk5NDkxOS1MUnpYbF9OSFN0T0doUTRrb2ZTbV9BLTA\",\"sg_message_id\":\"LRzXl_NHStOGhQ4kofSm_A.filterdrecv-p3mdw1-756b745b58-kmzbl-18-5F5FC76C-9.0\",\"smtp-id\":\"<LRzXl_NHStOGhQ4kofSm_A@ismtpd0039p1iad1.sendgrid.net>\",\"timestamp\":1600112492}]\r\n",
        at: 1_600_112_502,
    }
    .holds();
}

/// box/box-python-sdk, tests of webhooks.
#[test]
fn example_of_box_holds_with_the_first_key() {
    Published {
        preset: "box",
        secret: "SamplePrimaryKey",
        method: Method::POST,
        url: "/in",
        headers: &[("BOX-DELIVERY-ID", "f96bb54b-ee16-4fc5-aa65-8c2d9e5b546f"), ("BOX-DELIVERY-TIMESTAMP", "2020-01-01T00:00:00-07:00"), ("BOX-SIGNATURE-ALGORITHM", "HmacSHA256"), ("BOX-SIGNATURE-VERSION", "1"), ("BOX-SIGNATURE-PRIMARY", "6TfeAW3A1PASkgboxxA5yqHNKOwFyMWuEXny/FPD5hI="), ("BOX-SIGNATURE-SECONDARY", "v+1CD1Jdo3muIcbpv5lxxgPglOqMfsNHPV899xWYydo=")],
        body: r#"{"type":"webhook_event","webhook":{"id":"1234567890"},"trigger":"FILE.UPLOADED","source":{"id":"1234567890","type":"file","name":"Test.txt"}}"#,
        at: 1_577_862_000,
    }
    .holds();
}

/// box/box-python-sdk, tests of webhooks.
#[test]
fn example_of_box_holds_with_the_second_key() {
    Published {
        preset: "box",
        secret: "SampleSecondaryKey",
        method: Method::POST,
        url: "/in",
        headers: &[("BOX-DELIVERY-ID", "f96bb54b-ee16-4fc5-aa65-8c2d9e5b546f"), ("BOX-DELIVERY-TIMESTAMP", "2020-01-01T00:00:00-07:00"), ("BOX-SIGNATURE-ALGORITHM", "HmacSHA256"), ("BOX-SIGNATURE-VERSION", "1"), ("BOX-SIGNATURE-PRIMARY", "6TfeAW3A1PASkgboxxA5yqHNKOwFyMWuEXny/FPD5hI="), ("BOX-SIGNATURE-SECONDARY", "v+1CD1Jdo3muIcbpv5lxxgPglOqMfsNHPV899xWYydo=")],
        body: r#"{"type":"webhook_event","webhook":{"id":"1234567890"},"trigger":"FILE.UPLOADED","source":{"id":"1234567890","type":"file","name":"Test.txt"}}"#,
        at: 1_577_862_000,
    }
    .holds();
}

/// line/line-bot-sdk-nodejs, test/validate-signature.spec.ts.
#[test]
fn example_of_line_holds() {
    Published {
        preset: "line",
        secret: "test_secret",
        method: Method::POST,
        url: "/in",
        headers: &[(
            "x-line-signature",
            "t7Hn4ZDHqs6e+wdvI5TyQIvzie0DmMUmuXEBqyyE/tM=",
        )],
        body: r#"{"hello":"world"}"#,
        at: 0,
    }
    .holds();
}

/// Notion documentation, "Webhooks", step 3: what it sends first, signed with what it holds.
#[test]
fn example_of_notion_holds() {
    Published {
        preset: "notion",
        secret: "secret_tMrlL1qK5vuQAh1b6cZGhFChZTSYJlce98V0pYn7yBl",
        method: Method::POST,
        url: "/in",
        headers: &[(
            "X-Notion-Signature",
            "sha256=461e8cbcba8a75c3edd866f0e71280f5a85cbf21eff040ebd10fe266df38a735",
        )],
        body: r#"{"verification_token":"secret_tMrlL1qK5vuQAh1b6cZGhFChZTSYJlce98V0pYn7yBl"}"#,
        at: 1_767_268_800,
    }
    .holds();
}
