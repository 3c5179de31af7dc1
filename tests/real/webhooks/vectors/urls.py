"""URL, method or form fields inside what is signed (A4)."""

import hashlib
from urllib.parse import quote_plus

from kit import HOST, Request, Sender, b64, event, mac, ten

KEYS = ["12345-auth-token", "the-next-auth-token"]


def simple(preset, header, signed, form, alg="sha256"):
    url = f"{HOST}/{preset}?source=a&b=2"

    def make(keys, name, now, body):
        return Request(url, [[header, form(mac(keys[0], signed(url.encode(), body), alg))]], body)

    return Sender(preset, {"secrets": KEYS, "url": url}, make, [header])


def hubspot3(keys, name, now, body):
    url, ts = HOST + "/hubspot-v3?portal=62515", str(now * 1000)
    text = b"POST" + url.encode() + body + ts.encode()
    return Request(url, [["X-HubSpot-Signature-v3", b64(mac(keys[0], text))], ["X-HubSpot-Request-Timestamp", ts]], body)


def hubspot(version):
    url = f"{HOST}/hubspot-{version}"

    def make(keys, name, now, body):
        text = keys[0].encode() + (b"POST" + url.encode() if version == "v2" else b"") + body
        pairs = [["X-HubSpot-Signature", hashlib.sha256(text).hexdigest()], ["X-HubSpot-Signature-Version", version]]
        return Request(url, pairs, body)

    return Sender(f"hubspot-{version}", {"secrets": KEYS, "url": url}, make, ["X-HubSpot-Signature"])


FORM = ["Content-Type", "application/x-www-form-urlencoded"]


def form_text(pairs):
    """Names and values after one another, sorted, each pair once."""
    return "".join(name + value for name, value in sorted(set(pairs)))


def form_body(pairs):
    return "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in pairs).encode()


def twilio(key, url, pairs, alg="sha1"):
    return b64(mac(key, url + form_text(pairs), alg))


def formed(preset, header, alg="sha1", settings=None):
    url = f"{HOST}/{preset}?foo=1&bar=2"

    def make(keys, name, now, body):
        pairs = [("CallSid", "CA" + name), ("From", "+14158675309"), ("Digits", ""), ("amount", "1099")]
        headers = [[header, twilio(keys[0], url, pairs, alg)], FORM]
        return Request(url, headers + ([settings] if settings else []), form_body(pairs))

    return Sender(preset, {"secrets": KEYS, "url": url}, make, [header])


def family(book):
    a4 = "catalogue A4"
    square = simple("square", "x-square-hmacsha256-signature", lambda u, b: u + b, b64)
    ten(book, square, a4)
    trello = simple("trello", "X-Trello-Webhook", lambda u, b: b + u, b64, "sha1")
    ten(book, trello, a4)
    v3 = Sender("hubspot-v3", {"secrets": KEYS, "url": HOST + "/hubspot-v3?portal=62515"}, hubspot3,
                ["X-HubSpot-Signature-v3", "X-HubSpot-Request-Timestamp"], window=300)
    ten(book, v3, a4)
    for version in ("v1", "v2"):
        ten(book, hubspot(version), a4)
    for preset, header in (("twilio", "X-Twilio-Signature"), ("mandrill", "X-Mandrill-Signature"),
                           ("splunk-on-call", "X-VictorOps-Signature")):
        s = formed(preset, header)
        ten(book, s, a4)
    downgrade(book, v3)
    targets(book, square)
    twilio_form(book)
    twilio_json(book)
    shared(book)


def downgrade(book, v3):
    body = event("hubspot-v3-only-v1")
    text = KEYS[0].encode() + body
    pairs = [["X-HubSpot-Signature", hashlib.sha256(text).hexdigest()], ["X-HubSpot-Signature-Version", "v1"]]
    v3.add(book, "only-v1", Request(v3.params["url"], pairs, body), "missing", "B4.8: no way down from v3 to v1")
    r = v3.request(book, "seconds")
    ts = str(book.now)
    text = b"POST" + r.url.encode() + r.body + ts.encode()
    pairs = [["X-HubSpot-Signature-v3", b64(mac(KEYS[0], text))], ["X-HubSpot-Request-Timestamp", ts]]
    v3.add(book, "seconds-for-ms", Request(r.url, pairs, r.body), "stale", "B4.16: a unit taken for another must fail")
    r = v3.request(book, "method-changed")
    r.method = "PUT"
    v3.add(book, "method-changed", r, ("mismatch", "method"), "the method is signed", "now")
    for version, other in (("v1", "v2"), ("v2", "v1")):
        s = hubspot(version)
        r = s.request(book, "labelled-" + other)
        s.add(book, "labelled-" + other, r.with_header("X-HubSpot-Signature-Version", other),
              ("missing", "malformed", "mismatch"), "B4: one version, never whatever is present")


def targets(book, s):
    """Pitfall 13: the URL is the one registered plus the target as it came."""
    base = HOST + "/square"
    why = "B4.13: query order and case matter, nothing is decoded or cleaned up"
    for case, url in (("query-order", base + "?b=2&source=a"), ("query-gone", base), ("query-case", base + "?source=A&b=2"),
                      ("query-longer", base + "?source=a&b=2&c=3"), ("query-escaped", base + "?source=%61&b=2")):
        r = s.request(book, case)
        s.add(book, case, r.with_url(url), "mismatch", why)
    r = s.request(book, "forwarded-host").also("X-Forwarded-Host", "evil.example")
    s.add(book, "forwarded-host", r, "ok", "B4.13: X-Forwarded-* of a peer that is not trusted changes nothing", hops=True)
    r = s.request(book, "signed-for-another-host")
    text = b"https://evil.example/square?source=a&b=2" + r.body
    r = r.with_header("x-square-hmacsha256-signature", b64(mac(KEYS[0], text))).also("X-Forwarded-Host", "evil.example")
    s.add(book, "signed-for-another-host", r, "mismatch", "B4.13: the URL signed is the one configured", hops=True)


