"""MAC of a time and the body (A2)."""

from datetime import datetime, timezone

from kit import HOST, Request, Sender, b64, event, mac, ten

KEYS = ["whsec_5f0b3c1e77aa4d0c", "whsec_the-next-one-8812"]


def rfc3339(t):
    return datetime.fromtimestamp(t, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def listed(preset, header, form, alg="sha256", join=".", unit=1, label="v1", window=300, many=True, sep=",", t="t"):
    """`t=...,v1=...`: the time in the list of signatures."""

    def make(keys, name, now, body):
        stamp = str(now * unit)
        parts = [f"{t}={stamp}"] + [f"{label}={form(mac(k, (stamp + join).encode() + body, alg))}" for k in keys]
        return Request(f"{HOST}/{preset}", [[header, sep.join(parts)]], body)

    # Five seconds are hostile to real clocks, so that a preset may allow more: the vectors ask for just these.
    params = {"secrets": KEYS, **({"tolerance": f"{window}s"} if window < 60 else {})}
    return Sender(preset, params, make, [header], window=window, many=many)


def headed(preset, header, time_header, signed, form, window=300, stamp=str, **more):
    """The time in a header of its own; `signed(ts, body)` is what is MACed."""

    def make(keys, name, now, body):
        ts = stamp(now)
        pairs = [[header, form(mac(keys[0], signed(ts.encode(), body)))], [time_header, ts]]
        return Request(f"{HOST}/{preset}", pairs, body)

    params = {"secrets": KEYS, **more.get("params", {})}
    return Sender(preset, params, make, [header, time_header], window=window, label=more.get("label", preset))


def box(keys, name, now, body):
    ts = rfc3339(now)
    names = ["BOX-SIGNATURE-PRIMARY", "BOX-SIGNATURE-SECONDARY"]
    pairs = [[header, b64(mac(key, body + ts.encode()))] for header, key in zip(names, keys)]
    fixed = [["BOX-DELIVERY-TIMESTAMP", ts], ["BOX-SIGNATURE-VERSION", "1"], ["BOX-SIGNATURE-ALGORITHM", "HmacSHA256"],
             ["BOX-DELIVERY-ID", "id-" + name]]
    return Request(HOST + "/box", pairs + fixed, body)


def twitch(keys, name, now, body):
    ts = datetime.fromtimestamp(now, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.634234626Z")
    ident = "id-" + name
    pairs = [["Twitch-Eventsub-Message-Signature", "sha256=" + mac(keys[0], (ident + ts).encode() + body).hex()],
             ["Twitch-Eventsub-Message-Id", ident], ["Twitch-Eventsub-Message-Timestamp", ts],
             ["Twitch-Eventsub-Message-Type", "notification"]]
    return Request(HOST + "/twitch", pairs, body)


def hexed(raw):
    return raw.hex()


def v0(raw):
    return "v0=" + raw.hex()


def colon(ts, body):
    return b"v0:" + ts + b":" + body


def senders():
    a2 = "catalogue A2"
    yield listed("stripe", "Stripe-Signature", hexed), a2
    yield listed("calendly", "Calendly-Webhook-Signature", hexed, window=180), a2
    yield listed("mux", "Mux-Signature", hexed), a2
    yield listed("workos", "WorkOS-Signature", hexed, unit=1000, window=180, sep=", "), a2
    yield listed("elevenlabs", "ElevenLabs-Signature", hexed, label="v0", window=1800), a2
    yield listed("rootly", "X-Rootly-Signature", hexed, join=""), a2
    yield listed("paddle", "Paddle-Signature", hexed, join=":", label="h1", sep=";", t="ts", window=5), a2
    yield headed("slack", "X-Slack-Signature", "X-Slack-Request-Timestamp", colon, v0), a2
    yield headed("zoom", "x-zm-signature", "x-zm-request-timestamp", colon, v0), a2
    yield headed("customer-io", "X-CIO-Signature", "X-CIO-Timestamp", colon, hexed), a2
    yield headed("webflow", "x-webflow-signature", "x-webflow-timestamp", lambda ts, b: ts + b":" + b, hexed,
                 stamp=lambda t: str(t * 1000)), a2
    yield headed("zendesk", "X-Zendesk-Webhook-Signature", "X-Zendesk-Webhook-Signature-Timestamp",
                 lambda ts, b: ts + b, b64, stamp=rfc3339), a2
    yield headed("grafana-timestamp", "X-Grafana-Alerting-Signature", "X-Grafana-Alerting-Timestamp",
                 lambda ts, b: ts + b":" + b, hexed, params={"time_header": "X-Grafana-Alerting-Timestamp"}), \
        "grafana/alerting http/hmac.go"
    yield Sender("twitch", {"secrets": KEYS}, twitch, [
        "Twitch-Eventsub-Message-Signature", "Twitch-Eventsub-Message-Timestamp", "Twitch-Eventsub-Message-Id"],
        window=600), a2


def family(book):
    for s, source in senders():
        ten(book, s, source)
    boxes(book)
    stripe(book)
    slack(book)
    paddle(book)
    zendesk(book)


def boxes(book):
    s = Sender("box", {"secrets": KEYS}, box, ["BOX-SIGNATURE-PRIMARY", "BOX-DELIVERY-TIMESTAMP"], window=600)
    ten(book, s, "catalogue A2, developer.box.com")
    secondary = s.request(book, "secondary-only", keys=["other", KEYS[0]]).without("BOX-SIGNATURE-PRIMARY")
    s.add(book, "secondary-only", secondary, "ok", "A2: two headers are two keys, one match is enough")
    wrong = s.request(book, "secondary-right", keys=["other", KEYS[1]])
    s.add(book, "secondary-right", wrong, "ok", "A2: two headers are two keys, one match is enough")
    r = s.request(book, "version-2").with_header("BOX-SIGNATURE-VERSION", "2")
    s.add(book, "version-2", r, ("missing", "malformed", "mismatch"), "A2: the version must be 1")
    r = s.request(book, "algorithm-other").with_header("BOX-SIGNATURE-ALGORITHM", "HmacSHA1")
    s.add(book, "algorithm-other", r, ("missing", "malformed", "mismatch"), "A2: the algorithm must be HmacSHA256")
    r = s.request(book, "version-gone").without("BOX-SIGNATURE-VERSION")
    s.add(book, "version-gone", r, ("missing", "malformed", "mismatch"), "A2: the labels must match")
    body = rb'{"id":"evt_box-escaped","name":"\u00e9t\u00e9.txt"}'
    s.add(book, "escaped", box(KEYS[:1], "box-escaped", book.now, body), "ok", "A2: non-ASCII comes as lower-case escapes")


def stripe(book):
    s = listed("stripe", "Stripe-Signature", hexed)
    t = book.now

    def put(case, write, expect, why, key=KEYS[0]):
        body = event("stripe-" + case)
        value = write(mac(key, f"{t}.".encode() + body).hex())
        s.add(book, case, Request(HOST + "/stripe", [["Stripe-Signature", value]], body), expect, why, "now")

    no = "0" * 64
    put("v0-only", lambda r: f"t={t},v0={r}", ("missing", "malformed"), "A2: v0 is a test scheme, never accept it")
    put("v0-beside", lambda r: f"t={t},v1={r},v0={no}", "ok", "A2: v0 may stand beside v1 and is skipped")
    put("v0-right-v1-wrong", lambda r: f"t={t},v1={no},v0={r}", "mismatch", "B4.8: no way down from v1 to v0")
    put("t-last", lambda r: f"v1={r},t={t}", "ok", "the order of the list is not fixed")
    put("t-twice", lambda r: f"t={t},t={t},v1={r}", "malformed", "B1: a time that is repeated is an error")
    put("t-twice-unlike", lambda r: f"t=1,t={t},v1={r}", "malformed", "B1: a time that is repeated is an error")
    put("no-t", lambda r: f"v1={r}", ("missing", "malformed"), "B4.8: no verification without the time")
    put("t-empty", lambda r: f"t=,v1={r}", ("missing", "malformed"), "B1: times are 1 to 16 digits")
    put("t-changed", lambda r: f"t={t - 1},v1={r}", "mismatch", "the time is signed")
    put("semicolons", lambda r: f"t={t};v1={r}", ("missing", "malformed"), "the separator is a comma")
    put("stripped-prefix", lambda r: f"t={t},v1={r}", "mismatch", "A2: the whole whsec_ text is the key",
        KEYS[0].removeprefix("whsec_"))


def slack(book):
    s = next(s for s, _ in senders() if s.preset == "slack")
    r = s.request(book, "v1-prefix")
    s.add(book, "v1-prefix", r.with_header("X-Slack-Signature", r.header("X-Slack-Signature").replace("v0", "v1")),
          ("malformed", "missing"), "A2: the prefix is v0=")
    r = s.request(book, "no-prefix")
    s.add(book, "no-prefix", r.with_header("X-Slack-Signature", r.header("X-Slack-Signature")[3:]),
          ("malformed", "missing"), "A2: the prefix is v0=")
    body = b"token=xyz&team_id=T1&command=%2Fweather&text=94070&trigger_id=slack-form"
    r = s.request(book, "form", body=body).also("Content-Type", "application/x-www-form-urlencoded")
    s.add(book, "form", r, "ok", "A2: form bodies are common and are signed as they are")
    r = s.request(book, "form-respelled", body=body)
    s.add(book, "form-respelled", r.with_body(body.replace(b"%2F", b"%2f")), "mismatch", "B4.1: raw bytes are signed")


def paddle(book):
    s = next(s for s, _ in senders() if s.preset == "paddle")
    r = s.request(book, "commas")
    s.add(book, "commas", r.with_header("Paddle-Signature", r.header("Paddle-Signature").replace(";", ",")),
          ("malformed", "missing"), "A2: the separator is a semicolon")


def zendesk(book):
    s = next(s for s, _ in senders() if s.preset == "zendesk")
    for method in ("GET", "DELETE"):
        # Without a body the time is all that is signed: two of one second are one to whoever remembers them.
        r = s.request(book, method.lower(), body=b"", t=book.now - ("GET", "DELETE").index(method))
        r.method = method
        s.add(book, method.lower(), r, "ok", "A2: hooks of GET and DELETE have no body")
    r = s.request(book, "unix-time")
    ts = str(book.now)
    s.add(book, "unix-time", Request(r.url, [[s.needs[0], b64(mac(KEYS[0], ts.encode() + r.body))], [s.needs[1], ts]],
                                     r.body), "malformed", "A2: the time is RFC 3339")
