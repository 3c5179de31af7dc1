"""JWTs that carry a hash of the body (A6): LiveKit, QStash."""

import base64
import hashlib
import json

from kit import HOST, Request, b64, b64url, event, mac

KEYS = ["livekit-secret-of-more-than-32-bytes-0001", "livekit-secret-of-more-than-32-bytes-0002"]
DROP = object()


def jwt(key, claims, head=None, alg="sha256", sign=True):
    head = {"alg": "HS256", "typ": "JWT", **(head or {})}
    text = b64url(json.dumps(head).encode()) + "." + b64url(json.dumps(claims).encode())
    return text + "." + (b64url(mac(key, text, alg)) if sign else "")


def kept(claims):
    return {name: value for name, value in claims.items() if value is not DROP}


class Ticketed:
    def __init__(self, preset, header, issuer, claims, key_id=None):
        self.preset, self.header, self.issuer, self.claims = preset, header, issuer, claims
        self.url = f"{HOST}/{preset}"
        self.params = {"secrets": KEYS, "issuer": issuer, "url": self.url}

    def put(self, book, case, expect, why, key=KEYS[0], body=None, edit=None, clock="now", write=lambda t: t, **made):
        signed = event(f"{self.preset}-{case}")
        claims = kept({**self.claims(book.now, signed, self), **(edit or {}), "jti": f"jti-{case}"})
        ticket = write(jwt(key, claims, **made))
        r = Request(self.url, [[self.header, ticket]], signed if body is None else body)
        book.add(f"{self.preset}-{case}", self.preset, self.params, r, expect, "A6: " + why, clock=clock)


def livekit(now, body, s):
    return {"iss": s.issuer, "nbf": now, "exp": now + 300, "sha256": b64(hashlib.sha256(body).digest())}


def qstash(now, body, s):
    return {"iss": "Upstash", "sub": s.url, "nbf": now, "iat": now, "exp": now + 300,
            "body": base64.urlsafe_b64encode(hashlib.sha256(body).digest()).decode()}


def family(book):
    for s, claim in ((Ticketed("livekit", "Authorization", "APIkey1", livekit), "sha256"),
                     (Ticketed("qstash", "Upstash-Signature", "Upstash", qstash), "body")):
        cases(book, s, claim)
    s = Ticketed("qstash", "Upstash-Signature", "Upstash", qstash)
    s.put(book, "other-url", "mismatch", "sub is the URL", edit={"sub": "https://evil.example/qstash"})
    s.put(book, "no-url", ("missing", "malformed", "mismatch"), "sub is the URL", edit={"sub": DROP})
    digest = b64url(hashlib.sha256(event("qstash-unpadded")).digest())
    s.put(book, "unpadded", "ok", "base64url with and without padding is the same hash", edit={"body": digest})


def cases(book, s, claim):
    now, put = book.now, lambda *a, **k: s.put(book, *a, **k)
    put("valid", "ok", "a ticket for this body")
    put("second-secret", "ok", "two keys for rotation", key=KEYS[1])
    put("wrong-secret", "mismatch", "another key", key="x" * 40)
    put("byte-changed", "mismatch", "the claim is the hash of the body", body=b'{"id":"evil"}')
    put("body-gone", "mismatch", "the claim is the hash of the body", body=b"")
    put("signature-truncated", ("malformed", "mismatch"), "a part is none", write=lambda t: t[:-1])
    put("signature-gone", ("malformed", "mismatch"), "B4.9", write=lambda t: t.rsplit(".", 1)[0] + ".")
    put("two-parts", "malformed", "a JWT has three parts", write=lambda t: t.rsplit(".", 1)[0])
    put("four-parts", "malformed", "a JWT has three parts", write=lambda t: t + ".x")
    put("expired", "stale", "exp has passed", edit={"nbf": now - 1000, "iat": now - 1000, "exp": now - 400})
    put("not-yet", "future", "nbf has not come", edit={"nbf": now + 400, "exp": now + 1000})
    put("no-exp", ("ok", "missing", "malformed", "stale"), "no word on a ticket without an end", edit={"exp": DROP})
    put("exp-text", ("malformed", "mismatch", "stale"), "exp is a number", edit={"exp": str(now + 300)})
    put("exp-huge", ("malformed", "future", "ok"), "the sender's is 5 minutes; a ticket for ever is unlikely", edit={"exp": now + 10**9})
    put("no-hash", ("missing", "malformed", "mismatch"), "the body is bound by the claim", edit={claim: DROP})
    put("hash-empty", ("missing", "malformed", "mismatch"), "B4.6", edit={claim: ""})
    put("hash-null", ("missing", "malformed", "mismatch"), "B4.6", edit={claim: None})
    put("hash-list", ("missing", "malformed", "mismatch"), "B4.6", edit={claim: ["x"]})
    put("other-issuer", "mismatch", "iss is fixed", edit={"iss": "Mallory"})
    put("no-issuer", ("missing", "malformed", "mismatch"), "iss is fixed", edit={"iss": DROP})
    put("alg-none", ("malformed", "mismatch"), "B4.9", head={"alg": "none"}, sign=False)
    put("alg-None", ("malformed", "mismatch"), "B4.9", head={"alg": "None"}, sign=False)
    put("alg-hs512", ("malformed", "mismatch"), "B4.9: the algorithm is the configured one", head={"alg": "HS512"}, alg="sha512")
    put("alg-lies", ("malformed", "mismatch"), "B4.9: HS512 said, HS256 made", head={"alg": "HS512"})
    put("alg-rs256", ("malformed", "mismatch"), "B4.9", head={"alg": "RS256"})
    put("crit", ("malformed", "mismatch"), "RFC 7515 4.1.11: what is critical and not known", head={"crit": ["x"], "x": 1})
    r = Request(s.url, [], event(f"{s.preset}-missing"))
    book.add(f"{s.preset}-missing", s.preset, s.params, r, "missing", "A6: no ticket", clock="any")
    put_twice(book, s)


def put_twice(book, s):
    body = event(f"{s.preset}-twice")
    ticket = jwt(KEYS[0], {**s.claims(book.now, body, s), "jti": "twice"})
    r = Request(s.url, [[s.header, ticket], [s.header, ticket]], body)
    book.add(f"{s.preset}-twice", s.preset, s.params, r, "malformed", "B1: a header that occurs twice", clock="now")
    r = Request(s.url, [[s.header, "Bearer " + ticket]], body)
    if s.preset == "livekit":
        book.add("livekit-bearer", s.preset, s.params, r, ("malformed", "mismatch", "ok"), "A6: the token is bare", clock="now")
