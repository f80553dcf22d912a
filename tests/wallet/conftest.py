import pytest

from tests.wallet.village import Village


@pytest.fixture
def village() -> Village:
    """A village where nobody has money yet."""
    return Village()
