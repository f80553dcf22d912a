"""What a database's error means to who asked."""

import pytest

from service.storage.store import Busy
from service.storage.trouble import Again, raise_for_state


@pytest.mark.parametrize(
    ("state", "meaning"), [("40001", Again), ("40P01", Again), ("57P01", Again), ("55P03", Busy), ("57014", Busy)]
)
def test_K_05_what_passes_is_tried_again_or_said_to_be_busy(state: str, meaning: type[Exception]) -> None:
    """Deadlocks, and a helper of the statement that was ended, are asked again; what takes too long is Busy."""
    with pytest.raises(meaning):
        raise_for_state(state, "")
