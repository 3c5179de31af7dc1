"""What the families of signers share: MACs, and who vouches for a line."""

import base64
import hmac


def mac(algorithm, key, text):
    key, text = (part if isinstance(part, bytes) else part.encode() for part in (key, text))
    return hmac.new(key, text, algorithm)


def base64_text(data):
    return base64.b64encode(data).decode()


def vouched(message, check):
    """The package takes what was signed, and does not take another body with it."""
    if check(message.text) is False:
        raise ValueError("the package refuses what was signed")
    try:
        taken = check(message.text + " ")
    except Exception:
        return
    if taken is not False:
        raise ValueError("the package takes another body as well")
