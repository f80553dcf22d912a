"""The tree of sums: its root says both which amounts there are and what they come to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.ledger.sums import NOTHING, Node, Step, join, leaf, path, root

AMOUNTS = st.lists(st.integers(0, 10**15), min_size=1, max_size=40)


def tree(amounts: list[int]) -> list[Node]:
    return [leaf(place.to_bytes(16, "big"), amount) for place, amount in enumerate(amounts)]


def climb(node: Node, steps: list[Step]) -> Node:
    for step in steps:
        far = Node(step.digest, step.total)
        node = join(far, node) if step.side == "left" else join(node, far)
    return node


@given(AMOUNTS, st.data())
def test_the_way_up_from_every_leaf_is_the_root(amounts: list[int], data: st.DataObject) -> None:
    nodes = tree(amounts)
    place = data.draw(st.integers(0, len(amounts) - 1))
    assert climb(nodes[place], path(nodes, place)) == root(nodes)
    assert root(nodes).total == sum(amounts)


@given(AMOUNTS, st.data())
def test_another_amount_has_another_root(amounts: list[int], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(amounts) - 1))
    other = [*amounts[:place], amounts[place] + 1, *amounts[place + 1 :]]
    assert root(tree(other)).digest != root(tree(amounts)).digest
    assert root(tree(amounts[:place] + amounts[place + 1 :])) != root(tree(amounts))


def test_sums_that_differ_have_different_digests_though_they_come_to_the_same() -> None:
    """What a tree that digests only the whole sum would let through: money moved from one side to the other."""
    one, other = Node(b"a" * 32, 5), Node(b"b" * 32, 7)
    assert join(one, other).digest != join(one._replace(total=6), other._replace(total=6)).digest


def test_a_pair_of_nodes_is_no_leaf() -> None:
    left, right = tree([1, 2])
    said = left.digest + (1).to_bytes(8, "big") + right.digest + (2).to_bytes(8, "big")
    assert leaf(said[:-8], 2).digest != join(left, right).digest


def test_no_amount_is_below_zero_and_nothing_is_nothing() -> None:
    with pytest.raises(OverflowError):
        leaf(bytes(16), -1)
    assert root([]) == NOTHING
    assert root(tree([5])) == tree([5])[0]
    assert path(tree([5]), 0) == []
