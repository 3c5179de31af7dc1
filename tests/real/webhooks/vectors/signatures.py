"""HTTP Message Signatures (RFC 9421) with Content-Digest (RFC 9530), as a webhook has to use them (A8)."""

import hashlib
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from kit import HOST, Request, b64, event, mac
from standard import private

NEEDS = ("@method", "@target-uri", "content-digest")
SECRET = "the-shared-secret-of-rfc-9421-vectors"


def digest(body, alg="sha256"):
    return f"{'sha-256' if alg == 'sha256' else 'sha-512'}=:{b64(hashlib.new(alg, body).digest())}:"


def value(request, component):
    parts = urlsplit(request.url)
    derived = {"@method": request.method, "@target-uri": request.url, "@authority": parts.netloc, "@path": parts.path,
               "@query": "?" + parts.query, "@scheme": parts.scheme, "@request-target": parts.path + "?" + parts.query}
    return derived[component] if component in derived else request.header(component)


def base(request, components, params):
    lines = [f'"{c}": {value(request, c)}' for c in components]
    inner = "(" + " ".join(f'"{c}"' for c in components) + ")" + params
    return "\n".join([*lines, f'"@signature-params": {inner}']), inner


class Signer:
    def __init__(self, kind):
        self.kind, self.key = kind, private("rfc9421")
        self.url = f"{HOST}/rfc9421?hook=1"
        pem = self.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        self.params = {"url": self.url, **({"public_keys": [pem]} if kind == "ed25519" else {"secrets": [SECRET]})}

    def sign(self, text, key=None):
        if self.kind == "ed25519":
            return (key or self.key).sign(text.encode())
        return mac(key or SECRET, text)

    def make(self, body, components=NEEDS, params="", label="sig1", key=None, alg="sha256"):
        r = Request(self.url, [["Content-Digest", digest(body, alg)], ["Date", "Thu, 01 Jan 2026 00:00:00 GMT"]], body)
        text, inner = base(r, components, params)
        return r.also("Signature-Input", f"{label}={inner}").also("Signature", f"{label}=:{b64(self.sign(text, key))}:")


def family(book):
    for kind in ("ed25519", "hmac-sha256"):
        cases(book, Signer(kind), "rfc9421-" + kind)
    labels(book, Signer("ed25519"))


def cases(book, s, prefix):
    now = book.now

    def put(case, expect, why, edit=lambda r: r, clock="now", params=f";created={now}", **made):
        body = event(f"{prefix}-{case}")
        r = edit(s.make(body, params=params + f';nonce="{prefix}-{case}"', **made))
        book.add(f"{prefix}-{case}", "rfc9421", s.params, r, expect, "RFC 9421, A8: " + why, clock=clock)

    def drop(*kept):
        return tuple(c for c in NEEDS if c not in kept)

    other = private("other") if s.kind == "ed25519" else "another-secret"
    put("valid", "ok", "method, target and digest are covered")
    put("in-parts", "ok", "@authority, @path and @query stand for @target-uri",
        components=("@method", "@authority", "@path", "@query", "content-digest"))
    put("more-covered", "ok", "more may be covered", components=(*NEEDS, "date"))
    put("sha-512", "ok", "RFC 9530: sha-512", alg="sha512")
    put("alg-said", "ok", "alg may agree", params=f';created={now};alg="{s.kind}"')
    put("alg-other", ("malformed", "mismatch"), "B4.9: alg comes from the configuration", params=f';created={now};alg="rsa-v1_5-sha256"')
    put("expires", "ok", "created and expires", params=f";created={now};expires={now + 60}")
    put("wrong-key", "mismatch", "another key", key=other)
    put("byte-changed", "mismatch", "the digest is of another body", lambda r: r.with_body(r.body.replace(b"1099", b"1098")))
    put("digest-replaced", "mismatch", "the digest is covered",
        lambda r: r.with_body(b"evil").with_header("Content-Digest", digest(b"evil")))
    put("method-changed", ("mismatch", "method"), "@method is covered", lambda r: setattr(r, "method", "PUT") or r)
    put("query-changed", "mismatch", "@target-uri is covered", lambda r: r.with_url(r.url + "&x=1"))
    put("expired", "stale", "created is old", params=f";created={now - 4000}")
    put("future", "future", "created is ahead", params=f";created={now + 4000}")
    put("expires-passed", "stale", "expires has passed", params=f";created={now};expires={now - 90}")
    put("no-time", ("missing", "malformed", "stale"), "A8: demand created or expires", params="")
    put("created-text", ("missing", "malformed"), "created is an integer", params=f';created="{now}"')
    put("no-digest-covered", ("missing", "malformed", "mismatch"), "A8: require content-digest, B.2.5 verifies for any body",
        components=drop("content-digest"))
    put("no-target-covered", ("missing", "malformed", "mismatch"), "A8: require the target, B.2.6 verifies for any query",
        components=drop("@target-uri"))
    put("no-query-covered", ("missing", "malformed", "mismatch"), "A8: @path alone verifies for any query",
        components=("@method", "@authority", "@path", "content-digest"))
    put("no-method-covered", ("missing", "malformed", "mismatch"), "A8: require @method", components=drop("@method"))
    put("nothing-covered", ("missing", "malformed", "mismatch"), "A8", components=())
    put("component-twice", ("malformed", "mismatch"), "RFC 9421 2: a component occurs once", components=(*NEEDS, "@method"))
    for header in ("Signature", "Signature-Input", "Content-Digest"):
        put("without-" + header.lower(), ("missing", "malformed", "mismatch"), "required", lambda r, h=header: r.without(h))
    put("signature-twice", "malformed", "B1: one header", lambda r: r.also("Signature", r.header("Signature")))
    put("digest-twice", ("malformed", "mismatch"), "two digests joined are another text than the signed one",
        lambda r: r.also("Content-Digest", digest(b"evil")))
    put("digest-weak", ("missing", "malformed", "mismatch"), "RFC 9530: md5 is not to be used",
        lambda r: r.with_header("Content-Digest", "md5=:" + b64(hashlib.md5(r.body).digest()) + ":"))
    put("unpadded", ("malformed", "mismatch"), "RFC 8941: byte sequences in full base64, or lenient; never another byte",
        lambda r: r.with_header("Signature", r.header("Signature").replace("=:", ":").replace("sig1:", "sig1=:")[:-3] + ":"))
    put("other-label", ("missing", "malformed"), "Signature-Input names sig1, Signature another",
        lambda r: r.with_header("Signature", r.header("Signature").replace("sig1", "sig2")))
    put("label-any", "ok", "labels are the sender's choice", label="whatever")


def labels(book, s):
    """Several labels may coexist."""
    body = event("rfc9421-two-labels")
    good = s.make(body, params=f";created={book.now}", label="mine")
    bad = s.make(body, params=f";created={book.now}", label="proxy", key=private("other"))
    r = good.with_header("Signature-Input", bad.header("Signature-Input") + ", " + good.header("Signature-Input"))
    r = r.with_header("Signature", bad.header("Signature") + ", " + good.header("Signature"))
    book.add("rfc9421-two-labels", "rfc9421", s.params, r, "ok", "A8: several labels may coexist, one match is enough", clock="now")
