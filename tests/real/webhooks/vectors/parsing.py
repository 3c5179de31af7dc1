"""The uniform rules of parsing (B1), each on several presets."""

from kit import HOST, Request, b64, event, mac
from stamped import hexed, listed

HEX = (("github", "X-Hub-Signature-256", "sha256="), ("sentry", "Sentry-Hook-Signature", ""), ("dropbox", "X-Dropbox-Signature", ""))
BASE = (("shopify", "X-Shopify-Hmac-Sha256", ""), ("line", "x-line-signature", ""), ("typeform", "Typeform-Signature", "sha256="))
KEY = "the-secret-of-b1"


def family(book):
    for preset, header, prefix in HEX:
        hexes(book, preset, header, prefix)
    for preset, header, prefix in BASE:
        bases(book, preset, header, prefix)
    names(book)
    lists(book)
    times(book)
    secrets(book)


def put(book, preset, header, case, write, expect, why, raw):
    body = event(f"b1-{preset}-{case}")
    while case == "urlsafe" and not set(b64(mac(KEY, body))) & set("+/"):
        body += b" "
    r = Request(f"{HOST}/{preset}", [[header, write(raw(mac(KEY, body)))]], body)
    if preset == "shopify":
        r = r.also("X-Shopify-Topic", "t").also("X-Shopify-Shop-Domain", "s").also("X-Shopify-Webhook-Id", "w-" + case)
    book.add(f"b1-{preset}-{case}", preset, {"secrets": [KEY]}, r, expect, "B1: " + why)


def hexes(book, preset, header, p):
    bad = ("malformed", "mismatch")
    cases = (
        ("upper", lambda h: p + h.upper(), "ok", "hex in either case"),
        ("mixed", lambda h: p + h[:32].upper() + h[32:], "ok", "hex in either case"),
        ("odd", lambda h: p + h[:-1], bad, "hex of even length only"),
        ("longer", lambda h: p + h + "00", bad, "a MAC has one length"),
        ("half", lambda h: p + h[:32], bad, "a MAC has one length"),
        ("first-byte", lambda h: p + h[:2], bad, "a MAC has one length"),
        ("garbage-behind", lambda h: p + h + "zz", bad, "only hex (Node stops at the first bad character)"),
        ("comma-behind", lambda h: p + h + ",", bad, "only hex"),
        ("space-inside", lambda h: p + h[:32] + " " + h[32:], bad, "no whitespace"),
        ("tab-inside", lambda h: p + h[:32] + "\t" + h[32:], bad, "no whitespace"),
        ("0x", lambda h: p + "0x" + h, bad, "only hex"),
        ("fullwidth", lambda h: p + h[:-1] + "\u00e1", bad, "only ASCII hex"),
        ("base64-instead", lambda h: p + b64(bytes.fromhex(h)), bad, "hex, not base64"),
        ("prefix-only", lambda h: p, ("missing", "malformed"), "B4.6: a prefix alone is an error"),
        ("twice-in-one", lambda h: f"{p}{h}, {p}{h}", bad, "joined headers of a scheme without a list"),
        ("quoted", lambda h: f'"{p}{h}"', bad, "only hex"),
        ("other-prefix", lambda h: "sha512=" + h, bad, "the prefix is fixed"),
        ("prefix-twice", lambda h: (p or "sha256=") * 2 + h, bad, "the prefix is fixed"),
    )
    for case, write, expect, why in cases:
        put(book, preset, header, case, write, expect, why, lambda raw: raw.hex())
    if p:
        put(book, preset, header, "no-prefix", lambda h: h, bad, "the prefix is fixed", lambda raw: raw.hex())
        put(book, preset, header, "upper-prefix", lambda h: p.upper() + h, bad, "prefixes compare with their case", lambda r: r.hex())


