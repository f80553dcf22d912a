"""The runbook names what there is: commands, settings and figures."""

import re
from pathlib import Path

from service.cli import main
from service.web.metrics import Metrics

ROOT = Path(__file__).parent.parent.parent
RUNBOOK = (ROOT / "docs" / "operations.md").read_text("utf-8")


def test_every_command_of_the_runbook_exists() -> None:
    """A command that was renamed is not looked for at three in the morning."""
    named = set(re.findall(r"(?:^|`|    )senti ([a-z]+)", RUNBOOK, re.MULTILINE))
    assert len(named) > 10
    assert named <= main.commands.keys()


def test_every_setting_of_the_runbook_exists() -> None:
    settings = (ROOT / ".env.example").read_text("utf-8")
    assert [name for name in set(re.findall(r"SENTI_[A-Z_]+[A-Z]", RUNBOOK)) if f"{name}=" not in settings] == []


def test_O_05_every_figure_that_an_alarm_asks_for_is_told() -> None:
    """An alarm on a name that nobody counts never rings."""
    metrics = Metrics(ages=lambda: {"outbox": 1, "seal": 1, "canary": 1})
    metrics.count_hop("africastalking", "end", 0.1)
    metrics.count_turned_away("secret")
    metrics.count_sms("lane_stopped")
    told = metrics.text().decode()
    asked = set(re.findall(r"senti_[a-z_]+(?:\{outcome=\"[a-z_]+\"\})?", RUNBOOK)) - {"senti_owner"}
    assert len(asked) >= 6
    assert [name for name in asked if name not in told] == []
