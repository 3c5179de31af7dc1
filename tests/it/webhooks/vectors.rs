//! What senders publish of their signatures: examples of their documentation and of their libraries' own tests.
//!
//! The secrets are those of the examples. Each is taken as it stands, and refused with one more byte.

use http::Method;

use super::{Hook, Sent, at};

/// One published example.
struct Published<'v> {
    preset: &'v str,
    /// The secret, or the public key.
    secret: &'v str,
    method: Method,
    /// The address, or path and query where it is not signed.
    url: &'v str,
    headers: &'v [(&'v str, &'v str)],
    body: &'v str,
    /// When it was signed, in seconds.
    at: u64,
}

impl Published<'_> {
    fn holds(&self) {
        let (base, target) = self.split();
        let more = base.map_or(String::new(), |base| format!("url: {base}\n"));
        let hook = Hook::preset(self.preset, &[self.secret], &more);
        let headers = self.headers.iter();
        let sent = Sent {
            method: self.method.clone(),
            target: target.to_owned(),
            headers: headers
                .map(|(name, value)| (name.to_string(), value.to_string()))
                .collect(),
            body: self.body.as_bytes().to_vec(),
            at: at(self.at),
        };
        assert_eq!(hook.verdict(&sent), "ok");
        let other = Hook::preset(self.preset, &[&another(self.secret)], &more);
        assert_eq!(other.verdict(&sent), "mismatch");
        if self.preset != "adyen" {
            let longer = sent.with_body([self.body.as_bytes(), b" "].concat());
            assert_eq!(hook.verdict(&longer), "mismatch");
        }
    }

    fn split(&self) -> (Option<&str>, &str) {
        let Some(rest) = self.url.strip_prefix("https://") else {
            return (None, self.url);
        };
        let at = "https://".len() + rest.find('/').unwrap();
        let (base, target) = self.url.split_at(at);
        (Some(base), target)
    }
}

/// A secret of the same form that is another one: the first letter that may be exchanged is.
fn another(secret: &str) -> String {
    let keys = [
        ("whpk_", "whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="),
        (
            "MFkw",
            "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEXH8UTNG72bfocs3+257rn0s2ldbqkLJK2KRiMohYjlrQ==",
        ),
    ];
    let key = keys.iter().find(|(start, _)| secret.starts_with(start));
    if let Some((_, key)) = key {
        return (*key).to_owned();
    }
    let (start, rest) = match secret.strip_prefix("whsec_") {
        Some(rest) => ("whsec_", rest),
        None => ("", secret),
    };
    let first = if rest.starts_with('4') { '5' } else { '4' };
    format!("{start}{first}{}", &rest[1..])
}

/// GitHub Docs, "Validating webhook deliveries".
#[test]
fn example_of_github_holds() {
    Published {
        preset: "github",
        secret: "It's a Secret to Everybody",
        method: Method::POST,
        url: "/in",
        headers: &[(
            "X-Hub-Signature-256",
            "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
        )],
        body: "Hello, World!",
        at: 0,
    }
    .holds();
}

/// Atlassian developer documentation of Jira Cloud, "Webhooks", secure admin webhooks.
#[test]
fn example_of_jira_holds() {
    Published {
        preset: "jira",
        secret: "It's a Secret to Everybody",
        method: Method::POST,
        url: "/in",
        headers: &[(
            "X-Hub-Signature",
            "sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9",
        )],
        body: "Hello World!",
        at: 0,
    }
    .holds();
}

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

/// CircleCI documentation, "Webhooks", validating them.
#[test]
fn first_example_of_circleci_holds() {
    Published {
        preset: "circleci",
        secret: "secret",
        method: Method::POST,
        url: "/in",
        headers: &[(
            "circleci-signature",
            "v1=734cc62f32841568f45715aeb9f4d7891324e6d948e4c6c60c0621cdac48623a,v2=00",
        )],
        body: "hello world",
        at: 0,
    }
    .holds();
}

/// CircleCI documentation, "Webhooks", validating them.
#[test]
fn second_example_of_circleci_holds() {
    Published {
        preset: "circleci",
        secret: "another-secret",
        method: Method::POST,
        url: "/in",
        headers: &[(
            "circleci-signature",
            "v1=daa220016c8f29a8b214fbfc3671aeec2145cfb1e6790184ffb38b6d0425fa00,v2=00",
        )],
        body: "lalala",
        at: 0,
    }
    .holds();
}

