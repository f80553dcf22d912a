"""What the house knows: the packs of its countries, and the keys that secrets are derived from."""

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field

from service.countries import Pack
from service.reference import References
from service.wallet.brake import Brake
from service.wallet.guesses import Guesses


@dataclass(frozen=True)
class House:
    """What hardly changes while Senti runs: country packs and the keys that secrets are derived from.

    A pack is another one when new prices were approved: see prices.py. `filed` are the packs as their files say.
    """

    packs: MutableMapping[str, Pack]
    references: References
    pepper: bytes = field(repr=False)
    code_key: bytes = field(repr=False)
    log_key: bytes = field(repr=False)
    """What the rows of the staff's logbook are stamped with."""
    statement_secret: bytes = field(default=b"", repr=False)
    """What statements for outsiders are signed with: see ledger/signature.py."""
    pin_memory_kib: int = 1024
    other_peppers: tuple[bytes, ...] = field(default=(), repr=False)
    """Peppers that PINs are still, or already, sealed under while one is being changed."""
    sim_feed: bool = False
    """Whether the network can be asked how old a SIM is."""
    other_code_keys: tuple[bytes, ...] = field(default=(), repr=False)
    """What codes that are on their way were derived from while the secret key is being changed."""
    filed: Mapping[str, Pack] = field(default_factory=dict, repr=False)

    guesses: Guesses = field(default_factory=Guesses, repr=False, compare=False)
    """Does change: how many PINs were wrong of late."""

    brake: Brake = field(default_factory=Brake, repr=False, compare=False)
    """Does change: what stands still."""

    @property
    def code_keys(self) -> tuple[bytes, ...]:
        """What a one-time code may have been derived from."""
        return (self.code_key, *self.other_code_keys)
