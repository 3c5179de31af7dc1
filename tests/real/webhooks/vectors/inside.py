"""Signatures inside the body (A5): Mailgun, Adyen."""

import json

from kit import HOST, Request, b64, mac

KEYS = ["key-mailgun-signing-9d1c", "key-mailgun-next-55aa"]


def mailgun_body(key, token, t, **more):
    stamp = str(t)
    signature = {"timestamp": stamp, "token": token, "signature": mac(key, stamp + token).hex(), **more.pop("extra", {})}
    return {"signature": signature, "event-data": {"id": token, "amount": 1099}, **more}


def mailgun(book):
    params = {"secrets": KEYS}

    def put(case, body, expect, why, clock="now"):
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        r = Request(HOST + "/mailgun", [["Content-Type", "application/json"]], raw)
        book.add("mailgun-" + case, "mailgun", params, r, expect, "A5: " + why, clock=clock)

    def made(case, key=KEYS[0], t=book.now, **more):
        return mailgun_body(key, ("token-" + case).ljust(50, "0"), t, **more)

    def changed(case, field, value):
        body = made(case)
        body["signature"][field] = value
        return body

    def gone(case, field):
        body = made(case)
        del body["signature"][field]
        return body

    put("valid", made("valid"), "ok", "HMAC of timestamp and token")
    put("second-secret", made("second-secret", KEYS[1]), "ok", "B6: any of the secrets")
    put("wrong-secret", made("wrong-secret", "other"), "mismatch", "another key")
    body = made("byte-changed")
    body["event-data"]["amount"] = 1
    put("payload-changed", body, "ok", "the payload is not covered, which the preset has to say")
    put("token-changed", changed("token-changed", "token", "x" * 50), "mismatch", "the token is signed")
    put("time-changed", changed("time-changed", "timestamp", str(book.now - 1)), "mismatch", "the time is signed")
    put("time-number", changed("time-number", "timestamp", book.now), ("ok", "malformed"), "sent as text; a number is not told")
    put("signature-upper", changed("signature-upper", "signature", made("signature-upper")["signature"]["signature"].upper()),
        "ok", "B1: hex in either case")
    put("signature-truncated", changed("cut", "signature", made("cut")["signature"]["signature"][:-1]), ("malformed", "mismatch"),
        "a part is none")
    put("signature-empty", changed("signature-empty", "signature", ""), ("missing", "malformed"), "B4.6")
    put("signature-null", changed("signature-null", "signature", None), ("missing", "malformed"), "no signature")
    put("signature-list", changed("signature-list", "signature", ["a"]), ("missing", "malformed"), "no signature")
    for field in ("signature", "timestamp", "token"):
        put(f"without-{field}", gone("without-" + field, field), ("missing", "malformed"), f"{field} is required")
    put("no-object", {"event-data": {}}, "missing", "no signature at all")
    put("not-json", b"hello", ("missing", "malformed"), "not JSON")
    put("empty", b"", ("missing", "malformed"), "no body")
    old, ahead = made("old", t=book.now - 86400 * 30), made("ahead", t=book.now + 86400 * 30)
    put("month-old", old, "stale", "B4.16: the window is hours, not a month")
    put("month-ahead", ahead, "future", "B4.16: the window holds in both directions")
    put("parent", made("parent", extra={"parent-signature": "0" * 64}), "ok", "sub-accounts add parent-signature")
    raw = json.dumps(made("doubled")).encode()
    forged = raw.replace(b'"event-data"', b'"signature": {"timestamp": "1"}, "event-data"')
    put("object-twice", forged, "malformed", "B4.11: refuse keys that occur twice")
    forged = raw.replace(b'"token": ', b'"token": "x", "token": ', 1)
    put("token-twice", forged, "malformed", "B4.11: refuse keys that occur twice")
    put("tail", json.dumps(made("tail")).encode() + b" {}", "malformed", "B4.11: two documents are none")
    put("first", made("again"), "ok", "the first delivery")
    book.add("mailgun-token-again", "mailgun", params,
             Request(HOST + "/mailgun", [], json.dumps(made("again", other=1)).encode()), "replay",
             "A5: the token is the replay id", clock="now", after="mailgun-first")


