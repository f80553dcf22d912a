"""The machine around the service, broken twice: phones pay on afterwards, and what they read is true."""

from tests.lab.machine import full_disk


def test_D_07_a_disk_that_fills_and_has_room_again() -> None:
    """No payment is acknowledged that is not there, none is made twice, and nobody restarts anything."""
    finding = full_disk(2, lambda _: None)
    assert finding.holds, finding
