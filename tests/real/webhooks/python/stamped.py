"""Senders that sign a time with the body, Standard Webhooks among them."""

import datetime

from kit import base64_text, mac, vouched


def stripe(message):
    from stripe import WebhookSignature

    header = WebhookSignature.generate_signature_header(message.text, message.secret, message.timestamp)
    vouched(message, lambda body: WebhookSignature.verify_header(body, header, message.secret, 300))
    return {"stripe-signature": header}


def slack(message):
    from slack_sdk.signature import SignatureVerifier

    verifier = SignatureVerifier(message.secret)
    time = str(message.timestamp)
    signature = verifier.generate_signature(timestamp=time, body=message.text)
    vouched(message, lambda body: verifier.is_valid(body, time, signature))
    return {"x-slack-request-timestamp": time, "x-slack-signature": signature}


def of_standard(message, package, names):
    webhook = package.Webhook(message.secret)
    time = datetime.datetime.fromtimestamp(message.timestamp, datetime.timezone.utc)
    signature = webhook.sign(msg_id=message.id, timestamp=time, data=message.text)
    headers = dict(zip(names, (message.id, str(message.timestamp), signature)))
    vouched(message, lambda body: webhook.verify(body, headers))
    return headers


def standard_webhooks(message):
    import standardwebhooks

    return of_standard(message, standardwebhooks, ("webhook-id", "webhook-timestamp", "webhook-signature"))


def svix(message):
    import svix.webhooks

    return of_standard(message, svix.webhooks, ("svix-id", "svix-timestamp", "svix-signature"))


def polar(message):
    from polar.webhooks import validate_event

    time = str(message.timestamp)
    signature = base64_text(mac("sha256", message.secret, f"{message.id}.{time}.{message.text}").digest())
    headers = {"webhook-id": message.id, "webhook-timestamp": time, "webhook-signature": f"v1,{signature}"}
    known = frozenset({"order.paid"})
    vouched(message, lambda body: validate_event(body, headers, message.secret, known, dict))
    return headers


def elevenlabs(message):
    from elevenlabs.webhooks_custom import WebhooksClient

    signature = mac("sha256", message.secret, f"{message.timestamp}.{message.text}").hexdigest()
    header = f"t={message.timestamp},v0={signature}"
    # Only what is asked of the network needs a client.
    client = WebhooksClient(client_wrapper=None)
    vouched(message, lambda body: client.construct_event(body, header, message.secret))
    return {"elevenlabs-signature": header}


def box(message):
    from boxsdk.object.webhook import Webhook

    zone = datetime.timezone(datetime.timedelta(hours=-7))
    time = datetime.datetime.fromtimestamp(message.timestamp, zone).isoformat()
    headers = {
        "box-delivery-id": message.id,
        "box-delivery-timestamp": time,
        "box-signature-version": "1",
        "box-signature-algorithm": "HmacSHA256",
        "box-signature-primary": base64_text(mac("sha256", message.secret, message.text + time).digest()),
        "box-signature-secondary": base64_text(mac("sha256", "another key", message.text + time).digest()),
    }
    vouched(message, lambda body: Webhook.validate_message(body.encode(), headers, message.secret))
    return headers


def sinch(message):
    from sinch.domains.authentication.sinch_events.v1 import authentication_validation as validation

    time = str(message.timestamp)
    signed = validation.compute_signed_data(message.text, message.id, time)
    headers = {
        "x-sinch-webhook-signature-algorithm": "HmacSHA256",
        "x-sinch-webhook-signature-timestamp": time,
        "x-sinch-webhook-signature-nonce": message.id,
        "x-sinch-webhook-signature": validation.calculate_sinch_event_signature(signed, message.secret),
    }
    check = validation.validate_sinch_event_signature_with_nonce
    vouched(message, lambda body: check(message.secret, headers, body))
    return headers


# Not Customer.io's own package: there is none that verifies.
def customer_io(message):
    from async_customerio.request_validator import validate_signature

    signature = mac("sha256", message.secret, f"v0:{message.timestamp}:{message.text}").hexdigest()
    check = validate_signature
    vouched(message, lambda body: check(message.secret, message.timestamp, body.encode(), signature))
    return {"x-cio-timestamp": str(message.timestamp), "x-cio-signature": signature}


PROVIDERS = {
    "stripe": stripe,
    "slack": slack,
    "standard-webhooks": standard_webhooks,
    "svix": svix,
    "polar": polar,
    "elevenlabs": elevenlabs,
    "box": box,
    "sinch": sinch,
    "customer-io": customer_io,
}
