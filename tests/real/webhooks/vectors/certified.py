"""Certificates that the message names (A5): AWS SNS, PayPal."""

import json
import zlib
from datetime import datetime, timedelta, timezone

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from kit import HOST, Request, b64, event

SNS = "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-0001.pem"
PAYPAL = "https://api.paypal.com/v1/notifications/certs/CERT-360caa42-fca2a594-1d93a270"
TOPIC = "arn:aws:sns:eu-central-1:123456789012:orders"


def certificate(host, now, issuer=None):
    """A key, and a certificate for `host`, signed by `issuer` (a pair like the one returned) or by itself."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    day = timedelta(days=1)
    start = datetime.fromtimestamp(now, timezone.utc)
    built = (x509.CertificateBuilder().subject_name(name).issuer_name(issuer[1].subject if issuer else name)
             .public_key(key.public_key()).serial_number(x509.random_serial_number())
             .not_valid_before(start - day).not_valid_after(start + 90 * day)
             .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
             .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False))
    return key, built.sign(issuer[0] if issuer else key, hashes.SHA256())


def pem(*certificates):
    return b"".join(c.public_bytes(Encoding.PEM) for c in certificates).decode()


def rsa_sign(key, text, hash):
    return b64(key.sign(text if isinstance(text, bytes) else text.encode(), padding.PKCS1v15(), hash()))


NOTE = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
CONFIRM = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")


def iso(t):
    return datetime.fromtimestamp(t, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def sns(book, authority):
    key, leaf = certificate("sns.amazonaws.com", book.now, authority)
    other, _ = certificate("sns.amazonaws.com", book.now, authority)
    params = {"topics": [TOPIC], "certificates": {SNS: pem(leaf)}, "authority": pem(authority[1])}

    def made(case, fields=NOTE, by=key, version="2", edit=None, **more):
        note = {"Type": "Notification", "MessageId": "mid-" + case, "TopicArn": TOPIC, "Message": '{"amount":1099}',
                "Timestamp": iso(more.pop("t", book.now)), **more}
        text = "".join(f"{name}\n{note[name]}\n" for name in fields if name in note)
        note["SignatureVersion"] = version
        note["Signature"] = rsa_sign(by, text, hashes.SHA1 if version == "1" else hashes.SHA256)
        note["SigningCertURL"] = SNS
        note["UnsubscribeURL"] = "https://sns.eu-central-1.amazonaws.com/?Action=Unsubscribe"
        return {**note, **(edit or {})}

    def put(case, note, expect, why, clock="now", **more):
        raw = note if isinstance(note, bytes) else json.dumps(note).encode()
        kind = note.get("Type", "Notification") if isinstance(note, dict) else "Notification"
        r = Request(HOST + "/aws-sns", [["x-amz-sns-message-type", kind], ["Content-Type", "text/plain; charset=UTF-8"]], raw)
        book.add("aws-sns-" + case, "aws-sns", {**params, **more}, r, expect, "A5, awsdocs: " + why, clock=clock)

    put("valid", made("valid"), "ok", "SignatureVersion 2, SHA-256")
    put("version-1", made("version-1", version="1"), "ok", "B4.17: accept both at first")
    put("subject", made("subject", Subject="Hello"), "ok", "Subject only if present")
    put("subject-added", made("subject-added", edit={"Subject": "evil"}), "mismatch", "Subject is signed when present")
    put("message-changed", made("message-changed", edit={"Message": "evil"}), "mismatch", "the message is signed")
    put("message-empty", made("message-empty", Message=""), "ok", "an empty text is a text")
    put("newline", made("newline", Message="a\nSubject\nb"), "ok", "newlines in the message are signed as they are")
    put("umlaut", made("umlaut", Message="Größe €"), "ok", "text is UTF-8, escapes are read")
    put("unsigned-added", made("unsigned-added", edit={"Evil": 1}), "ok", "other fields are not signed")
    put("other-topic", made("other-topic", TopicArn=TOPIC + "2"), "mismatch", "pin the TopicArn")
    put("wrong-key", made("wrong-key", by=other), "mismatch", "another key")
    put("version-3", made("version-3", edit={"SignatureVersion": "3"}), ("malformed", "mismatch"), "no such version")
    put("version-number", made("version-number", edit={"SignatureVersion": 2}), ("malformed", "mismatch", "missing"), "a text")
    put("version-lies", made("version-lies", version="1", edit={"SignatureVersion": "2"}), "mismatch", "B4.9")
    put("version-gone", {k: v for k, v in made("v-gone").items() if k != "SignatureVersion"}, ("missing", "malformed"), "required")
    put("signature-gone", {k: v for k, v in made("gone").items() if k != "Signature"}, ("missing", "malformed"), "required")
    put("signature-empty", made("empty", edit={"Signature": ""}), ("missing", "malformed"), "B4.6")
    put("signature-cut", made("cut", edit={"Signature": made("cut")["Signature"][:-4]}), ("malformed", "mismatch"), "a part")
    put("type-gone", {k: v for k, v in made("type-gone").items() if k != "Type"}, ("missing", "malformed", "mismatch"), "signed")
    put("old", made("old", t=book.now - 86400 * 2), ("stale", "ok"), "retries last for hours; no window is told")
    put("not-json", b"hello", ("missing", "malformed"), "not JSON")
    raw = json.dumps(made("twice")).encode()
    put("field-twice", raw.replace(b'"Message":', b'"Message": "evil", "Message":', 1), "malformed", "B4.11")
    put("confirm", made("confirm", CONFIRM, Type="SubscriptionConfirmation", Token="t" * 40,
                        SubscribeURL="https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription"), "ok",
        "the list of fields differs for subscription messages", confirmations=True)
    put("confirm-as-notification", made("c-a-n", NOTE, Type="SubscriptionConfirmation", Token="t" * 40,
                                        SubscribeURL="https://evil.example/"), "mismatch", "Token and SubscribeURL are signed",
        confirmations=True)
    put("confirm-unasked", made("confirm-unasked", CONFIRM, Type="SubscriptionConfirmation", Token="t" * 40,
                                SubscribeURL="https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription"),
        "challenge", "B4.14: nothing is confirmed, and nobody visited, because a message says so")
    for n, url in enumerate((
        "http://sns.eu-central-1.amazonaws.com/S.pem", "https://sns.eu-central-1.amazonaws.com.evil.example/S.pem",
        "https://evil.example/sns.eu-central-1.amazonaws.com/S.pem", "https://sns.eu-central-1.amazonaws.com@evil.example/S.pem",
        "https://bucket.s3.amazonaws.com/S.pem", "https://sns.eu-central-1.amazonaws.com:8443/S.pem",
        "https://snsXeu-central-1.amazonaws.com/S.pem", "https://sns.eu-central-1.amazonaws.com/S.txt",
        "https://sns.evil.eu-central-1.amazonaws.com/S.pem", "https://sns.eu-central-1.amazonaws.com/../S.pem?x=.pem", "",
        "file:///etc/passwd", "https://sns.amazonaws.com/S.pem#.pem",
    )):
        put(f"cert-url-{n}", made(f"cert-url-{n}", edit={"SigningCertURL": url}), ("missing", "malformed", "mismatch"),
            f"B4.14: not fetched from {url!r}", certificates={SNS: pem(leaf), url: pem(leaf)} if url else {SNS: pem(leaf)})


def collide(body, target):
    """Digits at the end of a text in `body` so that its CRC-32 is `target`: 40 digits, each 0 or 1, by Gauss."""
    size, at = 40, body.index(b"@" * 40)
    blank = body.replace(b"@" * size, b"0" * size)
    base = zlib.crc32(blank)
    rows = []
    for n in range(size):
        flipped = bytearray(blank)
        flipped[at + n] ^= 1
        rows.append((zlib.crc32(bytes(flipped)) ^ base, 1 << n))
    want, chosen, basis = base ^ target, 0, {}
    for value, mask in rows:
        while value and value.bit_length() in basis:
            other = basis[value.bit_length()]
            value, mask = value ^ other[0], mask ^ other[1]
        if value:
            basis[value.bit_length()] = (value, mask)
    while want:
        value, mask = basis[want.bit_length()]
        want, chosen = want ^ value, chosen ^ mask
    digits = bytes(49 if chosen >> n & 1 else 48 for n in range(size))
    forged = body.replace(b"@" * size, digits)
    assert zlib.crc32(forged) == target
    return forged


def paypal(book, authority):
    key, leaf = certificate("messageverificationcerts.paypal.com", book.now, authority)
    other, _ = certificate("messageverificationcerts.paypal.com", book.now, authority)
    hook = "1JE4291016473214C"
    params = {"webhook_id": hook, "certificates": {PAYPAL: pem(leaf, authority[1])}, "authority": pem(authority[1])}

    def made(case, body=None, by=key, t=book.now, hook=hook, hash=hashes.SHA256):
        body = event("paypal-" + case) if body is None else body
        ident, stamp = "tid-" + case, datetime.fromtimestamp(t, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        signature = rsa_sign(by, f"{ident}|{stamp}|{hook}|{zlib.crc32(body)}", hash)
        return Request(HOST + "/paypal", [
            ["PAYPAL-TRANSMISSION-SIG", signature], ["PAYPAL-TRANSMISSION-ID", ident], ["PAYPAL-TRANSMISSION-TIME", stamp],
            ["PAYPAL-CERT-URL", PAYPAL], ["PAYPAL-AUTH-ALGO", "SHA256withRSA"]], body)

    def put(case, r, expect, why, clock="now", certificates=None, **more):
        chosen = {**params, "certificates": certificates} if certificates else params
        book.add("paypal-" + case, "paypal", chosen, r, expect, "A5: " + why, clock=clock, **more)

    put("valid", made("valid"), "ok", "id|time|webhookId|crc32(body)")
    put("byte-changed", made("byte-changed").with_body(b'{"id":"evil"}'), "mismatch", "the CRC-32 of the body is signed")
    put("wrong-key", made("wrong-key", by=other), "mismatch", "another key")
    put("other-hook", made("other-hook", hook="0AB"), "mismatch", "the webhook id is configuration")
    put("sha1", made("sha1", hash=hashes.SHA1), "mismatch", "B4.9")
    put("says-sha1", made("says-sha1", hash=hashes.SHA1).with_header("PAYPAL-AUTH-ALGO", "SHA1withRSA"),
        ("missing", "malformed", "mismatch"), "B4.9: the message's word may only agree")
    for name in ("SIG", "ID", "TIME"):
        header = "PAYPAL-TRANSMISSION-" + name
        put("without-" + name.lower(), made("without-" + name.lower()).without(header), "missing", "required")
        r = made("twice-" + name.lower())
        put("twice-" + name.lower(), r.also(header, r.header(header)), "malformed", "B1: a header that occurs twice")
    put("without-cert-url", made("without-cert-url").without("PAYPAL-CERT-URL"), "missing", "required")
    put("id-changed", made("id-changed").with_header("PAYPAL-TRANSMISSION-ID", "x"), "mismatch", "the id is signed")
    put("time-changed", made("time-changed").with_header("PAYPAL-TRANSMISSION-TIME", iso(book.now - 1)), "mismatch", "signed")
    put("month-old", made("month-old", t=book.now - 86400 * 30), "stale", "retries last for 3 days; a month is no retry")
    put("empty-body", made("empty-body", body=b""), ("ok", "malformed"), "the CRC-32 of nothing is 0")
    first = made("captured")
    put("captured", first, "ok", "the delivery that somebody captures")
    forged = collide(b'{"id":"evt_evil","amount":999999,"pad":"' + b"@" * 40 + b'"}', zlib.crc32(first.body))
    put("crc-collision", first.with_body(forged), "replay", "B4.17: another body with the same CRC-32 under a captured "
        "signature; only the memory of transmission ids keeps it out", after="paypal-captured")
    for n, url in enumerate((
        "https://notpaypal.com/v1/notifications/certs/C", "http://api.paypal.com/v1/notifications/certs/C",
        "https://api.paypal.com.evil.example/v1/notifications/certs/C", "https://api.paypal.com@evil.example/c",
        "https://evil.example/?api.paypal.com", "https://api.paypal.com:8443/v1/notifications/certs/C", "api.paypal.com",
        "https://www.paypal.com/redirect?to=https://evil.example/c",
    )):
        put(f"cert-url-{n}", made(f"cert-url-{n}").with_header("PAYPAL-CERT-URL", url), ("missing", "malformed", "mismatch"),
            f"B4.14: not fetched from {url!r}", certificates={PAYPAL: pem(leaf, authority[1]), url: pem(leaf, authority[1])})


def family(book):
    authority = certificate("Amazon and PayPal of the vectors", book.now)
    sns(book, authority)
    paypal(book, authority)
