"""Every story happens as it is told. `pytest tests/test_stories.py --update` writes down what really happened."""

from pathlib import Path

import pytest

from tests.story import retell

STORIES = sorted((Path(__file__).parent / "stories").glob("*.txt"))


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
def test_story(path: Path, request: pytest.FixtureRequest) -> None:
    told = path.read_text("utf-8")
    happened = "\n".join(retell(told)) + "\n"
    if request.config.getoption("--update"):
        path.write_text(happened, "utf-8")
    else:
        assert happened.splitlines() == told.splitlines()


def test_there_are_stories() -> None:
    assert len(STORIES) > 5
