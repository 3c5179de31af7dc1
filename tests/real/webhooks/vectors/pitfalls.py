"""The pitfalls (B4) that no other family has met, each on several presets."""

import gzip
import json

from kit import HOST, Request, b64, event, mac, raw_of, whsec
from parsing import KEY
from stamped import rfc3339

STANDARD = whsec("pitfalls")


def github(book, body, name):
    return Request(HOST + "/github", [["X-Hub-Signature-256", "sha256=" + mac(KEY, body).hex()]], body), {"secrets": [KEY]}


def shopify(book, body, name):
    pairs = [["X-Shopify-Hmac-Sha256", b64(mac(KEY, body))], ["X-Shopify-Topic", "t"], ["X-Shopify-Shop-Domain", "s"],
             ["X-Shopify-Webhook-Id", "w-" + name]]
    return Request(HOST + "/shopify", pairs, body), {"secrets": [KEY]}


def stripe(book, body, name):
    value = f"t={book.now},v1=" + mac(KEY, f"{book.now}.".encode() + body).hex()
    return Request(HOST + "/stripe", [["Stripe-Signature", value]], body), {"secrets": [KEY]}


def slack(book, body, name):
    value = "v0=" + mac(KEY, f"v0:{book.now}:".encode() + body).hex()
    pairs = [["X-Slack-Signature", value], ["X-Slack-Request-Timestamp", str(book.now)]]
    return Request(HOST + "/slack", pairs, body), {"secrets": [KEY]}


def standard(book, body, name):
    ident = "msg_" + name
    value = "v1," + b64(mac(raw_of(STANDARD), f"{ident}.{book.now}.".encode() + body))
    pairs = [["webhook-id", ident], ["webhook-timestamp", str(book.now)], ["webhook-signature", value]]
    return Request(HOST + "/standard-webhooks", pairs, body), {"secrets": [STANDARD]}


SENDERS = {"github": github, "shopify": shopify, "stripe": stripe, "slack": slack, "standard-webhooks": standard}


def family(book):
    raw_bodies(book)
    encodings(book)
    sizes(book)
    downgrades(book)
    empties(book)
    hygiene(book)
    methods(book)
    replays(book)


def put(book, preset, case, body, expect, why, edit=lambda r: r, **more):
    r, params = SENDERS[preset](book, body, case + preset)
    clock = "any" if preset in ("github", "shopify") else "now"
    book.add(f"{case}-{preset}", preset, params, edit(r), expect, why, clock=clock, **more)


def raw_bodies(book):
    why = "B4.1: verify and forward the same bytes, whatever they are"
    for preset in SENDERS:
        mark = preset.encode()
        bodies = {
            "bom": b"\xef\xbb\xbf" + event("bom" + preset),
            "crlf": b'{\r\n "id": "crlf-' + mark + b'"\r\n}\r\n',
            "invalid-utf8": b"\xff\xfe\x80" + mark,
            "latin1": b'{"name":"Gr\xf6\xdfe ' + mark + b'"}',
            "nul": b"a\0b\0" + mark,
            "escapes": rb'{"url":"https:\/\/a\/b","name":"\u00fc\ud83d\ude00 ' + mark + b'"}',
            "key-twice": b'{"id":1,"id":2,"mark":"' + mark + b'"}',
            "empty": b"",
            "one-byte": mark[:1],
            "spaces": b"   " + mark + b"   \n",
            "form": b"a=1&a=1&b=%2F+%zz&" + mark,
        }
        for case, body in bodies.items():
            put(book, preset, "raw-" + case, body, "ok", why)
        body = event("raw-reprinted" + preset)
        put(book, preset, "raw-reprinted", body, "mismatch", "B4.1: JSON printed anew is another body",
            lambda r: r.with_body(json.dumps(json.loads(r.body), separators=(",", ":")).encode()))
        body = b"\xef\xbb\xbf" + event("raw-bom-gone" + preset)
        put(book, preset, "raw-bom-gone", body, "mismatch", "B4.1: no handling of marks", lambda r: r.with_body(r.body[3:]))
        body = b"a\nb\n" + mark
        put(book, preset, "raw-lf-to-crlf", body, "mismatch", "B4.1: no handling of newlines",
            lambda r: r.with_body(r.body.replace(b"\n", b"\r\n")))


def encodings(book):
    for preset in ("github", "stripe"):
        plain = event("gzip-" + preset)
        packed = gzip.compress(plain, mtime=0)
        put(book, preset, "gzip-signed-inside", plain, ("mismatch", "encoded"), "B4.2: the bytes on the wire are verified",
            lambda r: r.with_body(packed).also("Content-Encoding", "gzip"))
        put(book, preset, "gzip-signed-outside", packed, ("ok", "encoded"), "B4.2: the bytes on the wire are verified; "
            "a gate may refuse encoded bodies whole (415)", lambda r: r.also("Content-Encoding", "gzip"))
        put(book, preset, "chunked", event("chunked-" + preset), "ok", "B4.3: MAC over what the chunks hold, Content-Length to the app",
            chunked=True)


