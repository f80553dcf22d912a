"""A tree of sums: many amounts under one digest, so that whoever holds one amount can check that it was counted.

Each node stands for a digest and a sum, and a node's digest covers the digests and the sums of both nodes below it. An
amount that was changed, left out or taken below zero gives another root (a Merkle sum tree). Leaves and inner nodes are
digested under different first octets, so that none can be shown as the other. A node without a neighbour goes up as it
is. `docs/verify_funds.py` is the same arithmetic, written for outsiders.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import NamedTuple


class Node(NamedTuple):
    """A digest, and the sum of all amounts below it, in minor units."""

    digest: bytes
    total: int


class Step(NamedTuple):
    """The neighbour that one meets on the way up, and on which side it stands."""

    side: str  # left, right
    digest: bytes
    total: int


NOTHING = Node(bytes(32), 0)
"""What stands where no amount is."""


def leaf(nonce: bytes, amount: int) -> Node:
    """Return the node of one amount; a nonce of 16 octets keeps it from being guessed. OverflowError below zero."""
    return Node(sha256(b"\0" + nonce + amount.to_bytes(8, "big")).digest(), amount)


def join(left: Node, right: Node) -> Node:
    """Return the node above two others."""
    said = left.digest + left.total.to_bytes(8, "big") + right.digest + right.total.to_bytes(8, "big")
    return Node(sha256(b"\1" + said).digest(), left.total + right.total)


def _above(nodes: Sequence[Node]) -> list[Node]:
    pairs = len(nodes) // 2
    joined = [join(nodes[2 * place], nodes[2 * place + 1]) for place in range(pairs)]
    return [*joined, *nodes[2 * pairs :]]


def root(nodes: Sequence[Node]) -> Node:
    """Return the node above all these."""
    while len(nodes) > 1:
        nodes = _above(nodes)
    return nodes[0] if nodes else NOTHING


def path(nodes: Sequence[Node], place: int) -> list[Step]:
    """Return the neighbours on the way from one of these nodes up to their root."""
    steps = []
    while len(nodes) > 1:
        near = place ^ 1
        if near < len(nodes):
            steps.append(Step("left" if near < place else "right", *nodes[near]))
        nodes, place = _above(nodes), place // 2
    return steps