def bases(book, preset, header, p):
    bad = ("malformed", "mismatch")
    cases = (
        ("unpadded", lambda v: p + v.rstrip("="), bad, "base64 with exact padding"),
        ("overpadded", lambda v: p + v + "=", bad, "base64 with exact padding"),
        ("urlsafe", lambda v: p + v.replace("+", "-").replace("/", "_"), bad, "base64 with its own alphabet"),
        ("space-inside", lambda v: p + v[:10] + " " + v[10:], bad, "no whitespace (Python's default skips it)"),
        ("star-inside", lambda v: p + v[:10] + "*" + v[10:], bad, "no foreign characters (Python's default skips them)"),
        ("garbage-behind", lambda v: p + v + "!!", bad, "exact alphabet"),
        ("hex-instead", lambda v: p + mac("x", v).hex(), bad, "base64, not hex"),
        ("loose-bits", lambda v: p + loose(v), bad, "one spelling of each signature: the unused bits are 0"),
        ("prefix-only", lambda v: p, ("missing", "malformed"), "B4.6"),
        ("truncated-group", lambda v: p + v[:-4], bad, "a MAC has one length"),
        ("longer", lambda v: p + v.rstrip("=") + "AAAA=", bad, "a MAC has one length"),
    )
    for case, write, expect, why in cases:
        put(book, preset, header, case, write, expect, why, b64)


