"""Keys, tokens and certificates for one campaign. Made anew each time, worth nothing afterwards."""

import base64
import datetime
import ipaddress
import itertools
import json
import os
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.x509.oid import NameOID
from processes import end_with_parent

ISSUER, AUDIENCE, ROLE, TENANT = "https://idp.peers.test", "orders-api", "admin", "acme"
HOST = "api.peers.test"
SUBJECT, EMAIL = "user-0", "user-0@acme.example"


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def compact(value):
    return base64url(json.dumps(value, separators=(",", ":")).encode())


def claims(number, **changed):
    """What a provider's ID token carries: about 650 bytes in all, once signed with RS256."""
    now = int(time.time())
    subject = f"user-{number}"
    return {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": subject,
        "iat": now - 5,
        "exp": now + 86400,
        "jti": f"{number:032x}",
        "tenant_id": TENANT,
        "roles": ["reader", ROLE],
        "email": f"{subject}@acme.example",
        **changed,
    }


def unsigned(algorithm, payload):
    return compact({"alg": algorithm, "typ": "JWT", "kid": f"peers-{algorithm.lower()}"}) + "." + compact(payload)


def rs256(key, payload):
    text = unsigned("RS256", payload)
    return text + "." + base64url(key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256()))


def es256(key, payload):
    text = unsigned("ES256", payload)
    r, s = decode_dss_signature(key.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
    return text + "." + base64url(r.to_bytes(32, "big") + s.to_bytes(32, "big"))


def forged(number):
    """Below any modulus of 2,048 bits, so that the whole of the signature check is done before it fails."""
    signature = b"\0" + os.urandom(255)
    return unsigned("RS256", claims(number)) + "." + base64url(signature)


def garbage(number):
    noise = base64url(os.urandom(420))
    return noise if number % 2 else f"{noise[:60]}.{noise[60:300]}.{noise[300:]}"


def pem(key):
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def signed_slice(kind, key, numbers):
    """For one process of several: signing is what takes the time."""
    key = serialization.load_pem_private_key(key, None)
    sign = {"RS256": rs256, "ES256": es256}[kind]
    return "".join(sign(key, claims(number)) + "\n" for number in numbers)


@dataclass
class Keys:
    """A folder with keys and files of tokens."""

    folder: Path

    def __post_init__(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        self.rsa = rsa.generate_private_key(65537, 2048)
        self.ec = ec.generate_private_key(ec.SECP256R1())
        self.jwks = self.write("jwks.json", json.dumps({"keys": [self.rsa_jwk(), self.ec_jwk()]}))
        # Peers that cannot tell a key's algorithm from the key get only the one they need.
        self.rsa_jwks = self.write("jwks.rs256.json", json.dumps({"keys": [self.rsa_jwk()]}))
        self.public = self.write("rs256.pem", self.rsa.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo))
        stranger = rsa.generate_private_key(65537, 2048)
        past = {"iat": int(time.time()) - 7200, "exp": int(time.time()) - 3600}
        self.tokens("good", [rs256(self.rsa, claims(0))])
        self.tokens("stranger", [rs256(stranger, claims(0))])
        self.tokens("role-less", [rs256(self.rsa, claims(1, roles=["reader"]))])
        self.tokens("other-audience", [rs256(self.rsa, claims(2, aud="billing-api"))])
        self.tokens("other-tenant", [rs256(self.rsa, claims(3, tenant_id="globex"))])
        self.tokens("expired", [rs256(self.rsa, claims(number, **past)) for number in range(500)])
        self.tokens("forged", map(forged, range(20000)))
        self.tokens("garbage", map(garbage, range(2000)))

    def write(self, name, data):
        path = self.folder / name
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return path

    def tokens(self, name, tokens):
        return self.write(f"tokens.{name}", "".join(token + "\n" for token in tokens))

    def file(self, name):
        return self.folder / f"tokens.{name}"

    def first(self, name):
        with open(self.file(name)) as file:
            return file.readline().strip()

    def mint(self, name, kind, count, first):
        """Many genuine tokens, all of them different; two processes or more take turns."""
        key = pem({"RS256": self.rsa, "ES256": self.ec}[kind])
        size = 2000
        slices = [range(at, min(at + size, first + count)) for at in range(first, first + count, size)]
        with ProcessPoolExecutor(initializer=end_with_parent) as pool, open(self.file(name), "w") as file:
            try:
                for text in pool.map(signed_slice, itertools.repeat(kind), itertools.repeat(key), slices):
                    file.write(text)
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        return self.file(name)

    def rsa_jwk(self):
        numbers = self.rsa.public_key().public_numbers()
        size = (numbers.e.bit_length() + 7) // 8
        return {"kty": "RSA", "kid": "peers-rs256", "use": "sig", "alg": "RS256",
                "n": base64url(numbers.n.to_bytes(256, "big")), "e": base64url(numbers.e.to_bytes(size, "big"))}

    def ec_jwk(self):
        numbers = self.ec.public_key().public_numbers()
        return {"kty": "EC", "crv": "P-256", "kid": "peers-es256", "use": "sig", "alg": "ES256",
                "x": base64url(numbers.x.to_bytes(32, "big")), "y": base64url(numbers.y.to_bytes(32, "big"))}

    def certificates(self):
        """An authority, and a certificate of it for this machine: `ca.pem`, `tls.pem`, `tls.key`."""
        now = datetime.datetime.now(datetime.timezone.utc)
        authority = ec.generate_private_key(ec.SECP256R1())
        server = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "peers")])
        blank = x509.CertificateBuilder().issuer_name(name)
        hour = datetime.timedelta(hours=1)
        blank = blank.not_valid_before(now - hour).not_valid_after(now + 48 * hour)
        root = blank.serial_number(x509.random_serial_number()).subject_name(name).public_key(authority.public_key())
        root = root.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        root = root.sign(authority, hashes.SHA256())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
        names = [x509.DNSName(HOST), x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        leaf = blank.serial_number(x509.random_serial_number()).subject_name(subject).public_key(server.public_key())
        leaf = leaf.add_extension(x509.SubjectAlternativeName(names), critical=False).sign(authority, hashes.SHA256())
        self.write("ca.pem", root.public_bytes(serialization.Encoding.PEM))
        self.write("tls.pem", leaf.public_bytes(serialization.Encoding.PEM))
        self.write("tls.key", pem(server))
