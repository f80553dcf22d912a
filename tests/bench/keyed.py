"""The service with a keyed digest in place of the PIN's slow hash: what the rest of a hop costs, and nothing else.

There is no such setting and there must not be: this module serves in a process of its own, and replaces the two
functions before anything else is loaded. What it seals no real service opens, and the other way round, so a bench that
meant the one and met the other breaks at its first talk.
"""

import hmac

from service.wallet import pin as pins
from service.wallet.house import House


def seal(house: House, person_id: int, pin: str) -> str:
    """Return what stands where a verifier would."""
    return "keyed$" + hmac.digest(house.pepper, f"{person_id}:{pin}".encode(), "sha256").hex()


def is_sealed(house: House, person_id: int, pin: str, sealed: str) -> bool:
    """Say whether this was sealed for this person."""
    return hmac.compare_digest(seal(house, person_id, pin), sealed)


def swap() -> None:
    """Put the keyed digest in the hash's place, in this process."""
    pins.seal_pin, pins.is_pin = seal, is_sealed


if __name__ in ("__main__", "__mp_main__"):
    swap()

if __name__ == "__main__":
    from service.cli import main

    main()
