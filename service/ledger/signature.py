"""Signatures: what Senti says to outsiders, so that anybody who has the public key can tell that Senti said it.

A seal is checked only by who has the service's secret; what is handed out is signed with Ed25519 instead. The key is
derived from the secret key: it is kept nowhere, and a new secret key gives a new one, so publish the public key again.
"""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

LABEL = b"senti statements"


def sign(secret: bytes, message: bytes) -> bytes:
    """Return the 64 octets of the signature over a message; `secret` is the service's secret key."""
    return _private(secret).sign(message)


def public_key(secret: bytes) -> bytes:
    """Return the 32 octets that tell our signatures; they may be given to everybody."""
    return _private(secret).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def is_signed(public: bytes, message: bytes, signature: bytes) -> bool:
    """Say whether who has the key of `public` signed this message."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _private(secret: bytes) -> Ed25519PrivateKey:
    # RFC 5869 with no salt: the secret is random already, as the settings demand of it in production.
    return Ed25519PrivateKey.from_private_bytes(HKDF(SHA256(), length=32, salt=None, info=LABEL).derive(secret))