FIELDS = ("pspReference", "originalReference", "merchantAccountCode", "merchantReference", None, None, "eventCode", "success")
ADYEN = ["44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056",
         "0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF"]


def adyen_item(psp, **more):
    return {"pspReference": psp, "originalReference": "", "merchantAccountCode": "TestMerchant",
            "merchantReference": "TestPayment-1407325143704", "amount": {"value": 1130, "currency": "EUR"},
            "eventCode": "AUTHORISATION", "success": "true", **more}


def adyen_text(item):
    amount = item.get("amount", {})
    fields = [item.get("pspReference", ""), item.get("originalReference", ""), item.get("merchantAccountCode", ""),
              item.get("merchantReference", ""), str(amount.get("value", "")), amount.get("currency", ""),
              item.get("eventCode", ""), item.get("success", "")]
    return ":".join(fields)


def adyen_body(item, key, **more):
    signature = b64(mac(bytes.fromhex(key), adyen_text(item)))
    item = {**item, "additionalData": {"hmacSignature": signature}, **more}
    return {"live": "false", "notificationItems": [{"NotificationRequestItem": item}]}


def adyen(book):
    params = {"secrets": ADYEN}

    def put(case, body, expect, why):
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        book.add("adyen-" + case, "adyen", params, Request(HOST + "/adyen", [], raw), expect, "A5: " + why)

    def made(case, key=ADYEN[0], **more):
        return adyen_body(adyen_item("psp-" + case), key, **more)

    put("published", adyen_body(adyen_item("7914073381342284"), ADYEN[0]), "ok", "docs.adyen.com, their key and item")
    put("valid", made("valid"), "ok", "eight fields joined by colons")
    put("second-secret", made("second-secret", ADYEN[1]), "ok", "B6")
    put("wrong-secret", made("wrong-secret", "00" * 32), "mismatch", "another key")
    put("hex-as-text", adyen_body({**adyen_item("psp-text")}, ADYEN[0].encode().hex()), "mismatch", "the key is hex, decoded")
    for field, value in (("pspReference", "x"), ("merchantReference", "x"), ("success", "false"), ("eventCode", "REFUND"),
                         ("merchantAccountCode", "Evil"), ("amount", {"value": 1, "currency": "EUR"}),
                         ("amount-currency", None)):
        if field == "amount-currency":
            put("changed-currency", made(field, amount={"value": 1130, "currency": "USD"}), "mismatch", "the currency is signed")
        else:
            put("changed-" + field, made(field, **{field: value}), "mismatch", f"{field} is signed")
    put("unsigned-changed", made("unsigned", paymentMethod="evil", reason="x"), "ok", "other fields are not covered")
    item = adyen_item("psp-absent")
    del item["originalReference"]
    put("absent-is-empty", adyen_body(item, ADYEN[0]), "ok", "an absent field is empty")
    put("signature-gone", made("gone", additionalData={}), ("missing", "malformed"), "no signature")
    put("signature-empty", made("empty", additionalData={"hmacSignature": ""}), ("missing", "malformed"), "B4.6")
    raw = json.dumps(made("doubled")).encode()
    put("field-twice", raw.replace(b'"success": ', b'"success": "false", "success": '), "malformed", "B4.11: keys that occur twice")
    put("value-text", made("value-text", amount={"value": "1130", "currency": "EUR"}), ("ok", "malformed"), "a number is sent")
    two = made("two")
    two["notificationItems"].append({"NotificationRequestItem": {**adyen_item("psp-evil"), "success": "true"}})
    put("second-item-unsigned", two, ("missing", "malformed", "mismatch"), "an item beside a signed one is signed by nobody")
    put("no-items", {"live": "false", "notificationItems": []}, ("missing", "malformed"), "nothing signed")
    put("not-json", b"hello", ("missing", "malformed"), "not JSON")


def family(book):
    mailgun(book)
    adyen(book)
