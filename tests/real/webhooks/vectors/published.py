"""Vectors that others published: their secret, their text, their signature. Nothing is computed here."""

from kit import Request

EVERYBODY = "It's a Secret to Everybody"
SLACK = (b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar"
         b"&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com"
         b"%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
         b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c")
BOX = (b'{"type":"webhook_event","webhook":{"id":"1234567890"},"trigger":"FILE.UPLOADED",'
       b'"source":{"id":"1234567890","type":"file","name":"Test.txt"}}')
SENDGRID = (b'[{"email":"hello@world.com","event":"dropped","reason":"Bounced Address",'
            b'"sg_event_id":"ZHJvcC0xMDk5NDkxOS1MUnpYbF9OSFN0T0doUTRrb2ZTbV9BLTA",'
            b'"sg_message_id":"LRzXl_NHStOGhQ4kofSm_A.filterdrecv-p3mdw1-756b745b58-kmzbl-18-5F5FC76C-9.0",'
            b'"smtp-id":"<LRzXl_NHStOGhQ4kofSm_A@ismtpd0039p1iad1.sendgrid.net>","timestamp":1600112492}]\r\n')
SENDGRID_KEY = ("MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpig"
                "lSI8eNEc6wEA3F+g==")
HUBSPOT = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"
HUBSPOT_BODY = (b'[{"eventId":1,"subscriptionId":12345,"portalId":62515,"occurredAt":1564113600000,'
                b'"subscriptionType":"contact.creation","attemptNumber":0,"objectId":123,"changeSource":"CRM",'
                b'"changeFlag":"NEW","appId":54321}]')
FORM = ["Content-Type", "application/x-www-form-urlencoded"]
MYCOMPANY = "https://mycompany.com/myapp.php?foo=1&bar=2"
# RFC 9421, B.1.4 and B.1.5.
ED25519 = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=\n-----END PUBLIC KEY-----\n"
SHARED = "uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ=="


def family(book):
    macs(book)
    addressed(book)
    rfc9421(book)


def macs(book):
    def put(name, preset, keys, headers, body, why, now=None):
        params = keys if isinstance(keys, dict) else {"secrets": keys}
        r = Request(f"https://hooks.example.com/{preset}", headers, body)
        book.add("published-" + name, preset, params, r, "ok", why, now=now)

    put("github", "github", [EVERYBODY], [[
        "X-Hub-Signature-256", "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"]],
        b"Hello, World!", "docs.github.com, Validating webhook deliveries")
    put("jira", "jira", [EVERYBODY], [[
        "X-Hub-Signature", "sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9"]],
        b"Hello World!", "developer.atlassian.com, Webhooks")
    put("slack", "slack", ["8f742231b10e8888abcd99yyyzzz85a5"], [
        ["X-Slack-Signature", "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"],
        ["X-Slack-Request-Timestamp", "1531420618"], FORM], SLACK, "api.slack.com, Verifying requests", 1531420618)
    put("svix", "svix", ["whsec_plJ3nmyCDGBKInavdOK15jsl"], [
        ["svix-id", "msg_loFOjxBNrRLzqYUf"], ["svix-timestamp", "1731705121"],
        ["svix-signature", "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0="]],
        b'{"event_type":"ping","data":{"success":true}}', "docs.svix.com, Verifying manually", 1731705121)
    put("standard-webhooks", "standard-webhooks", ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"], [
        ["webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"], ["webhook-timestamp", "1614265330"],
        ["webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="]],
        b'{"test": 2432232314}', "the specification's own libraries", 1614265330)
    times = [["BOX-DELIVERY-TIMESTAMP", "2020-01-01T00:00:00-07:00"], ["BOX-SIGNATURE-VERSION", "1"],
             ["BOX-SIGNATURE-ALGORITHM", "HmacSHA256"], ["BOX-DELIVERY-ID", "f96bb54b-ee16-4fc5-aa65-8c2d9e5b546f"]]
    primary = ["BOX-SIGNATURE-PRIMARY", "6TfeAW3A1PASkgboxxA5yqHNKOwFyMWuEXny/FPD5hI="]
    secondary = ["BOX-SIGNATURE-SECONDARY", "v+1CD1Jdo3muIcbpv5lxxgPglOqMfsNHPV899xWYydo="]
    for name, keys, pairs in (("box", ["SamplePrimaryKey", "SampleSecondaryKey"], [primary, secondary]),
                              ("box-primary", ["SamplePrimaryKey"], [primary]),
                              ("box-secondary", ["SampleSecondaryKey"], [secondary])):
        put(name, "box", keys, pairs + times, BOX, "developer.box.com, signatures of webhooks; boxsdk", 1577862000)
    put("sendgrid", "sendgrid", {"public_keys": [SENDGRID_KEY]}, [
        ["X-Twilio-Email-Event-Webhook-Signature", "MEUCIGHQVtGj+Y3LkG9fLcxf3qfI10QysgDWmMOVmxG0u6ZUAiEAyBiXDWzM+uOe5W0JuG+luQ"
         "AbPIqHh89M15TluLtEZtM="], ["X-Twilio-Email-Event-Webhook-Timestamp", "1600112502"]],
        SENDGRID, "@sendgrid/eventwebhook, its own test", 1600112502)
    put("hubspot-v1", "hubspot-v1", [HUBSPOT], [
        ["X-HubSpot-Signature", "232db2615f3d666fe21a8ec971ac7b5402d33b9a925784df3ca654d05f4817de"],
        ["X-HubSpot-Signature-Version", "v1"]], HUBSPOT_BODY, "developers.hubspot.com, Validating requests")


