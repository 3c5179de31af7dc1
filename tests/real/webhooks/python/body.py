"""Senders that sign the body alone.

The packages are by others than the senders. Where there is none, `DOCUMENTED` has what the sender's documentation says,
written without a look at sidegate's presets: nobody vouches for it, but it is a second reading.
"""

import base64

from kit import base64_text, mac, vouched


def meta(message):
    from pywa.utils import webhook_updates_validator

    signature = f"sha256={mac('sha256', message.secret, message.body).hexdigest()}"
    vouched(message, lambda body: webhook_updates_validator(message.secret, body.encode(), signature))
    return {"x-hub-signature-256": signature}


def airtable(message):
    from pyairtable.models.webhook import WebhookNotification

    key = base64.b64decode(message.secret)
    signature = f"hmac-sha256={mac('sha256', key, message.body).hexdigest()}"
    vouched(message, lambda body: WebhookNotification.from_request(body, signature, message.secret) is not None)
    return {"x-airtable-content-mac": signature}


def quickbooks(message):
    from quickbooks import QuickBooks

    client = QuickBooks.__new__(QuickBooks)
    signature = base64_text(mac("sha256", message.secret, message.body).digest())
    vouched(message, lambda body: client.validate_webhook_signature(body, signature, message.secret))
    return {"intuit-signature": signature}


def paystack(message):
    from pypaystack2 import PaystackClient

    client = PaystackClient(secret_key=message.secret)
    signature = mac("sha512", message.secret, message.body).hexdigest()
    vouched(message, lambda body: client.is_verified_webhook_payload(body.encode(), signature))
    return {"x-paystack-signature": signature}


# Field; hash; what the value looks like; how the key is written.
DOCUMENTED = {
    "ably": ("X-Ably-Signature", "sha256", "{base64}", "text"),
    "aftership": ("aftership-hmac-sha256", "sha256", "{base64}", "text"),
    "aikido": ("X-Aikido-Webhook-Signature", "sha256", "{hex}", "text"),
    "attio": ("Attio-Signature", "sha256", "{hex}", "text"),
    "authorize-net": ("X-ANET-Signature", "sha512", "sha512={HEX}", "text"),
    "autodesk": ("x-adsk-signature", "sha1", "sha1hash={hex}", "text"),
    "chargify": ("X-Chargify-Webhook-Signature-Hmac-Sha-256", "sha256", "{hex}", "text"),
    "checkout-com": ("Cko-Signature", "sha256", "{hex}", "text"),
    "circleci": ("circleci-signature", "sha256", "v1={hex},v2=00,v3=11", "text"),
    "clickup": ("X-Signature", "sha256", "{hex}", "text"),
    "coinify": ("x-coinify-webhook-signature", "sha256", "{hex}", "text"),
    "dwolla": ("X-Request-Signature-SHA-256", "sha256", "{hex}", "text"),
    "firecrawl": ("X-Firecrawl-Signature", "sha256", "sha256={hex}", "text"),
    "forgejo": ("X-Forgejo-Signature", "sha256", "{hex}", "text"),
    "gitea": ("X-Gitea-Signature", "sha256", "{hex}", "text"),
    "gogs": ("X-Gogs-Signature", "sha256", "{hex}", "text"),
    "hcp-terraform": ("X-TFE-Notification-Signature", "sha512", "{hex}", "text"),
    "hcp-terraform-run-task": ("X-Tfc-Task-Signature", "sha512", "{hex}", "text"),
    "hookdeck": ("x-hookdeck-signature", "sha256", "{base64}", "text"),
    "intercom": ("X-Hub-Signature", "sha1", "sha1={hex}", "text"),
    "jira": ("X-Hub-Signature", "sha256", "sha256={hex}", "text"),
    "launchdarkly": ("X-LD-Signature", "sha256", "{hex}", "text"),
    "logto": ("logto-signature-sha-256", "sha256", "{hex}", "text"),
    "mongodb-atlas": ("X-MMS-Signature", "sha1", "{base64}", "text"),
    "nylas": ("x-nylas-signature", "sha256", "{hex}", "text"),
    "onfleet": ("X-Onfleet-Signature", "sha512", "{hex}", "hex"),
    "pagerduty": ("X-PagerDuty-Signature", "sha256", "v1={other},v1={hex}", "text"),
    "segment": ("X-Signature", "sha1", "{hex}", "text"),
    "sentry": ("Sentry-Hook-Signature", "sha256", "{hex}", "text"),
    "sentry-ui": ("Sentry-App-Signature", "sha256", "{hex}", "text"),
    "squarespace": ("Squarespace-Signature", "sha256", "{hex}", "hex"),
    "teams": ("Authorization", "sha256", "HMAC {base64}", "base64"),
    "typeform": ("Typeform-Signature", "sha256", "sha256={base64}", "text"),
    "worldpay": ("Event-Signature", "sha256", "2/SHA256/{other},1/SHA256/{hex}", "text"),
    "x": ("x-twitter-webhooks-signature", "sha256", "sha256={base64}", "text"),
    "xero": ("x-xero-signature", "sha256", "{base64}", "text"),
}
KEYS = {"text": str.encode, "hex": bytes.fromhex, "base64": base64.b64decode}


def documented(name):
    field, algorithm, form, key = DOCUMENTED[name]

    def sign(message):
        code = mac(algorithm, KEYS[key](message.secret), message.body)
        other = mac(algorithm, b"a key that was renewed", message.body).hexdigest()
        text = code.hexdigest()
        value = form.format(hex=text, HEX=text.upper(), base64=base64_text(code.digest()), other=other)
        return {field: value}

    return sign


PROVIDERS = {
    **{name: documented(name) for name in DOCUMENTED},
    "meta": meta,
    "airtable": airtable,
    "quickbooks": quickbooks,
    "paystack": paystack,
}
