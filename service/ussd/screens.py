"""The vocabulary of conversations: five kinds of screen, fields, and the talk they make together.

Screens are data. They know names of values and of words; what a value is worth, and what money is, they do not know.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from service.refusal import Refusal

Values = Mapping[str, Any]
"""What a conversation has learnt so far, by name; JSON-able, but for secrets, which live for one turn."""

Act = Callable[[Any, Values], Mapping[str, Any] | Refusal | None]
"""What a Do calls: (call, values) -> new values. It may raise a Refusal, or return one to keep what it has written."""

Items = Callable[[Any, Values], Sequence[Values]]
"""What a Pick or an Ask with suggestions lists: for each item its values; the value `value` is what picking gives."""


@dataclass(frozen=True)
class Field:
    """How one kind of value is typed and shown. `widest` is a value that shows at the greatest width.

    Nothing is shown of an `optional` value that is not there: talks and messages of the release before have none.
    """

    show: Callable[[Any], str]
    widest: Any
    read: Callable[[str, Any], Any] | None = None  # (typed, call) -> value, or raises one of `refuses`
    refuses: tuple[type[Refusal], ...] = ()
    optional: bool = False

    def shown(self, values: Mapping[str, Any], name: str) -> str:
        """Return how a value of these is shown."""
        return "" if self.optional and name not in values else self.show(values[name])


@dataclass(frozen=True)
class Choice:
    """One key of a menu or beside a field. `when` is the name of a value that must be true for the line to be shown."""

    key: str
    then: str
    when: str | None = None

    def is_live(self, values: Values) -> bool:
        """Say whether the key is to be had at the moment."""
        return self.when is None or bool(values.get(self.when))


@dataclass(frozen=True)
class Menu:
    """A screen of numbered choices; with `pages` it goes on with 98 in every language where it is too long."""

    id: str
    choices: tuple[Choice, ...]
    pages: bool = False


@dataclass(frozen=True)
class Ask:
    """A screen that asks for one value; it may offer numbered suggestions and take typed input alike."""

    id: str
    into: str
    field: Field
    then: str
    secret: bool = False
    suggests: Items | None = None
    lines: tuple[str, ...] = ()
    """Names of the values that a suggestion's line may show."""
    choices: tuple[Choice, ...] = ()
    """Keys beside the field, which may take none of them; not together with suggestions, whose numbers are keys.

    Where a key is not to be had at the moment, its words stand there without it, if any are shown.
    """


@dataclass(frozen=True)
class Pick:
    """A screen that lists items, paged, and takes the number of one; what is picked goes to `into`."""

    id: str
    into: str
    items: Items
    then: str
    lines: tuple[str, ...] = ()
    empty: str | None = None
    """The screen to show when there is nothing to list."""


@dataclass(frozen=True)
class Do:
    """A step that calls a use case and shows nothing itself.

    `gives` names the values it sets on success; where one of those in `instead` is true, the talk goes on there and not
    at `then`. `on` says which screen shows which refusal; others end the talk.
    `unlocks` proves a secret for this turn; `posts` moves money and needs an unlock; `writes` has another effect.
    `told` and `not_told` are the words for the next dial: what happened, and what did not.
    """

    id: str
    act: Act
    then: str
    gives: tuple[str, ...] = ()
    instead: Mapping[str, str] = field(default_factory=dict)
    on: Mapping[type[Refusal], str] = field(default_factory=dict)
    refuses: tuple[type[Refusal], ...] = ()
    unlocks: bool = False
    posts: bool = False
    writes: bool = False
    told: str | None = None
    not_told: str | None = None
    hands_over: bool = False
    """`then` is the home of another role, and the talk is that role's from there on: whoever runs it begins it anew."""


@dataclass(frozen=True)
class End:
    """A goodbye: the last words of a talk."""

    id: str


Screen = Menu | Ask | Pick | Do | End


class NoSuchChoice(Refusal):
    """What was typed is not one of the keys on the screen."""


class DroppedSecret(Refusal):
    """A PIN stood in a dialled string; it was not read."""


class DroppedRest(Refusal):
    """The rest of a dialled string was not read, because a step before it has to be answered by hand."""
