"""The judges of the three nodes: what they must not let pass."""

import shutil

import pytest

from tests.lab import nodes_cluster
from tests.lab.finding import NotRun
from tests.lab.nodes_load import Acknowledged, Load, two_led


def write(timeline: str, began: float, ended: float) -> Acknowledged:
    return Acknowledged(0, began, ended, timeline)


def test_one_leader_after_another_is_no_split() -> None:
    assert two_led([write("1", 0, 1), write("1", 1, 2), write("2", 5, 6), write("2", 6, 7)]) == []


def test_a_write_that_an_old_leader_takes_after_the_new_one_is_found() -> None:
    late = write("1", 7, 8)
    assert two_led([write("1", 0, 1), write("2", 5, 6), late, write("2", 8, 9)]) == [late]


def test_a_write_that_was_begun_before_the_new_leader_is_not_held_against_the_old() -> None:
    assert two_led([write("1", 4, 7), write("2", 5, 6)]) == []


def test_the_longest_time_without_success_counts_from_the_fault() -> None:
    load = Load(0)
    load.acknowledged = [Acknowledged(1, 0, 1), Acknowledged(2, 8, 9)]
    assert load.longest_gap(2.0) > 7


def test_a_machine_without_the_programs_is_told_how_to_get_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.setattr(nodes_cluster, "may_lay", lambda: True)
    with pytest.raises(NotRun) as no:
        nodes_cluster.refuse()
    assert "patroni" in str(no.value)
    assert no.value.cure.startswith("apt-get install")


def test_without_the_rights_of_root_it_is_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nodes_cluster, "may_lay", lambda: False)
    with pytest.raises(NotRun):
        nodes_cluster.refuse()
