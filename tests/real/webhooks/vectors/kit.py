"""What every family of vectors is written with: a request, a sender, the book, and the ten cases.

Nothing here knows the gate. A vector says what a sender's documentation, or the catalogue of schemes, says must
happen; what the gate says is compared elsewhere.
"""

import base64
import copy
import hashlib
import hmac
import json

HOST = "https://hooks.example.com"


def mac(key, text, alg="sha256"):
    key = key.encode() if isinstance(key, str) else key
    text = text.encode() if isinstance(text, str) else text
    return hmac.new(key, text, alg).digest()


def b64(raw):
    return base64.b64encode(raw).decode()


def b64url(raw):
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def whsec(seed, size=24):
    """A secret of Standard Webhooks: `whsec_` and base64 of random bytes, here drawn from a word."""
    raw = hashlib.sha512(seed.encode()).digest()[:size]
    return "whsec_" + b64(raw)


def raw_of(secret):
    return base64.b64decode(secret.split("_", 1)[1])


def event(name, **more):
    """A body that no other vector has, so that no replay memory takes one for another."""
    return json.dumps({"id": "evt_" + name, "amount": 1099, **more}).encode()


class Request:
    def __init__(self, url, headers, body, method="POST"):
        self.method, self.url, self.body = method, url, body
        self.headers = [[name, value] for name, value in headers]

    def copy(self):
        return copy.deepcopy(self)

    def header(self, name):
        return next(value for key, value in self.headers if key.lower() == name.lower())

    def with_header(self, name, value):
        """A copy in which the first header of this name says something else."""
        other = self.copy()
        for pair in other.headers:
            if pair[0].lower() == name.lower():
                pair[1] = value
                return other
        other.headers.append([name, value])
        return other

    def also(self, name, value):
        other = self.copy()
        other.headers.append([name, value])
        return other

    def without(self, *names):
        other = self.copy()
        gone = [name.lower() for name in names]
        other.headers = [pair for pair in other.headers if pair[0].lower() not in gone]
        return other

    def with_body(self, body):
        other = self.copy()
        other.body = body
        return other

    def with_url(self, url):
        other = self.copy()
        other.url = url
        return other


class Book:
    """The vectors, in the order in which they are to be sent."""

    def __init__(self, now):
        self.now, self.lines, self.names = now, [], set()

    def add(self, name, preset, params, request, expect, why, now=None, clock=None, **more):
        """`expect`: "ok", or the class (or classes) of the refusal; with "ok" among them either will do. `clock`: "any" where no time is read, "now" where
        the vector is good or bad at the moment it was made for and a minute around it, "edge" where a second counts,
        "fixed" where it is of a time in the past."""
        assert name not in self.names, name
        self.names.add(name)
        classes = [] if expect == "ok" else [expect] if isinstance(expect, str) else list(expect)
        self.lines.append({
            "name": name,
            "preset": preset,
            "params": params,
            "request": {
                "method": request.method,
                "url": request.url,
                "headers": request.headers,
                "body": b64(request.body),
            },
            "now": self.now if now is None else now,
            "clock": clock or ("fixed" if now is not None else "any"),
            "expect": "either" if "ok" in classes else "refused" if classes else "ok",
            "class": classes,
            "why": why,
            **more,
        })


class Sender:
    """One sender: `make(keys, name, t, body)` is the request it would send, signed with each of `keys` in turn.

    `window` is the tolerance in seconds, or None where no time is judged. `needs` are the headers without which
    nothing can be verified; `carries` is the one that bears the signature, None where the body does.
    """

    def __init__(self, preset, params, make, needs, window=None, many=False, wrong=None, body=None, keys=None, **more):
        self.preset, self.params, self.make, self.window, self.many = preset, params, make, window, many
        self.needs, self.carries = needs, needs[0] if needs else None
        self.keys = keys or params.get("secrets")
        self.wrong = wrong or "not-the-secret-of-this-hook"
        self.body = body or event
        self.label = more.pop("label", preset)
        self.covers = more.pop("covers", True)
        self.clear = more.pop("clear", True)
        self.twice = more.pop("twice", "malformed")
        self.cut = more.pop("cut", ("malformed", "mismatch"))
        assert not more, more

    def request(self, book, case, keys=None, t=None, body=None):
        name = f"{self.label}-{case}"
        body = self.body(name) if body is None else body
        return self.make(keys or self.keys[:1], name, book.now if t is None else t, body)

    def add(self, book, case, request, expect, why, clock=None, **more):
        clock = clock or ("any" if self.window is None else "now" if self.window >= 60 else "edge")
        book.add(f"{self.label}-{case}", self.preset, self.params, request, expect, why, clock=clock, **more)