def twilio_form(book):
    url = HOST + "/twilio?foo=1&bar=2"
    params = {"secrets": KEYS, "url": url}

    def put(case, pairs, expect, why, body=None, signed=None, base=url):
        pairs = [("CallSid", "CA" + case), *pairs]
        r = Request(url, [["X-Twilio-Signature", twilio(KEYS[0], base, signed or pairs)], FORM], body or form_body(pairs))
        book.add("twilio-" + case, "twilio", params, r, expect, "twilio.com docs, A4: " + why)

    put("unsorted", [("Zed", "1"), ("Alpha", "2")], "ok", "fields are sorted")
    put("pair-twice", [("To", "+1"), ("To", "+1")], "ok", "equal pairs count once")
    put("name-twice", [("To", "+2"), ("To", "+1")], "ok", "values of a name are sorted")
    put("case-sorts", [("b", "1"), ("B", "2"), ("a", "3")], "ok", "the order is that of bytes: upper case first")
    put("plus-and-percent", [("Body", "a b+c&d=e %")], "ok", "fields are decoded before they are sorted")
    put("umlaut", [("Body", "Grüße 😀")], "ok", "text is UTF-8")
    put("empty-value", [("Body", "")], "ok", "a field without a value is its name")
    put("no-equals", [("Body", "")], "ok", "a name alone is a field without a value", body=b"CallSid=CAno-equals&Body")
    put("pair-added", [("To", "+1")], "mismatch", "every field is signed", body=b"CallSid=CApair-added&To=%2B1&Evil=1")
    port = url.replace("hooks.example.com", "hooks.example.com:443")
    put("with-port", [("To", "+1")], "ok", "with and without the port are both tried", base=port)
    put("other-port", [("To", "+1")], "mismatch", "no other port than the scheme's own", base=port.replace("443", "8443"))
    put("boundary", [("ToX", "1")], "ok", "A4: boundaries of names and values are not signed: ToX=1 reads as To=X1",
        signed=[("CallSid", "CAboundary"), ("To", "X1")])
    r = Request(url, [["X-Twilio-Signature", twilio(KEYS[0], url, [])]], b"", "GET")
    book.add("twilio-get", "twilio", params, r, "ok", "A4: a GET signs the URL only")
    body = event("twilio-form-json")
    r = Request(url, [["X-Twilio-Signature", twilio(KEYS[0], url, [])], ["Content-Type", "application/json"]], body)
    book.add("twilio-json-without-hash", "twilio", params, r, ("missing", "malformed", "mismatch"),
             "A4: JSON bodies without bodySHA256 are refused")


def twilio_json(book):
    def put(case, expect, why, body=None, digest=None, query="", form=False):
        signed = event("twilio-" + case)
        digest = digest if digest is not None else hashlib.sha256(signed).hexdigest()
        url = f"{HOST}/twilio-json?{query}bodySHA256={digest}"
        kind = FORM if form else ["Content-Type", "application/json"]
        r = Request(url, [["X-Twilio-Signature", twilio(KEYS[0], url, [])], kind], signed if body is None else body)
        book.add("twilio-json-" + case, "twilio", {"secrets": KEYS, "url": HOST + "/twilio-json"}, r, expect, "A4: " + why)

    put("body-hash", "ok", "the URL carries the hash of the body")
    put("body-changed", "mismatch", "the body is checked in a second step", body=b'{"evil":true}')
    put("hash-empty", ("malformed", "mismatch"), "an empty hash is none", digest="")
    put("hash-upper", ("ok", "mismatch"), "hex in either case", digest=hashlib.sha256(event("twilio-hash-upper")).hexdigest().upper())
    zero = "bodySHA256=" + "0" * 64 + "&"
    put("hash-twice", ("malformed", "mismatch"), "two hashes are one too many", query=zero)
    put("body-gone", "mismatch", "the hash is of another body", body=b"")


def shared(book):
    url = HOST + "/twilio-shared-key"
    params = {"secrets": KEYS, "url": url}

    def put(case, expect, why, alg="sha256", settings="key=K1,algorithm=HMAC_SHA256"):
        pairs = [("CallSid", "CA" + case)]
        headers = [["X-Twilio-Signature", twilio(KEYS[0], url, pairs, alg)], FORM]
        if settings:
            headers.append(["X-Twilio-Webhooks-Signature-Settings", settings])
        r = Request(url, headers, form_body(pairs))
        book.add("twilio-shared-key-" + case, "twilio-shared-key", params, r, expect, "A4, twilio 9.13: " + why)

    put("valid", "ok", "SHA-256 of the shared key")
    put("sha1", ("malformed", "mismatch"), "B4.9: the algorithm is the configured one", alg="sha1")
    put("says-sha1", ("missing", "malformed", "mismatch"), "B4.9: the header may only agree", alg="sha1",
        settings="key=K1,algorithm=HMAC_SHA1")
    put("unlabelled", ("missing", "malformed", "mismatch"), "B4.8: not without the header that says which", settings=None)