def loose(v):
    """The same bytes in another spelling: the last letter's unused bits are 1."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    return v[:-2] + letters[letters.index(v[-2]) + 1] + "="


def names(book):
    for preset, header, form in (("github", "x-HUB-sIgNaTuRe-256", lambda m: "sha256=" + m.hex()),
                                 ("shopify", "X-SHOPIFY-HMAC-SHA256", b64), ("dropbox", "x-dropbox-signature", hexed)):
        body = event("b1-odd-name-" + preset)
        r = Request(f"{HOST}/{preset}", [[header, form(mac(KEY, body))]], body)
        if preset == "shopify":
            r = r.also("x-shopify-topic", "t").also("X-SHOPIFY-SHOP-DOMAIN", "s").also("x-shopify-webhook-id", "odd")
        book.add("b1-odd-name-" + preset, preset, {"secrets": [KEY]}, r, "ok", "B1: lookups of headers have no case")
    body = event("b1-twice-in-odd-case")
    value = "sha256=" + mac(KEY, body).hex()
    r = Request(HOST + "/github", [["X-Hub-Signature-256", value], ["x-hub-signature-256", value]], body)
    book.add("b1-twice-in-odd-case", "github", {"secrets": [KEY]}, r, "malformed", "B1: twice, in whatever case")
    body = event("b1-underscores")
    r = Request(HOST + "/github", [["X_Hub_Signature_256", "sha256=" + mac(KEY, body).hex()]], body)
    book.add("b1-underscores", "github", {"secrets": [KEY]}, r, "missing", "another name is another header")


def lists(book):
    for preset, header, label, sep in (("stripe", "Stripe-Signature", "v1", ","), ("calendly", "Calendly-Webhook-Signature", "v1", ",")):
        s = listed(preset, header, hexed, window=180 if preset == "calendly" else 300)
        t, no = book.now, "0" * 64
        cases = (
            ("spaces", lambda h: f"  t={t} , {label}={h}\t", "ok", "items are trimmed of spaces and tabs"),
            ("upper-label", lambda h: f"t={t},V1={h}", ("missing", "malformed"), "labels compare with their case"),
            ("unknown-label", lambda h: f"t={t},v9=x,{label}={h},zz", "ok", "unknown labels are skipped"),
            ("undecodable-first", lambda h: f"t={t},{label}=xyz,{label}={h}", "ok", "undecodable entries are skipped"),
            ("undecodable-only", lambda h: f"t={t},{label}=xyz", ("malformed", "missing"), "zero usable entries is an error"),
            ("empty-entry", lambda h: f"t={t},{label}=,{label}={h}", "ok", "undecodable entries are skipped"),
            ("empty-only", lambda h: f"t={t},{label}=", ("malformed", "missing"), "B4.6"),
            ("sixteen", lambda h: f"t={t}" + f",{label}={no}" * 15 + f",{label}={h}", "ok", "at most 16 signatures"),
            ("seventeen", lambda h: f"t={t}" + f",{label}={no}" * 16 + f",{label}={h}", "malformed", "at most 16 signatures"),
            ("seventeen-first", lambda h: f"t={t},{label}={h}" + f",{label}={no}" * 16, "malformed", "at most 16 signatures"),
            ("commas", lambda h: f",,t={t},,{label}={h},", "ok", "items without anything say nothing"),
            ("space-in-pair", lambda h: f"t={t},{label} = {h}", ("malformed", "missing"), "labels compare exactly"),
            ("joined", lambda h: f"t={t},{label}={no}, t={t},{label}={h}", "malformed", "B4.7: joined headers repeat the time"),
        )
        for case, write, expect, why in cases:
            body = event(f"b1-{preset}-{case}")
            value = write(mac(s.keys[0], f"{t}.".encode() + body).hex())
            book.add(f"b1-{preset}-{case}", preset, s.params, Request(s.make(s.keys[:1], "", t, body).url, [[header, value]], body),
                     expect, "B1: " + why, clock="now")


def times(book):
    t = book.now
    cases = (("letters-behind", f"{t}abc", "malformed"), ("plus", f"+{t}", "malformed"), ("minus", f"-{t}", "malformed"),
             ("fraction", f"{t}.0", "malformed"), ("exponent", "1.7672256e9", "malformed"), ("hex", hex(t), "malformed"),
             ("underscore", f"{str(t)[:4]}_{str(t)[4:]}", "malformed"), ("empty", "", ("missing", "malformed")),
             ("seventeen-digits", str(t).zfill(17), "malformed"), ("overflow", "9" * 16, "future"),
             ("overflow-64", "18446744073709551616", "malformed"), ("zero", "0", "stale"), ("ms", str(t * 1000), "future"),
             ("arabic", "".join(chr(0xFF10 + int(c)) for c in str(t)), "malformed"), ("space-inside", f"{str(t)[:5]} {str(t)[5:]}", "malformed"),
             ("rfc3339", "2026-01-01T00:00:00Z", "malformed"), ("leading-zeros", f"0{t}", ("ok", "malformed")))
    for preset, name, stamp, signed in (
        ("slack", "X-Slack-Signature", "X-Slack-Request-Timestamp", lambda ts, b: b"v0:" + ts + b":" + b),
        ("zoom", "x-zm-signature", "x-zm-request-timestamp", lambda ts, b: b"v0:" + ts + b":" + b),
    ):
        for case, text, expect in cases:
            body = event(f"b1-time-{preset}-{case}")
            # A header's bytes: the vectors' text is UTF-8 here, and goes out so.
            r = Request(f"{HOST}/{preset}", [[name, "v0=" + mac(KEY, signed(text.encode(), body)).hex()], [stamp, text]], body)
            book.add(f"b1-time-{preset}-{case}", preset, {"secrets": [KEY]}, r, expect, "B1: times are 1 to 16 ASCII digits",
                     clock="now")


def secrets(book):
    eight = [f"secret-number-{n}-of-the-list" for n in range(8)]
    for n in (2, 7):
        body = event(f"b1-secret-{n}")
        r = Request(HOST + "/github", [["X-Hub-Signature-256", "sha256=" + mac(eight[n], body).hex()]], body)
        book.add(f"b1-secret-{n}", "github", {"secrets": eight}, r, "ok", "B1: the whole set of secrets is tried, 8 at most")
    body = event("b1-key-empty")
    r = Request(HOST + "/github", [["X-Hub-Signature-256", "sha256=" + mac(b"", body).hex()]], body)
    book.add("b1-key-empty", "github", {"secrets": eight}, r, "mismatch", "B4.6: an empty secret is no secret")
    body = event("b1-key-of-zeros")
    r = Request(HOST + "/github", [["X-Hub-Signature-256", "sha256=" + mac(bytes(64), body).hex()]], body)
    book.add("b1-key-of-zeros", "github", {"secrets": eight}, r, "mismatch", "B4.6: an empty secret is no secret")
    for name, keys in (("empty", [""]), ("prefix-only", ["whsec_"])):
        preset = "standard-webhooks" if name == "prefix-only" else "github"
        r = Request(f"{HOST}/{preset}", [], event("b1-config-" + name))
        book.add("b1-config-" + name, preset, {"secrets": keys}, r, "config", "B1, load-time checks: non-empty secrets")
