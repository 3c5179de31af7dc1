//! What every preset must take and refuse: one line each.

use super::keys::Form;

/// What a change of the body comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cover {
    /// It is noticed.
    Whole,
    /// It is noticed; half a body is not even JSON any more.
    Json,
    /// It is not noticed.
    Origin,
    /// Some changes are: other tests say which.
    Part,
}

/// How long a delivery is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Good {
    /// So many seconds, either way.
    For(u64),
    /// For ever: no time is signed.
    Always,
    /// As its token says: see the tests of that kind.
    Own,
}

/// Whether there may be several signatures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Several {
    No,
    /// With this between them.
    List(&'static str),
    /// In another field.
    Field(&'static str),
}

/// What is to be known of a preset.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line {
    pub(super) preset: &'static str,
    pub(super) form: Form,
    /// Where the signature stands: a header field, `?` in the query, `/` in the JSON, `=` in the form.
    pub(super) field: &'static str,
    pub(super) cover: Cover,
    pub(super) good: Good,
    pub(super) several: Several,
}

/// Preset, form of the key, place of the signature, cover, window, and what stands between several signatures or the
/// field of the second.
const LINES: &str = "
    ably                  text           X-Ably-Signature                       whole  always -
    adyen                 hex            /notificationItems/0/NotificationRequestItem/additionalData/hmacSignature part   always -
    adyen-platform        hex            HmacSignature                          whole  always -
    affirm                text           X-Affirm-Signature                     whole  300s   ,
    aftership             text           aftership-hmac-sha256                  whole  always -
    aikido                text           X-Aikido-Webhook-Signature             json   30s    -
    airship               text           X-UA-SIGNATURE                         whole  300s   -
    airtable              base64         X-Airtable-Content-MAC                 whole  always -
    airwallex             text           x-signature                            whole  300s   -
    alertmanager          text           Authorization                          origin always -
    asana                 text           X-Hook-Signature                       whole  always -
    attio                 text           Attio-Signature                        whole  always -
    auth0                 text           Authorization                          origin always -
    authorize-net         text           X-ANET-Signature                       whole  always -
    autodesk              text           x-adsk-signature                       whole  always -
    azure-event-grid      text           ?code                                  origin always -
    bitbucket             text           X-Hub-Signature                        whole  always -
    box                   text           BOX-SIGNATURE-PRIMARY                  whole  600s   BOX-SIGNATURE-SECONDARY
    braintree             text           bt_signature=                          part   always -
    brevo                 text           Authorization                          origin always -
    brex                  whsec          webhook-signature                      whole  300s   space
    buildkite             text           X-Buildkite-Signature                  whole  300s   ,
    buildkite-token       text           X-Buildkite-Token                      origin always -
    cal-com               text           X-Cal-Signature-256                    whole  always -
    calendly              text           Calendly-Webhook-Signature             whole  180s   ,
    chargebee             named          Authorization                          origin always -
    chargify              text           X-Chargify-Webhook-Signature-Hmac-Sha-256 whole  always -
    checkout-com          text           Cko-Signature                          whole  always -
    circleci              text           circleci-signature                     whole  always ,
    clerk                 whsec          svix-signature                         whole  300s   space
    clickup               text           X-Signature                            whole  always -
    cloudevents           text           Authorization                          origin always -
    coinbase-commerce     text           X-CC-Webhook-Signature                 whole  always -
    coinify               text           x-coinify-webhook-signature            whole  always -
    contentful            text           x-contentful-signature                 whole  30s    -
    customer-io           text           X-CIO-Signature                        whole  300s   -
    datadog               text           Authorization                          origin always -
    discord               ed25519-hex    X-Signature-Ed25519                    whole  300s   -
    discord-events        ed25519-hex    X-Signature-Ed25519                    whole  300s   -
    docusign              text           X-DocuSign-Signature-1                 whole  always X-DocuSign-Signature-100
    dodo                  whsec          webhook-signature                      whole  300s   space
    doppler               text           X-Doppler-Signature                    whole  always -
    dropbox               text           X-Dropbox-Signature                    whole  always -
    dwolla                text           X-Request-Signature-SHA-256            whole  always -
    elevenlabs            text           ElevenLabs-Signature                   whole  1800s  ,
    etsy                  whsec          webhook-signature                      whole  300s   space
    firecrawl             text           X-Firecrawl-Signature                  whole  always -
    forgejo               text           X-Forgejo-Signature                    whole  always -
    fourthwall            text           X-Fourthwall-Hmac-SHA256               whole  always -
    front                 text           X-Front-Signature                      whole  300s   -
    front-rule            text           X-Front-Signature                      whole  always -
    fusionauth            text           X-FusionAuth-Signature-JWT             whole  own    -
    gitea                 text           X-Gitea-Signature                      whole  always -
    github                text           X-Hub-Signature-256                    whole  always -
    gitlab                whsec          webhook-signature                      whole  300s   space
    gitlab-token          text           X-Gitlab-Token                         origin always -
    gocardless            text           Webhook-Signature                      whole  always -
    gogs                  text           X-Gogs-Signature                       whole  always -
    grafana               text           X-Grafana-Alerting-Signature           whole  always -
    grafana-timestamp     text           X-Grafana-Alerting-Signature           whole  300s   -
    hcp-terraform         text           X-TFE-Notification-Signature           whole  always -
    hcp-terraform-run-task text           X-TFC-Task-Signature                   whole  always -
    heroku                text           Heroku-Webhook-Hmac-SHA256             whole  always -
    hookdeck              text           x-hookdeck-signature                   whole  always x-hookdeck-signature-2
    hubspot-v1            text           X-HubSpot-Signature                    whole  always -
    hubspot-v2            text           X-HubSpot-Signature                    whole  always -
    hubspot-v3            text           X-HubSpot-Signature-v3                 whole  300s   -
    incident-io           whsec          webhook-signature                      whole  300s   space
    intercom              text           X-Hub-Signature                        whole  always -
    jira                  text           X-Hub-Signature                        whole  always -
    kibana                named          Authorization                          origin always -
    klaviyo               text           klaviyo-signature                      whole  18300s -
    kontent-ai            text           X-Kontent-ai-Signature                 whole  always -
    langfuse              text           x-langfuse-signature                   whole  300s   ,
    launchdarkly          text           X-LD-Signature                         whole  always -
    lemon-squeezy         text           X-Signature                            whole  always -
    line                  text           x-line-signature                       whole  always -
    linear                text           Linear-Signature                       json   60s    -
    liveblocks            whsec          webhook-signature                      whole  300s   space
    livekit               text           Authorization                          whole  own    -
    lob                   text           Lob-Signature                          whole  300s   -
    logto                 text           logto-signature-sha-256                whole  always -
    mailgun               text           /signature/signature                   origin 32400s -
    mailgun-routes        text           signature=                             origin 32400s -
    mandrill              text           X-Mandrill-Signature                   whole  always -
    mercado-pago          text           x-signature                            origin always ,
    messagebird           text           MessageBird-Signature-JWT              whole  own    -
    messagebird-legacy    text           MessageBird-Signature                  whole  100s   -
    meta                  text           X-Hub-Signature-256                    whole  always -
    metronome             text           Metronome-Webhook-Signature            whole  300s   -
    microsoft-graph       text           /value/0/clientState                   origin always -
    modern-treasury       text           X-Signature                            whole  always -
    mongodb-atlas         text           X-MMS-Signature                        whole  always -
    mux                   text           Mux-Signature                          whole  300s   ,
    netlify               text           X-Webhook-Signature                    whole  own    -
    notion                text           X-Notion-Signature                     whole  always -
    nylas                 text           X-Nylas-Signature                      whole  always -
    okta                  text           Authorization                          origin always -
    onfleet               hex            X-Onfleet-Signature                    whole  always -
    openai                whsec          webhook-signature                      whole  300s   space
    paddle                text           Paddle-Signature                       whole  60s    ;
    pagerduty             text           X-PagerDuty-Signature                  whole  always ,
    paystack              text           x-paystack-signature                   whole  always -
    persona               text           Persona-Signature                      whole  300s   ,
    plivo                 text           X-Plivo-Signature-V3                   whole  always ,
    polar                 text           webhook-signature                      whole  300s   space
    postmark              named          Authorization                          origin always -
    pusher                text           X-Pusher-Signature                     json   300s   -
    qstash                text           Upstash-Signature                      whole  own    -
    quickbooks            text           intuit-signature                       whole  always -
    razorpay              text           X-Razorpay-Signature                   whole  always -
    recurly               text           recurly-signature                      whole  300s   ,
    render                whsec          webhook-signature                      whole  300s   space
    replicate             whsec          webhook-signature                      whole  300s   space
    resend                whsec          svix-signature                         whole  300s   space
    rfc9421               text           Signature                              whole  300s   -
    rootly                text           X-Rootly-Signature                     whole  300s   ,
    sanity                text           sanity-webhook-signature               whole  300s   ,
    segment               text           X-Signature                            whole  always -
    sendgrid              p256           X-Twilio-Email-Event-Webhook-Signature whole  300s   -
    sentry                text           Sentry-Hook-Signature                  whole  always -
    shippo                text           Shippo-Auth-Signature                  whole  300s   ,
    shopify               text           X-Shopify-Hmac-Sha256                  whole  always -
    sinch                 text           x-sinch-webhook-signature              whole  300s   -
    slack                 text           X-Slack-Signature                      whole  300s   -
    splunk-on-call        text           X-VictorOps-Signature                  whole  always -
    square                text           x-square-hmacsha256-signature          whole  always -
    squarespace           hex            Squarespace-Signature                  whole  always -
    standard-webhooks     whsec          webhook-signature                      whole  300s   space
    standard-webhooks-v1a ed25519-whpk   webhook-signature                      whole  300s   space
    stripe                text           Stripe-Signature                       whole  300s   ,
    supabase              whsec          webhook-signature                      whole  300s   space
    svix                  whsec          svix-signature                         whole  300s   space
    tailscale             text           Tailscale-Webhook-Signature            whole  300s   ,
    teams                 base64         Authorization                          whole  always -
    telegram              text           X-Telegram-Bot-Api-Secret-Token        origin always -
    telnyx                ed25519-base64 telnyx-signature-ed25519               whole  300s   -
    tiktok                text           TikTok-Signature                       whole  300s   ,
    trello                text           X-Trello-Webhook                       whole  always -
    twilio                text           X-Twilio-Signature                     whole  always -
    twilio-shared-key     text           X-Twilio-Signature                     whole  always -
    twitch                text           Twitch-Eventsub-Message-Signature      whole  600s   -
    typeform              text           Typeform-Signature                     whole  always -
    vercel                text           x-vercel-signature                     whole  always -
    vipps                 text           Authorization                          whole  300s   -
    vonage                text           Authorization                          whole  own    -
    webflow               text           x-webflow-signature                    whole  300s   -
    wise                  rsa            X-Signature-SHA256                     whole  always -
    woocommerce           text           X-WC-Webhook-Signature                 whole  always -
    workos                text           WorkOS-Signature                       whole  180s   ,
    worldpay              text           Event-Signature                        whole  always ,
    x                     text           x-twitter-webhooks-signature           whole  always -
    x-webhook-signature   text           X-Webhook-Signature                    whole  always -
    xero                  text           x-xero-signature                       whole  always -
    zendesk               text           X-Zendesk-Webhook-Signature            whole  300s   -
    zoho-payments         text           X-Zoho-Webhook-Signature               whole  300s   ,
    zoom                  text           x-zm-signature                         whole  300s   -
";

/// All lines.
pub(super) fn lines() -> Vec<Line> {
    let lines = LINES.lines().filter(|line| !line.trim().is_empty());
    lines.map(Line::of).collect()
}

impl Line {
    fn of(text: &'static str) -> Self {
        let words: Vec<&str> = text.split_whitespace().collect();
        let [preset, form, field, cover, good, several] = words[..] else {
            panic!("not six words: {text}");
        };
        Self {
            preset,
            form: Form::of(form),
            field,
            cover: match cover {
                "whole" => Cover::Whole,
                "json" => Cover::Json,
                "origin" => Cover::Origin,
                "part" => Cover::Part,
                _ => panic!("{text}"),
            },
            good: match good {
                "always" => Good::Always,
                "own" => Good::Own,
                seconds => Good::For(seconds.strip_suffix('s').unwrap().parse().unwrap()),
            },
            several: match several {
                "-" => Several::No,
                "space" => Several::List(" "),
                sep if sep.len() == 1 => Several::List(sep),
                field => Several::Field(field),
            },
        }
    }
}
