"""Signatures: who has the public key can tell what Senti said, and nothing else can be made to look so."""

from service.ledger.signature import is_signed, public_key, sign

SECRET = b"a secret key of the service"


def test_who_has_the_public_key_can_tell_what_was_signed() -> None:
    assert is_signed(public_key(SECRET), b"1,000", sign(SECRET, b"1,000"))


def test_nothing_else_looks_signed() -> None:
    public, signature = public_key(SECRET), sign(SECRET, b"1,000")
    assert not is_signed(public, b"1,001", signature)
    assert not is_signed(public_key(b"another secret"), b"1,000", signature)
    assert not is_signed(public, b"1,000", bytes([signature[0] ^ 1]) + signature[1:])
    assert not is_signed(b"no key", b"1,000", signature)
    assert not is_signed(public, b"1,000", b"no signature")


def test_the_key_is_the_same_wherever_the_secret_is() -> None:
    """Published once, it holds for every process and every release: the derivation never changes."""
    assert public_key(SECRET).hex() == "235054d11d67cf8855ec6ad20caf97ca0216b994cfd032f3d3b3fe276e9ec144"
