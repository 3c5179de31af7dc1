"""A secret that is sent along (A7)."""

from kit import HOST, Request, event

KEYS = ["s3cret-Token_of-the-hook-A", "s3cret-Token_of-the-hook-B"]


def token(book, preset, header, source, form=lambda k: k, case_matters=True):
    params = {"secrets": KEYS}

    def put(case, pairs, expect, why, **more):
        body = event(f"{preset}-{case}")
        book.add(f"{preset}-{case}", preset, params, Request(f"{HOST}/{preset}", pairs, body), expect, f"{source}: {why}", **more)

    right = form(KEYS[0])
    put("valid", [[header, right]], "ok", "the token as it was set", stripped=[header])
    put("second-secret", [[header, form(KEYS[1])]], "ok", "B6: any of the secrets")
    put("wrong", [[header, form("other")]], "mismatch", "another token")
    put("byte-changed", [[header, right[:-1] + "Z"]], "mismatch", "another token")
    put("truncated", [[header, right[:-1]]], "mismatch", "a part of a token is none")
    put("longer", [[header, right + "x"]], "mismatch", "a token and more is none")
    put("one-letter", [[header, form(KEYS[0][:1])]], "mismatch", "a part of a token is none")
    put("other-case", [[header, form(KEYS[0].upper())]], "mismatch", "tokens compare with their case")
    put("empty", [[header, ""]], ("missing", "malformed"), "B4.6: empty is always an error")
    put("missing", [], "missing", "no token")
    put("twice", [[header, right], [header, right]], "malformed", "B1: a header that occurs twice")
    put("twice-wrong-first", [[header, form("x")], [header, right]], "malformed", "B1: a header that occurs twice")
    put("joined", [[header, f"{form('x')}, {right}"]], "mismatch", "a joined header is no token")
    put("odd-case", [["".join(c.upper() if n % 2 else c.lower() for n, c in enumerate(header)), right]], "ok",
        "names of headers have no case")
    put("quoted", [[header, f'"{right}"']], ("mismatch", "malformed"), "another text")


def cloudevents(book):
    params = {"secrets": KEYS}
    body = event("cloudevents-query")
    r = Request(f"{HOST}/cloudevents?access_token={KEYS[0]}", [], body)
    book.add("cloudevents-query", "cloudevents", params, r, ("ok", "missing"),
             "A7: bearer or the query; the specification prefers the header and a gate may take that only")
    body = event("cloudevents-basic")
    r = Request(HOST + "/cloudevents", [["Authorization", "Basic " + KEYS[0]]], body)
    book.add("cloudevents-basic", "cloudevents", params, r, ("missing", "malformed", "mismatch"), "the scheme is Bearer")
    body = event("cloudevents-bare")
    r = Request(HOST + "/cloudevents", [["Authorization", KEYS[0]]], body)
    book.add("cloudevents-bare", "cloudevents", params, r, ("missing", "malformed", "mismatch"), "the scheme is Bearer")


def family(book):
    token(book, "gitlab-token", "X-Gitlab-Token", "A7, gitlab webhooks.md")
    token(book, "telegram", "X-Telegram-Bot-Api-Secret-Token", "A7, core.telegram.org")
    token(book, "okta", "Authorization", "A7")
    token(book, "auth0", "Authorization", "A7")
    token(book, "cloudevents", "Authorization", "A7, CloudEvents HTTP webhook 3.1", lambda k: "Bearer " + k)
    cloudevents(book)
