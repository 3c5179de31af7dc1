"""Standard Webhooks and those who sign as it says (A3)."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from kit import HOST, Request, Sender, b64, event, mac, raw_of, ten, whsec

KEYS = [whsec("one"), whsec("two", 32)]


def entry(secret, ident, ts, body):
    return "v1," + b64(mac(raw_of(secret), f"{ident}.{ts}.".encode() + body))


def sender(preset, prefix="webhook"):
    def make(keys, name, now, body):
        ident, ts = "msg_" + name, str(now)
        keys = [k if k.startswith("whsec_") else whsec(k) for k in keys]
        value = " ".join(entry(k, ident, ts, body) for k in keys)
        pairs = [[prefix + "-signature", value], [prefix + "-id", ident], [prefix + "-timestamp", ts]]
        return Request(f"{HOST}/{preset}", pairs, body)

    needs = [prefix + part for part in ("-signature", "-id", "-timestamp")]
    return Sender(preset, {"secrets": KEYS}, make, needs, window=300, many=True)


def private(seed):
    return Ed25519PrivateKey.from_private_bytes(mac("seed", seed))


def public(key):
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def asymmetric():
    one, two, other = private("one"), private("two"), private("three")
    params = {"public_keys": ["whpk_" + b64(public(one)), "whpk_" + b64(public(two))]}

    def make(keys, name, now, body):
        ident, ts = "msg_" + name, str(now)
        signed = f"{ident}.{ts}.".encode() + body
        keys = [other if isinstance(k, str) else k for k in keys]
        value = " ".join("v1a," + b64(k.sign(signed)) for k in keys)
        return Request(HOST + "/standard-webhooks-v1a", [
            ["webhook-signature", value], ["webhook-id", ident], ["webhook-timestamp", ts]], body)

    needs = ["webhook-signature", "webhook-id", "webhook-timestamp"]
    return Sender("standard-webhooks-v1a", params, make, needs, window=300, many=True, keys=[one, two])


def family(book):
    a3 = "standardwebhooks.com spec 1.0.0, catalogue A3"
    for preset, prefix in (("standard-webhooks", "webhook"), ("svix", "svix"), ("gitlab", "webhook"), ("openai", "webhook")):
        ten(book, sender(preset, prefix), a3)
    ten(book, asymmetric(), a3)
    lists(book)
    ids(book)
    v1a(book)
    gitlab(book)


def lists(book):
    s = sender("standard-webhooks")

    def put(case, write, expect, why):
        ident, body = "msg_list-" + case, event("standard-webhooks-" + case)
        right = entry(KEYS[0], ident, book.now, body)
        pairs = [["webhook-id", ident], ["webhook-timestamp", str(book.now)], *write(right)]
        s.add(book, case, Request(HOST + "/standard-webhooks", pairs, body), expect, why)

    wrong = "v1," + b64(bytes(32))

    def one(value):
        return [["webhook-signature", value]]

    put("duplicate-signature-header", lambda r: [["webhook-signature", r], ["webhook-signature", r]], "malformed",
        "B1 and the vector stdwh-duplicate-signature-header of the catalogue")
    put("joined-signature-header", lambda r: one(f"{r}, {r}"), ("ok", "malformed", "mismatch"),
        "B4.7: joined by an earlier hop; the list is one of spaces, so that the first is undecodable, and skipped by B1, and "
        "the second is an entry")
    put("joined-wrong-last", lambda r: one(f"{r}, {wrong}"), ("malformed", "mismatch"),
        "B4.7: the first ends in a comma and is no base64, the second is wrong")
    put("tail-garbage", lambda r: one(r + " garbage"), "ok", "B1: entries that say nothing are skipped")
    put("v2-skipped", lambda r: one(f"v2,{r[3:]} {r}"), "ok", "B1: unknown labels are skipped")
    put("v2-only", lambda r: one("v2," + r[3:]), ("malformed", "missing"), "B1: zero usable entries is an error")
    put("upper-label", lambda r: one("V1," + r[3:]), ("malformed", "missing"), "B1: labels compare with their case")
    put("no-label", lambda r: one(r[3:]), ("malformed", "missing"), "B1: zero usable entries is an error")
    put("label-only", lambda r: one("v1,"), ("malformed", "missing"), "B4.6: a prefix alone is an error")
    put("equals-for-comma", lambda r: one("v1=" + r[3:]), ("malformed", "missing"), "A3: entries are `v1,` and base64")
    put("undecodable-first", lambda r: one(f"v1,*** {r}"), "ok", "B1: undecodable entries are not fatal to the others")
    put("sixteen", lambda r: one(" ".join([wrong] * 15 + [r])), "ok", "B1: at most 16 signatures")
    put("seventeen", lambda r: one(" ".join([wrong] * 16 + [r])), "malformed", "B1: at most 16 signatures")
    put("seventeen-right-first", lambda r: one(" ".join([r] + [wrong] * 16)), "malformed", "B1: at most 16 signatures")
    put("two-spaces", lambda r: one(f"{wrong}  {r}"), "ok", "B1: items are trimmed of spaces")
    put("unpadded", lambda r: one(r.rstrip("=")), ("malformed", "mismatch"), "B1: base64 with exact padding")
    put("overpadded", lambda r: one(r + "="), ("malformed", "mismatch"), "B1: base64 with exact padding")
    put("empty-body-changed", lambda r: one(entry(KEYS[0], "x", 1, b"")), "mismatch", "signed for another request")
    ident = "msg_empty"
    r = Request(HOST + "/standard-webhooks", [["webhook-signature", entry(KEYS[0], ident, book.now, b"")],
                ["webhook-id", ident], ["webhook-timestamp", str(book.now)]], b"")
    s.add(book, "empty-body", r, "ok", "B4.6: an empty body is legitimate")


def ids(book):
    s = sender("standard-webhooks")
    cases = (("dot", "msg_1.2", "malformed", "A3: ids must not contain dots"),
             ("empty", "", ("missing", "malformed"), "an id is required"),
             ("space-inside", "msg_a b", ("malformed", "ok"), "not told whether an id may hold a space"),
             ("long", "m" * 2000, ("malformed", "ok"), "no longest id is told"))
    for case, ident, expect, why in cases:
        body = event("standard-webhooks-id-" + case)
        pairs = [["webhook-signature", entry(KEYS[0], ident, book.now, body)], ["webhook-id", ident],
                 ["webhook-timestamp", str(book.now)]]
        s.add(book, "id-" + case, Request(HOST + "/standard-webhooks", pairs, body), expect, why)
    # The digits move: `a.1` at time T and body B is the same text as `a` at 1 with the body `T.B`.
    t, body = book.now, event("standard-webhooks-moved")
    signature = entry(KEYS[0], f"msg_moved.{t}", t, body)
    pairs = [["webhook-signature", signature], ["webhook-id", "msg_moved"], ["webhook-timestamp", str(t)]]
    s.add(book, "id-moved-into-body", Request(HOST + "/standard-webhooks", pairs, f"{t}.".encode() + body), "ok",
          "B4.10: the text is the same; only a sender that never uses dots in ids keeps this from being made")
    right = s.request(book, "id-changed")
    s.add(book, "id-changed", right.with_header("webhook-id", "msg_other"), "mismatch", "the id is signed")
    right = s.request(book, "time-changed")
    s.add(book, "time-changed", right.with_header("webhook-timestamp", str(t - 1)), "mismatch", "the time is signed")
    first = s.request(book, "retry")
    s.add(book, "retry", first, "ok", "the first delivery of an event")
    again = s.make(KEYS[:1], "standard-webhooks-retry", t - 2, first.body)
    s.add(book, "retry-again", again, "replay", "B5: the id is the same while time and signature change", after="standard-webhooks-retry")


def v1a(book):
    s = asymmetric()
    r = s.request(book, "beside-v1")
    value = entry(KEYS[0], r.header("webhook-id"), book.now, r.body) + " " + r.header("webhook-signature")
    s.add(book, "beside-v1", r.with_header("webhook-signature", value), "ok", "A3: v1a may appear beside v1")
    r = s.request(book, "v1-with-the-public-key")
    signed = f"{r.header('webhook-id')}.{book.now}.".encode() + r.body
    forged = "v1," + b64(mac(public(private("one")), signed))
    s.add(book, "v1-with-the-public-key", r.with_header("webhook-signature", forged), ("missing", "malformed"),
          "B4.9: a public key is never a key of an HMAC")
    forged = "v1a," + b64(mac(public(private("one")), signed))
    s.add(book, "mac-under-v1a", r.with_header("webhook-signature", forged), ("malformed", "mismatch"),
          "B4.9: a MAC is no signature of Ed25519")
    h = sender("standard-webhooks")
    r = h.request(book, "v1a-skipped")
    value = "v1a," + b64(bytes(64)) + " " + r.header("webhook-signature")
    h.add(book, "v1a-skipped", r.with_header("webhook-signature", value), "ok", "A3: who holds one kind of key skips the other")
    r = h.request(book, "v1a-only")
    h.add(book, "v1a-only", r.with_header("webhook-signature", "v1a," + b64(bytes(64))), ("missing", "malformed"),
          "B1: zero usable entries is an error")


def gitlab(book):
    s = sender("gitlab")
    r = s.request(book, "token-only").without("webhook-signature").also("X-Gitlab-Token", KEYS[0])
    s.add(book, "token-only", r, "missing", "A3: no way down from the signature to the token")
    r = s.request(book, "token-right-signature-wrong", keys=["x"]).also("X-Gitlab-Token", KEYS[0])
    s.add(book, "token-right-signature-wrong", r, "mismatch", "A3: do not fall back to the token")
    r = s.request(book, "token-beside").also("X-Gitlab-Token", "old-token")
    s.add(book, "token-beside", r, "ok", "A3: the old token may be set too")
