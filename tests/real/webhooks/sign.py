"""Signs deliveries with the senders' own packages: see sign.mjs, whose lines it reads and writes.

Where a package only verifies, the documented formula signs, and the package must then take the result and refuse it
for another body. Packages of others stand in where the sender has none: django-anymail for Mailgun and Mandrill. Each
family of senders has its file in `python/`.
"""

import base64
import json
import sys
from pathlib import Path
from types import SimpleNamespace

# Nothing is written beside the sources.
sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parent / "python"))

import body
import others
import stamped
from kit import base64_text

PROVIDERS = {**body.PROVIDERS, **stamped.PROVIDERS, **others.PROVIDERS}


def answered(line):
    message = SimpleNamespace(**json.loads(line))
    message.body = base64.b64decode(message.body)
    message.text = message.body.decode()
    try:
        headers = PROVIDERS[message.provider](message)
    except Exception as problem:
        return {"provider": message.provider, "error": f"{type(problem).__name__}: {problem}"}
    text = base64_text(message.body)
    answer = {"provider": message.provider, "url": message.url, "timestamp": message.timestamp}
    answer["key"] = getattr(message, "key", None)
    return {**answer, "body": text, "headers": headers}


for asked in sys.stdin:
    print(json.dumps(answered(asked)), flush=True)