def sizes(book):
    mib = 1 << 20
    for preset in ("stripe", "standard-webhooks"):
        put(book, preset, "size-1-mib", b"x" * mib, "ok", "B4.4: the default is 1 MiB")
        put(book, preset, "size-1-mib-changed", b"y" * mib, "mismatch", "the last byte counts", lambda r: r.with_body(r.body[:-1] + b"z"))
        put(book, preset, "size-above", b"z" * (mib + 1), "too_large", "B4.4: 413 above the limit")
        put(book, preset, "size-above-chunked", b"w" * (mib + 1), "too_large", "B4.4: bytes are counted as received", chunked=True)
    put(book, "github", "size-2-mib", b"x" * 2 * mib, "ok", "B4.4: GitHub sends up to 25 MiB")


def downgrades(book):
    body = event("sha1-github")
    r = Request(HOST + "/github", [["X-Hub-Signature", "sha1=" + mac(KEY, body, "sha1").hex()]], body)
    book.add("downgrade-sha1-github", "github", {"secrets": [KEY]}, r, "missing", "B4.8, A1: sha1 is not accepted instead")
    body = event("sha1-as-sha256")
    r = Request(HOST + "/github", [["X-Hub-Signature-256", "sha1=" + mac(KEY, body, "sha1").hex()]], body)
    book.add("downgrade-sha1-under-256-github", "github", {"secrets": [KEY]}, r, ("malformed", "mismatch"), "B4.8")
    for preset in ("bitbucket", "jira"):
        body = event("sha1-" + preset)
        r = Request(f"{HOST}/{preset}", [["X-Hub-Signature", "sha1=" + mac(KEY, body, "sha1").hex()]], body)
        book.add("downgrade-sha1-" + preset, preset, {"secrets": [KEY]}, r, ("malformed", "mismatch"), "B4.8: the header means SHA-256 here")
    body = event("both-github")
    r = Request(HOST + "/github", [["X-Hub-Signature-256", "sha256=" + "0" * 64],
                                   ["X-Hub-Signature", "sha1=" + mac(KEY, body, "sha1").hex()]], body)
    book.add("downgrade-sha1-right-256-wrong-github", "github", {"secrets": [KEY]}, r, "mismatch", "B4.8")
    body = event("grafana-plain")
    r = Request(HOST + "/grafana-timestamp", [["X-Grafana-Alerting-Signature", mac(KEY, body).hex()],
                                              ["X-Grafana-Alerting-Timestamp", str(book.now)]], body)
    params = {"secrets": [KEY], "time_header": "X-Grafana-Alerting-Timestamp"}
    book.add("downgrade-grafana-untimed", "grafana-timestamp", params, r, "mismatch", "B4.8: no way from timed to untimed")
    body, ts = event("zendesk-plain"), rfc3339(book.now)
    r = Request(HOST + "/zendesk", [["X-Zendesk-Webhook-Signature", b64(mac(KEY, body))],
                                    ["X-Zendesk-Webhook-Signature-Timestamp", ts]], body)
    book.add("downgrade-zendesk-untimed", "zendesk", {"secrets": [KEY]}, r, "mismatch", "B4.8: the time is signed", clock="now")


def empties(book):
    for preset, header in (("github", "X-Hub-Signature-256"), ("slack", "X-Slack-Signature"), ("stripe", "Stripe-Signature"),
                           ("shopify", "X-Shopify-Hmac-Sha256"), ("standard-webhooks", "webhook-signature")):
        for case, value in (("spaces", "   "), ("comma", ","), ("equals", "="), ("zeros", "0" * 64), ("null", "null")):
            put(book, preset, "value-" + case, event(f"value-{case}{preset}"), ("missing", "malformed", "mismatch"),
                "B4.6: what says nothing is no signature", lambda r, h=header, v=value: r.with_header(h, v))
        put(book, preset, "value-huge", event("huge" + preset), ("malformed", "mismatch"), "a header of 7 KiB is no signature",
            lambda r, h=header: r.with_header(h, r.header(h) + "a" * 7000))


def hygiene(book):
    for preset in SENDERS:
        put(book, preset, "identity", event("identity" + preset), "ok", "B4.18: what the caller says in the gate's headers is "
            "removed, and the signature stays", lambda r: r.also("X-Webhook", "evil").also("x-webhook", "evil2"), hops=True,
            identity=True)


def methods(book):
    for preset in ("github", "stripe", "slack"):
        for method in ("GET", "PUT", "DELETE", "PATCH"):
            def other(r, method=method):
                r.method = method
                return r
            put(book, preset, "method-" + method.lower(), event(f"{method}{preset}"), "method",
                "B4.20: the rule is of exact methods, others are refused", other)


def replays(book):
    for preset in SENDERS:
        body = event("replayed-" + preset)
        put(book, preset, "replay-first", body, "ok", "B5: the first time")
        r, params = SENDERS[preset](book, body, "replay-first" + preset)
        if preset in ("github", "shopify"):
            r = r.with_header("X-GitHub-Delivery" if preset == "github" else "X-Shopify-Webhook-Id", "another")
        book.add("replay-again-" + preset, preset, params, r, "replay", "B5: the same signed bytes again, under another "
                 "unsigned id too", clock="any" if preset in ("github", "shopify") else "now", after="replay-first-" + preset)
