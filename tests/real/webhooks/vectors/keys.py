"""Public-key signatures in headers (A5): Discord, Telnyx, SendGrid."""

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from kit import HOST, Request, Sender, b64, event, mac, ten
from standard import private, public

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def point(seed):
    return ec.derive_private_key(int.from_bytes(mac("ec", seed)) % ORDER, ec.SECP256R1())


def spki(key):
    return b64(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def edwards(preset, header, time_header, join, form, shown, window):
    one, two, other = private("d1"), private("d2"), private("d3")
    params = {"public_keys": [shown(public(one)), shown(public(two))]}

    def make(keys, name, now, body):
        key = other if isinstance(keys[0], str) else keys[0]
        ts = str(now)
        pairs = [[header, form(key.sign(ts.encode() + join + body))], [time_header, ts]]
        return Request(f"{HOST}/{preset}", pairs, body)

    return Sender(preset, params, make, [header, time_header], window=window, keys=[one, two])


def sendgrid(window):
    one, two, other = point("s1"), point("s2"), point("s3")
    params = {"public_keys": [spki(one), spki(two)]}

    def make(keys, name, now, body):
        key = other if isinstance(keys[0], str) else keys[0]
        ts = str(now)
        signature = key.sign(ts.encode() + body, ec.ECDSA(hashes.SHA256()))
        return Request(HOST + "/sendgrid", [["X-Twilio-Email-Event-Webhook-Signature", b64(signature)],
                                            ["X-Twilio-Email-Event-Webhook-Timestamp", ts]], body)

    needs = ["X-Twilio-Email-Event-Webhook-Signature", "X-Twilio-Email-Event-Webhook-Timestamp"]
    return Sender("sendgrid", params, make, needs, window=window, keys=[one, two])


def hexed(raw):
    return raw.hex()


def family(book):
    d = edwards("discord", "X-Signature-Ed25519", "X-Signature-Timestamp", b"", hexed, hexed, 300)
    ten(book, d, "A5, docs.discord.com (the window is the gate's own)")
    t = edwards("telnyx", "telnyx-signature-ed25519", "telnyx-timestamp", b"|", b64, b64, 300)
    ten(book, t, "A5")
    s = sendgrid(300)
    ten(book, s, "A5 (the window is the gate's own)")
    discord(book, d)
    telnyx(book, t)
    der(book, s)


def discord(book, s):
    key = private("d1")
    r = s.request(book, "upper-hex")
    s.add(book, "upper-hex", r.with_header(s.carries, r.header(s.carries).upper()), "ok", "B1: hex in either case")
    r = s.request(book, "mac-of-public-key")
    forged = mac(public(key), str(book.now).encode() + r.body).hex()
    s.add(book, "mac-of-public-key", r.with_header(s.carries, forged), ("malformed", "mismatch"),
          "B4.9: a public key is never a key of an HMAC")
    forged = mac(public(key), str(book.now).encode() + r.body, "sha512").hex()
    s.add(book, "mac512-of-public-key", r.with_header(s.carries, forged), "mismatch",
          "B4.9: a public key is never a key of an HMAC, of the length of a signature either")
    # B4.10: a digit moves from the time into the body.
    ts, body = str(book.now), event("discord-moved")
    signature = key.sign(ts.encode() + body).hex()
    r = Request(HOST + "/discord", [[s.needs[0], signature], [s.needs[1], ts[:-1]]], ts[-1:].encode() + body)
    s.add(book, "digit-moved", r, "stale", "B4.10: digits can move between time and body, the window closes it")
    body = b"7" + event("discord-moved-up")
    signature = key.sign(ts.encode() + body).hex()
    r = Request(HOST + "/discord", [[s.needs[0], signature], [s.needs[1], ts + "7"]], body[1:])
    s.add(book, "digit-moved-up", r, "future", "B4.10: digits can move between time and body, the window closes it")
    # An S that is larger by the order of the group is the same signature to a lenient verifier (RFC 8032 5.1.7).
    group = 2**252 + 27742317777372353535851937790883648493
    r = s.request(book, "malleable")
    raw = bytes.fromhex(r.header(s.carries))
    larger = raw[:32] + (int.from_bytes(raw[32:], "little") + group).to_bytes(32, "little")
    s.add(book, "malleable", r.with_header(s.carries, larger.hex()), ("malformed", "mismatch"), "RFC 8032 5.1.7: S below L")
    s.add(book, "zeros", r.with_header(s.carries, "00" * 64), ("malformed", "mismatch"), "zeros are no signature")


def telnyx(book, s):
    r = s.request(book, "pipe-in-body", body=b"|" + event("telnyx-pipe"))
    s.add(book, "pipe-in-body", r, "ok", "the time holds no pipe, so that the first one ends it")
    r = s.request(book, "urlsafe")
    value = r.header(s.carries)
    while "+" not in value and "/" not in value:
        r = s.request(book, "urlsafe", body=r.body + b" ")
        value = r.header(s.carries)
    s.add(book, "urlsafe", r.with_header(s.carries, value.replace("+", "-").replace("/", "_")), ("malformed", "mismatch"),
          "B1: base64 with its own alphabet")


def der(book, s):
    key = point("s1")
    r = s.request(book, "crlf", body=b'[{"email":"a@b.c","event":"open"}]\r\n')
    s.add(book, "crlf", r, "ok", "A5: bodies end in CRLF")
    s.add(book, "crlf-stripped", s.request(book, "crlf", body=r.body + b" \r\n").with_body(r.body + b" "), "mismatch",
          "A5: bodies end in CRLF, which is signed")
    r = s.request(book, "raw-rs")
    pair = decode_dss_signature(key.sign(str(book.now).encode() + r.body, ec.ECDSA(hashes.SHA256())))
    raw = b"".join(n.to_bytes(32) for n in pair)
    s.add(book, "raw-rs", r.with_header(s.carries, b64(raw)), ("malformed", "mismatch"), "A5: the signature must be DER")
    signature = key.sign(str(book.now).encode() + r.body, ec.ECDSA(hashes.SHA256()))
    s.add(book, "der-tail", r.with_header(s.carries, b64(signature + b"\0")), ("malformed", "mismatch"),
          "B4.15: nothing may follow the signature")
    r = s.request(book, "sha1")
    weak = key.sign(str(book.now).encode() + r.body, ec.ECDSA(hashes.SHA1()))
    s.add(book, "sha1", r.with_header(s.carries, b64(weak)), "mismatch", "B4.9: the hash is the configured one")
