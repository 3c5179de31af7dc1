"""MAC of the raw body (A1)."""

from kit import HOST, Request, Sender, b64, event, mac, ten

KEYS = ["It's a Secret to Everybody", "the-one-after-it-3b1f"]


def plain(preset, header, form, alg="sha256", key=lambda k: k, **more):
    """A sender that MACs the body and nothing else; `form` writes the header from the MAC."""

    def make(keys, name, t, body):
        extra = more.get("extra", lambda name, t: [])(name, t)
        return Request(f"{HOST}/{preset}", [[header, form(mac(key(keys[0]), body, alg))], *extra], body)

    params = {"secrets": more.get("keys", KEYS)}
    return Sender(preset, params, make, [header], **more.get("sender", {}))


def hexed(prefix=""):
    return lambda raw: prefix + raw.hex()


def based(prefix=""):
    return lambda raw: prefix + b64(raw)


def ident(header):
    return {"extra": lambda name, t: [[header, "id-" + name]]}


def pagerduty(keys, name, t, body):
    value = ",".join("v1=" + mac(key, body).hex() for key in keys)
    return Request(HOST + "/pagerduty", [["X-PagerDuty-Signature", value], ["X-Webhook-Id", "P1"]], body)


def docusign(keys, name, t, body):
    pairs = [[f"X-DocuSign-Signature-{n}", b64(mac(key, body))] for n, key in enumerate(keys, 1)]
    return Request(HOST + "/docusign", pairs + [["X-Authorization-Digest", "HMACSHA256"]], body)


def worldpay(keys, name, t, body):
    """`keyId/SHA256/signature`, hex, the key known by its number."""
    value = ",".join(f"{n}/SHA256/{mac(key, body).hex()}" for n, key in enumerate(keys, 1))
    return Request(HOST + "/worldpay", [["Event-Signature", value]], body)


def linear(keys, name, t, body):
    return Request(HOST + "/linear", [["Linear-Signature", mac(keys[0], body).hex()], ["Linear-Delivery", name]], body)


def linear_sender(book):
    """The time stands in the body, so that a body is made for each moment."""
    def make(keys, name, t, body):
        return linear(keys, name, t, event(name, webhookTimestamp=t * 1000))
    return Sender("linear", {"secrets": KEYS}, make, ["Linear-Signature"], window=60, clear=False)


def family(book):
    for s, source in senders(book):
        ten(book, s, source)
    sentry(book)
    docusign_more(book)
    linear_more(book)


def senders(book):
    a1 = "catalogue A1"
    yield plain("github", "X-Hub-Signature-256", hexed("sha256="), **ident("X-GitHub-Delivery")), a1
    yield plain("bitbucket", "X-Hub-Signature", hexed("sha256="), **ident("X-Request-UUID")), a1
    yield plain("jira", "X-Hub-Signature", hexed("sha256="), **ident("X-Atlassian-Webhook-Identifier")), a1
    yield plain("meta", "X-Hub-Signature-256", hexed("sha256=")), a1
    yield plain("intercom", "X-Hub-Signature", hexed("sha1="), "sha1"), a1
    yield plain("shopify", "X-Shopify-Hmac-Sha256", based(), extra=lambda name, t: [
        ["X-Shopify-Topic", "orders/create"], ["X-Shopify-Shop-Domain", "shop.myshopify.com"],
        ["X-Shopify-API-Version", "2026-01"], ["X-Shopify-Webhook-Id", "id-" + name]]), a1
    yield plain("sentry", "Sentry-Hook-Signature", hexed(), **ident("Request-ID")), a1
    yield plain("typeform", "Typeform-Signature", based("sha256=")), a1
    yield plain("x", "x-twitter-webhooks-signature", based("sha256=")), a1
    yield plain("dropbox", "X-Dropbox-Signature", hexed()), a1
    yield plain("line", "x-line-signature", based()), a1
    yield plain("grafana", "X-Grafana-Alerting-Signature", hexed()), "grafana/alerting http/hmac.go"
    yield plain("x-webhook-signature", "X-Webhook-Signature", hexed("sha256=")), "issue 6"
    yield plain("razorpay", "X-Razorpay-Signature", hexed()), a1
    yield plain("gocardless", "Webhook-Signature", hexed()), a1
    yield plain("vercel", "x-vercel-signature", hexed(), "sha1"), a1
    yield plain("hcp-terraform", "X-TFE-Notification-Signature", hexed(), "sha512"), a1
    yield Sender("pagerduty", {"secrets": KEYS}, pagerduty, ["X-PagerDuty-Signature"], many=True), a1
    yield Sender("docusign", {"secrets": KEYS}, docusign, ["X-DocuSign-Signature-1"], many=True), a1
    yield linear_sender(book), "A1: the time is /webhookTimestamp, in ms, 60 s both ways"