/// CircleCI documentation, "Webhooks", validating them.
#[test]
fn third_example_of_circleci_holds() {
    Published {
        preset: "circleci",
        secret: "hunter123",
        method: Method::POST,
        url: "/in",
        headers: &[(
            "circleci-signature",
            "v1=9be2242094a9a8c00c64306f382a7f9d691de910b4a266f67bd314ef18ac49fa,v2=00",
        )],
        body: "an-important-request-payload",
        at: 0,
    }
    .holds();
}

/// CircleCI documentation, "Webhooks", validating them.
#[test]
fn fourth_example_of_circleci_holds() {
    Published {
        preset: "circleci",
        secret: "secret",
        method: Method::POST,
        url: "/in",
        headers: &[(
            "circleci-signature",
            "v1=773ba44693c7553d6ee20f61ea5d2757a9a4f4a44d2841ae4e95b52e4cd62db4,v2=00",
        )],
        body: "foo",
        at: 0,
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

/// sanity-io/webhook-toolkit, tests of signatures.
#[test]
fn example_of_sanity_holds() {
    Published {
        preset: "sanity",
        secret: "test",
        method: Method::POST,
        url: "/in",
        headers: &[(
            "sanity-webhook-signature",
            "t=1633519811129,v1=tLa470fx7qkLLEcMOcEUFuBbRSkGujyskxrNXcoh0N0",
        )],
        body: r#"{"_id":"resume"}"#,
        at: 1_633_519_811,
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

/// PagerDuty/go-pagerduty, webhookv3/webhookv3_test.go.
#[test]
fn example_of_pagerduty_holds() {
    Published {
        preset: "pagerduty",
        secret: "lDQHScfUeXUKaQRNF+8XIiDKZ7XX3itBAYzwU0TARw8lJqRnkKl2iB1anSb0Z+IK",
        method: Method::POST,
        url: "/in",
        headers: &[("X-PagerDuty-Signature", "v1=00,v1=0c0b9495b893a39e70d1fea2fe11fbe0a825f88b9f67846f6cc07dd2bc5476cd")],
        body: r#"{"event":{"id":"01BWDWL3NYY7LUFPZCC28QUCMK","event_type":"incident.priority_updated","resource_type":"incident","occurred_at":"2021-04-26T17:36:27.458Z","agent":{"html_url":"https://acme.pagerduty.com/users/PLH1HKV","id":"PLH1HKV","self":"https://api.pagerduty.com/users/PLH1HKV","summary":"Tenex Engineer","type":"user_reference"},"client":null,"data":{"id":"PGR0VU2","type":"incident","self":"https://api.pagerduty.com/incidents/PGR0VU2","html_url":"https://acme.pagerduty.com/incidents/PGR0VU2","number":2,"status":"triggered","title":"A little bump in the road","service":{"html_url":"https://acme.pagerduty.com/services/PF9KMXH","id":"PF9KMXH","self":"https://api.pagerduty.com/services/PF9KMXH","summary":"API Service","type":"service_reference"},"assignees":[{"html_url":"https://acme.pagerduty.com/users/PTUXL6G","id":"PTUXL6G","self":"https://api.pagerduty.com/users/PTUXL6G","summary":"User 123","type":"user_reference"}],"escalation_policy":{"html_url":"https://acme.pagerduty.com/escalation_policies/PUS0KTE","id":"PUS0KTE","self":"https://api.pagerduty.com/escalation_policies/PUS0KTE","summary":"Default","type":"escalation_policy_reference"},"teams":[{"html_url":"https://acme.pagerduty.com/teams/PFCVPS0","id":"PFCVPS0","self":"https://api.pagerduty.com/teams/PFCVPS0","summary":"Engineering","type":"team_reference"}],"priority":{"html_url":"https://acme.pagerduty.com/account/incident_priorities","id":"PSO75BM","self":"https://api.pagerduty.com/priorities/PSO75BM","summary":"P1","type":"priority_reference"},"urgency":"high","conference_bridge":{"conference_number":1000,"conference_url":"https://example.com"},"resolve_reason":null}}}"#,
        at: 0,
    }
    .holds();
}
