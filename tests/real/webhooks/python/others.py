"""Senders that sign addresses and fields, or with a token that holds a digest."""

import datetime
import hashlib
import json
from types import SimpleNamespace
from urllib.parse import parse_qsl

from kit import base64_text, mac, vouched


def twilio(message):
    from twilio.request_validator import RequestValidator

    validator = RequestValidator(message.secret)
    signature = validator.compute_signature(message.url, dict(parse_qsl(message.text)))
    vouched(message, lambda body: validator.validate(message.url, dict(parse_qsl(body)), signature))
    return {"x-twilio-signature": signature, "content-type": "application/x-www-form-urlencoded"}


def twilio_json(message):
    from twilio.request_validator import RequestValidator

    validator = RequestValidator(message.secret)
    message.url = f"{message.url}?bodySHA256={validator.compute_hash(message.text)}"
    signature = validator.compute_signature(message.url, {})
    vouched(message, lambda body: validator.validate(message.url, body, signature))
    return {"x-twilio-signature": signature, "content-type": "application/json"}


def twilio_shared_key(message):
    from twilio.request_validator import RequestValidator, get_signature_algorithm

    settings = "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256"
    algorithm = get_signature_algorithm(settings)
    validator = RequestValidator(message.secret)
    signature = validator.compute_signature(message.url, dict(parse_qsl(message.text)), algorithm)
    vouched(message, lambda body: validator.validate(message.url, dict(parse_qsl(body)), signature, algorithm))
    return {
        "x-twilio-signature": signature,
        "x-twilio-webhooks-signature-settings": settings,
        "content-type": "application/x-www-form-urlencoded",
    }


def django():
    from django.conf import settings

    if not settings.configured:
        settings.configure(ANYMAIL={}, ALLOWED_HOSTS=["*"], SECRET_KEY="none", DEFAULT_CHARSET="utf-8")


def mailgun(message):
    django()
    from anymail.webhooks.mailgun import MailgunTrackingWebhookView
    from django.test import RequestFactory

    event = json.loads(message.text)
    time = str(message.timestamp)
    token = hashlib.sha256(message.id.encode()).hexdigest()[:50]
    signature = mac("sha256", message.secret, time + token).hexdigest()
    event["signature"] = {"timestamp": time, "token": token, "signature": signature}
    message.body = json.dumps(event).encode()
    view = MailgunTrackingWebhookView(webhook_signing_key=message.secret, webhook_secret=[])
    view.validate_request(RequestFactory().post("/", message.body, content_type="application/json"))
    return {"content-type": "application/json"}


def mailgun_routes(message):
    django()
    from anymail.webhooks.mailgun import MailgunInboundWebhookView
    from django.test import RequestFactory
    from urllib.parse import urlencode

    fields = parse_qsl(message.text)
    time = str(message.timestamp)
    token = hashlib.sha256(message.id.encode()).hexdigest()[:50]
    signature = mac("sha256", message.secret, time + token).hexdigest()
    fields[1:1] = [("timestamp", time), ("token", token), ("signature", signature)]
    message.body = urlencode(fields).encode()
    form = "application/x-www-form-urlencoded"
    view = MailgunInboundWebhookView(webhook_signing_key=message.secret, webhook_secret=[])
    view.validate_request(RequestFactory().post("/", message.body, content_type=form))
    return {"content-type": form}


def paypal(message):
    """Signed with a throw-away key; PayPal's package says what text is signed, and takes nothing but another text."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import padding, rsa
    from paypalrestsdk import WebhookEvent

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "messageverificationcerts.paypal.com")])
    moment = datetime.datetime.fromtimestamp(message.timestamp, datetime.timezone.utc)
    day = datetime.timedelta(days=5)
    certificate = x509.CertificateBuilder(name, name, key.public_key(), 1, moment - day, moment + day)
    certificate = certificate.sign(key, hashes.SHA256())
    transmission, time = "69cd13f0-d67a-11e5-baa3-778b53f4ae55", moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    text = WebhookEvent._get_expected_sig(transmission, time, message.secret, message.text)
    signature = key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())

    def check(body):
        text = WebhookEvent._get_expected_sig(transmission, time, message.secret, body)
        certificate.public_key().verify(signature, text.encode(), padding.PKCS1v15(), hashes.SHA256())

    vouched(message, check)
    message.key = certificate.public_bytes(serialization.Encoding.PEM).decode()
    return {
        "paypal-transmission-id": transmission,
        "paypal-transmission-time": time,
        "paypal-transmission-sig": base64_text(signature),
        "paypal-cert-url": "https://api.paypal.com/v1/notifications/certs/CERT-360caa42-fca2a594-1d93a270",
        "paypal-auth-algo": "SHA256withRSA",
    }


def mandrill(message):
    django()
    from anymail.webhooks.mandrill import MandrillCombinedWebhookView
    from django.test import RequestFactory

    fields = sorted(parse_qsl(message.text))
    text = message.url + "".join(name + value for name, value in fields)
    signature = base64_text(mac("sha1", message.secret, text).digest())
    form = "application/x-www-form-urlencoded"
    view = MandrillCombinedWebhookView(webhook_key=message.secret, webhook_url=message.url, webhook_secret=[])

    def check(body):
        given = RequestFactory().post("/", body, content_type=form, headers={"x-mandrill-signature": signature})
        view.validate_request(given)

    vouched(message, check)
    return {"x-mandrill-signature": signature, "content-type": form}


def livekit(message):
    from livekit.api import AccessToken, TokenVerifier, WebhookReceiver

    token = AccessToken("key-of-ours", message.secret).with_ttl(datetime.timedelta(seconds=300))
    text = token.with_sha256(base64_text(hashlib.sha256(message.body).digest())).to_jwt()
    receiver = WebhookReceiver(TokenVerifier("key-of-ours", message.secret))
    vouched(message, lambda body: receiver.receive(body, text) is not None)
    return {"authorization": text, "content-type": "application/webhook+json"}


def rfc9421(message):
    from http_message_signatures import HTTPMessageSigner, HTTPMessageVerifier, MappingKeyResolver, algorithms

    secret = message.secret.encode()
    resolver = MappingKeyResolver(public_keys={"key-of-ours": secret}, private_keys={"key-of-ours": secret})
    digest = base64_text(hashlib.sha256(message.body).digest())
    headers = {"Content-Type": "application/json", "Content-Digest": f"sha-256=:{digest}:"}
    request = SimpleNamespace(method="POST", url=message.url, headers=headers)
    covered = ("@method", "@target-uri", "content-digest")
    algorithm = algorithms.HMAC_SHA256
    HTTPMessageSigner(signature_algorithm=algorithm, key_resolver=resolver).sign(
        request,
        key_id="key-of-ours",
        created=datetime.datetime.fromtimestamp(message.timestamp, datetime.timezone.utc),
        covered_component_ids=covered,
        label="sig1",
        use_existing_digest=True,
    )
    verifier = HTTPMessageVerifier(signature_algorithm=algorithm, key_resolver=resolver)
    vouched(message, lambda body: verifier.verify(request, require_components=covered, body=body.encode()) != [])
    return dict(request.headers)


PROVIDERS = {
    "twilio": twilio,
    "twilio-json": twilio_json,
    "twilio-shared-key": twilio_shared_key,
    "mailgun": mailgun,
    "mailgun-routes": mailgun_routes,
    "paypal": paypal,
    "mandrill": mandrill,
    "livekit": livekit,
    "rfc9421": rfc9421,
}
