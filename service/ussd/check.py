"""The prover: whether a talk can go wrong anywhere, in any language, with any value. No problems are a proof.

Each rule is a small function of the talk; a menu that is not proven is not served.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

from service.ussd import rules_room, rules_ways, rules_words
from service.ussd.limit import Limit
from service.ussd.problem import Problem
from service.ussd.text import Talk

Rule = Callable[[Talk], Iterator[Problem]]

RULES: tuple[Rule, ...] = (
    rules_ways.targets,
    rules_ways.reachable,
    rules_ways.finishes,
    rules_ways.circles,
    rules_ways.posting_ends,
    rules_ways.pin_first,
    rules_ways.secrets,
    rules_ways.values_set,
    rules_ways.short_ways,
    rules_words.words,
    rules_words.refusals_said,
    rules_words.orphans,
    rules_words.places,
    rules_words.figures,
    rules_words.alphabets,
    rules_words.keys,
    rules_words.way_back,
    rules_room.fits,
    rules_room.pages,
    rules_room.extras,
    rules_room.lists,
    rules_room.farewells,
    rules_room.sms,
    rules_room.first_parts,
)

_BEFORE_ROOM = {"words", "refusals_said", "places", "targets"}


def check(talk: Talk, limits: Iterable[Limit] = (), call: Any = None) -> list[Problem]:
    """Return every problem of a talk on gateways with these limits; fields are tried with `call`."""
    limits = list(limits)
    smallest = Limit(
        "smallest",
        septets=min([talk.limit.septets, *(limit.septets for limit in limits)]),
        units=min([talk.limit.units, *(limit.units for limit in limits)]),
    )
    problems = [
        Problem("limit", limit.gateway, "", "has less room than the talk is laid out for")
        for limit in limits
        if limit.septets < talk.limit.septets or limit.units < talk.limit.units
    ]
    problems += rules_words.fields(talk, call)
    measured = replace(talk, limit=smallest)
    for rule in RULES:
        # What is not there cannot be measured.
        if rule.__module__ == rules_room.__name__ and any(problem.rule in _BEFORE_ROOM for problem in problems):
            continue
        problems += rule(measured)
    return problems