def addressed(book):
    def put(name, preset, keys, url, headers, body, why, method="POST"):
        book.add("published-" + name, preset, {"secrets": keys, "url": url}, Request(url, headers, body, method), "ok", why)

    put("square", "square", ["asdf1234"], "https://example.com/webhook", [
        ["x-square-hmacsha256-signature", "2kRE5qRU2tR+tBGlDwMEw2avJ7QM4ikPYD/PJ3bd9Og="]],
        b'{"hello":"world"}', "developer.squareup.com; square 46, its own test")
    put("twilio", "twilio", ["12345"], MYCOMPANY, [["X-Twilio-Signature", "RSOYDt4T1cUTdK1PDd93/VVr8B8="], FORM],
        b"CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309&To=%2B18005551212",
        "www.twilio.com/docs, Validating requests")
    put("twilio-python", "twilio", ["12345"], MYCOMPANY, [["X-Twilio-Signature", "0/KCTR6DLpKmkAf8muzZqo1nDgQ="], FORM],
        b"To=%2B18005551212&From=%2B12349013030&Digits=1234&Caller=%2B12349013030&CallSid=CA1234567890ABCDE",
        "twilio (PyPI), its own test; the fields in another order")
    for name, method, digest, body in (
        ("get", "GET", "eee2dddcc73c94d699f5e395f4b9d454a069a6855fbfa152e91e88823087200e", b""),
        ("post", "POST", "9569219f8ba981ffa6f6f16aa0f48637d35d728c7e4d93d0d52efaa512af7900", b'{"example_field":"example_value"}'),
    ):
        put("hubspot-v2-" + name, "hubspot-v2", [HUBSPOT], "https://www.example.com/webhook_uri", [
            ["X-HubSpot-Signature", digest], ["X-HubSpot-Signature-Version", "v2"]], body,
            "developers.hubspot.com, Validating requests", method)


def rfc9421(book):
    """B.2.5 and B.2.6 are right signatures that no webhook may take: they hold for any body, or for any query."""
    fixed = [["Date", "Tue, 20 Apr 2021 02:07:55 GMT"], ["Content-Type", "application/json"], ["Content-Digest",
             "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:"]]
    body = b'{"hello": "world"}'

    def put(name, keys, url, given, signature, body):
        headers = fixed + [["Signature-Input", given], ["Signature", signature]]
        book.add("published-" + name, "rfc9421", {**keys, "url": "https://example.com/foo"}, Request(url, headers, body),
                 ("missing", "malformed", "mismatch"), "RFC 9421 B.2, A8: verifies, and covers too little", now=1618884480)

    b25 = ('sig-b25=("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"',
           "sig-b25=:pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=:")
    b26 = ('sig-b26=("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473'
           ';keyid="test-key-ed25519"',
           "sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==:")
    url = "https://example.com/foo?param=Value&Pet=dog"
    put("rfc9421-b25", {"secrets_base64": [SHARED]}, url, *b25, body)
    put("rfc9421-b25-other-body", {"secrets_base64": [SHARED]}, url, *b25, b'{"hello": "mars!"}')
    put("rfc9421-b26", {"public_keys": [ED25519]}, url, *b26, body)
    put("rfc9421-b26-other-query", {"public_keys": [ED25519]}, url + "&x=1", *b26, body)
