"""Prints the key that moto signs Cognito tokens with, as PKCS 8 in PEM."""

import gzip
import json
import pathlib

import moto.cognitoidp
from joserfc.jwk import RSAKey

folder = pathlib.Path(moto.cognitoidp.__file__).parent / "resources"
keys = json.loads(gzip.decompress((folder / "jwks-private.json.gz").read_bytes()))
key = keys["keys"][0] if "keys" in keys else keys
print(RSAKey.import_key(key).as_pem(private=True).decode())