def sentry(book):
    params = {"secrets": KEYS}
    body = b""
    r = Request(HOST + "/sentry", [["Sentry-Hook-Signature", mac(KEYS[0], body).hex()]], body)
    book.add("sentry-empty-body", "sentry", params, r, "ok", "A1: empty bodies are real")
    body = event("sentry-app-signature")
    r = Request(HOST + "/sentry", [["Sentry-App-Signature", mac(KEYS[0], body).hex()]], body)
    book.add("sentry-app-signature", "sentry", params, r, "ok", "A1: Sentry-App-Signature for calls of UI components")
    body = '{"id":"evt_sentry-non-ascii","title":"Größe überschritten"}'.encode()
    r = Request(HOST + "/sentry", [["Sentry-Hook-Signature", mac(KEYS[0], body).hex()]], body)
    book.add("sentry-non-ascii", "sentry", params, r, "ok", "A1: snippets that print JSON anew break here, raw bytes do not")


def docusign_more(book):
    params = {"secrets": KEYS}
    for case, numbers, expect in (("hundredth", [100], "ok"), ("gap", [1, 7], "ok"), ("hundred-first", [101], "missing"),
                                  ("zeroth", [0], "missing"), ("leading-zero", ["01"], "missing")):
        body = event("docusign-" + case)
        pairs = [[f"X-DocuSign-Signature-{n}", b64(mac(KEYS[0], body))] for n in numbers]
        book.add("docusign-" + case, "docusign", params, Request(HOST + "/docusign", pairs, body), expect,
                 "A1: X-DocuSign-Signature-1 to -100, one numbered header per key")
    body = event("docusign-gap-in-front")
    pairs = [[f"X-DocuSign-Signature-{n}", b64(mac(k, body))] for n, k in ((3, "other"), (9, KEYS[1]))]
    book.add("docusign-gap-in-front", "docusign", params, Request(HOST + "/docusign", pairs, body), "ok",
             "A1: many, and one match is enough")


def linear_more(book):
    s = linear_sender(book)
    cases = (
        ("seconds-for-ms", {"webhookTimestamp": book.now}, "stale", "B4.16: a unit taken for another must fail"),
        ("time-as-text", {"webhookTimestamp": str(book.now * 1000)}, ("malformed", "ok"),
         "the body holds a number; whether its text is read too is not told"),
        ("time-gone", {}, ("missing", "malformed"), "no time in the body"),
        ("time-fraction", {"webhookTimestamp": book.now * 1000 + 0.5}, "malformed", "B1: times are digits"),
        ("time-negative", {"webhookTimestamp": -book.now * 1000}, "malformed", "B1: times are digits"),
        ("time-null", {"webhookTimestamp": None}, ("missing", "malformed"), "B1: times are digits"),
    )
    for case, more, expect, why in cases:
        s.add(book, case, linear(KEYS, case, 0, event("linear-" + case, **more)), expect, why)
    body = b'{"webhookTimestamp":1,"id":"evt_linear-doubled","webhookTimestamp":%d}' % (book.now * 1000)
    s.add(book, "time-twice", linear(KEYS, "x", 0, body), ("malformed", "stale"), "B4.11: two parsers read two keys two ways")
    body = event("linear-header", webhookTimestamp=(book.now - 3600) * 1000)
    r = linear(KEYS, "x", 0, body).also("Linear-Timestamp", str(book.now * 1000))
    s.add(book, "fresh-header-old-body", r, "stale", "A1: the header Linear-Timestamp is not trusted")
