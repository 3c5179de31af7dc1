"""Signs deliveries with the senders' own packages: see sign.mjs, whose lines it reads and writes.

Where a package only verifies, the documented formula signs, and the package must then take the result and refuse it
for another body. Packages of others stand in where the sender has none: django-anymail for Mailgun and Mandrill.
"""

import base64
import datetime
import hashlib
import hmac
import json
import sys
from types import SimpleNamespace
from urllib.parse import parse_qsl


def mac(algorithm, key, text):
    key, text = (part if isinstance(part, bytes) else part.encode() for part in (key, text))
    return hmac.new(key, text, algorithm)


def base64_text(data):
    return base64.b64encode(data).decode()


def vouched(message, check):
    """The package takes what was signed, and does not take another body with it."""
    if check(message.text) is False:
        raise ValueError("the package refuses what was signed")
    try:
        taken = check(message.text + " ")
    except Exception:
        return
    if taken is not False:
        raise ValueError("the package takes another body as well")


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
    "stripe": stripe,
    "slack": slack,
    "standard-webhooks": standard_webhooks,
    "svix": svix,
    "twilio": twilio,
    "twilio-json": twilio_json,
    "twilio-shared-key": twilio_shared_key,
    "mailgun": mailgun,
    "mandrill": mandrill,
    "livekit": livekit,
    "rfc9421": rfc9421,
}


def answered(line):
    message = SimpleNamespace(**json.loads(line))
    message.body = base64.b64decode(message.body)
    message.text = message.body.decode()
    try:
        headers = PROVIDERS[message.provider](message)
    except Exception as problem:
        return {"provider": message.provider, "error": f"{type(problem).__name__}: {problem}"}
    body = base64_text(message.body)
    answer = {"provider": message.provider, "url": message.url, "timestamp": message.timestamp}
    return {**answer, "body": body, "headers": headers}


for asked in sys.stdin:
    print(json.dumps(answered(asked)), flush=True)