def ten(book, s, source):
    """The cases that every scheme has; `source` is where the scheme is told."""

    def case(name, expect, why, request=None, clock=None, **made):
        s.add(book, name, request or s.request(book, name, **made), expect, f"{source}: {why}", clock)

    case("valid", "ok", "signed as described")
    bodies(s, book, case)
    case("wrong-secret", "mismatch", "signed with another secret", keys=[s.wrong])
    for header in s.needs:
        r = s.request(book, "without-" + header.lower())
        case("without-" + header.lower(), "missing", f"{header} is part of every delivery", r.without(header))
        r = s.request(book, "twice-" + header.lower())
        case("twice-" + header.lower(), s.twice, "B1: a header needed once that occurs twice is an error, also with "
             "equal values", r.also(header, r.header(header)))
    if s.carries:
        signatures(s, book, case)
    if len(s.keys) > 1:
        case("second-secret", "ok", "B6: any of the secrets of the list may have signed", keys=[s.keys[1]])
        if s.many:
            case("second-signature", "ok", "one match among several signatures is enough", keys=[s.wrong, s.keys[0]])
            case("first-signature", "ok", "one match is enough wherever it stands", keys=[s.keys[0], s.wrong])
            case("both-wrong", "mismatch", "no signature of the list is right", keys=[s.wrong, s.wrong + "x"])
    if s.window is not None:
        window(s, book, case)


def bodies(s, book, case):
    if s.covers and s.body is event:
        r = s.request(book, "byte-changed")
        case("byte-changed", "mismatch", "the body is covered", r.with_body(r.body.replace(b"1099", b"1098")))
        r = s.request(book, "body-truncated")
        # Where the body has to be read for a time that stands in it, a broken one is malformed.
        broken = "mismatch" if s.clear else ("malformed", "mismatch", "missing")
        case("body-truncated", broken, "the body is covered to its last byte", r.with_body(r.body[:-1]))
        r = s.request(book, "body-longer")
        case("body-longer", "mismatch", "the body is covered to its last byte", r.with_body(r.body + b"\n"))
        r = s.request(book, "body-gone")
        case("body-gone", broken, "the signature is of another body", r.with_body(b""))


def signatures(s, book, case):
    r = s.request(book, "signature-truncated")
    value = r.header(s.carries)
    case("signature-truncated", s.cut, "a part of a signature is none", r.with_header(s.carries, value[:-1]))
    r = s.request(book, "signature-empty")
    case("signature-empty", ("missing", "malformed"), "B4.6: an empty signature is always an error",
         r.with_header(s.carries, ""))
    r = s.request(book, "signature-of-another")
    other = s.request(book, "another")
    case("signature-of-another", "mismatch", "a signature of another body is none of this one",
         r.with_header(s.carries, other.header(s.carries)))
    r = s.request(book, "two-unlike")
    case("two-unlike", s.twice, "B1: which of two headers counts is not for an attacker to choose",
         r.also(s.carries, other.header(s.carries)))


def window(s, book, case):
    w = s.window
    case("expired", "stale", f"older than the window of {w} s", t=book.now - w - 90)
    case("future", "future", f"B4.16: the window of {w} s holds in both directions", t=book.now + w + 90)
    case("at-the-edge", "ok", "the last moment of the window is inside", t=book.now - w, clock="edge")
    case("past-the-edge", "stale", "one second past the window is outside", t=book.now - w - 1, clock="edge")
    case("ahead-past-the-edge", "future", "one second past the window is outside", t=book.now + w + 1, clock="edge")
    case("day-old", "stale", "a captured delivery is no good a day later", t=book.now - 86400 - w)
