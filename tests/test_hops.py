"""Paying takes fewer hops than today's services need, walked on the menus as they are."""

import re
from statistics import median_high

from service.cli.hops import in_words, walk_all

TODAY_KNOWN, TODAY_NEW = 6, 7
"""What services of today need, from the dial to the PIN (money-facts)."""


def test_a_known_and_a_new_person_are_paid_in_fewer_hops_than_today() -> None:
    """Each walk ends with a receipt; the median of both kinds is below that of today's services."""
    found = walk_all()
    known, new = (median_high(walk.hops for walk in walks) for walks in found)
    assert len(found.known) + len(found.new) == 24
    assert min(len(walks) for walks in found) >= 6, "Amina and Baraka know each other, in three languages"
    assert known < TODAY_KNOWN
    assert known <= new < TODAY_NEW
    assert max(walk.hops for walk in found.new) <= TODAY_NEW, "a near miss is asked about"
    assert median_high(walk.keys for walk in found.known) < median_high(walk.keys for walk in found.new)
    assert re.search(rf"a known person {known} hops .*, a new person {new} hops", in_words(found))
