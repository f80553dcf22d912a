"""Backups as files that only the holder of a key can read, who is not the machine that writes them (V-07).

The machine knows a public key; what it has sealed it cannot open again. Each file has a key of its own, agreed between
a fresh pair and the public key (X25519, HKDF-SHA-256), and is cut into pieces that are sealed one by one (AES-256-GCM),
numbered, the last one marked: pieces that are changed, exchanged, left out or cut off do not open.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MAGIC = b"senti sealed backup 1\n"
PIECE = 1 << 20
_TAG = 16
_MARK = 8
_HEAD = len(MAGIC) + _MARK + 32


class Unreadable(Exception):
    """A sealed file does not open; says why."""


def new_key() -> tuple[str, str]:
    """Return the two halves of a new key as text: the private one, which is kept away, and the public one."""
    private = X25519PrivateKey.generate()
    return _text(private.private_bytes_raw()), _text(private.public_key().public_bytes_raw())


def read_public(text: str) -> X25519PublicKey:
    """Return a public key; raises ValueError if the text is none."""
    return X25519PublicKey.from_public_bytes(_octets(text))


def read_private(text: str) -> X25519PrivateKey:
    """Return a private key; raises ValueError if the text is none."""
    return X25519PrivateKey.from_private_bytes(_octets(text))


def is_sealed(path: Path) -> bool:
    """Say whether a file was sealed here."""
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def seal_file(source: IO[bytes], target: IO[bytes], public: X25519PublicKey) -> None:
    """Write all of a source, sealed for the holder of the private key."""
    fresh = X25519PrivateKey.generate()
    head = MAGIC + _mark(public) + fresh.public_key().public_bytes_raw()
    cipher = _cipher(fresh.exchange(public), head)
    target.write(head)
    piece, number = source.read(PIECE), 0
    while True:
        after = source.read(PIECE) if len(piece) == PIECE else b""
        target.write(cipher.encrypt(_nonce(number, last=not after), piece, None))
        if not after:
            return
        piece, number = after, number + 1


def open_file(path: Path, private: X25519PrivateKey) -> Iterator[bytes]:
    """Yield what was sealed, each piece once it is proven; raises Unreadable, and before the first piece if the key is
    another one. The whole is proven only when the last piece was yielded.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
        if len(head) < _HEAD or not head.startswith(MAGIC):
            raise Unreadable("is no sealed backup")
        if head[len(MAGIC) : len(MAGIC) + _MARK] != _mark(private.public_key()):
            raise Unreadable("is sealed for another key")
        try:
            cipher = _cipher(private.exchange(X25519PublicKey.from_public_bytes(head[-32:])), head)
        except ValueError:
            raise Unreadable("is damaged") from None
        piece, number = file.read(PIECE + _TAG), 0
        while True:
            after = file.read(PIECE + _TAG) if len(piece) == PIECE + _TAG else b""
            try:
                yield cipher.decrypt(_nonce(number, last=not after), piece, None)
            except (InvalidTag, ValueError):
                raise Unreadable("is damaged or cut off") from None
            if not after:
                return
            piece, number = after, number + 1


def _cipher(shared: bytes, head: bytes) -> AESGCM:
    """Return the cipher of one file: all of its head is bound in."""
    return AESGCM(HKDF(SHA256(), length=32, salt=sha256(head).digest(), info=MAGIC).derive(shared))


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


def _mark(public: X25519PublicKey) -> bytes:
    """Return what tells one key from another, so that a wrong one is said to be wrong."""
    return sha256(MAGIC + public.public_bytes_raw()).digest()[:_MARK]


def _text(octets: bytes) -> str:
    return urlsafe_b64encode(octets).decode().rstrip("=")


def _octets(text: str) -> bytes:
    text = text.strip()
    octets = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if len(octets) != 32:
        raise ValueError("a key is 43 letters, digits, - and _")
    return octets
