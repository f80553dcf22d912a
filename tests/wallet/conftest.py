from collections.abc import Iterator

import pytest

from tests.wallet.village import Village


@pytest.fixture
def village() -> Iterator[Village]:
    """A village where nobody has money yet; what its people were told is read when the test is over."""
    village = Village()
    yield village
    village.assert_readable()
