"""Two of Senti's menus in cardisk, sessions in memory; runs in the rivals' own environment."""

import logging

from cardisk import Cardisk, ussd

logging.disable(logging.INFO)  # three lines a hop, which nobody would leave on

cardisk = Cardisk()
app = cardisk.app


@cardisk.route("/")  # type: ignore[untyped-decorator]
def home() -> None:
    ussd.menu(
        "Senti",
        [
            ("Send money", "/send"),
            ("Withdraw cash", "/withdraw"),
            ("Balance", "/balance"),
            ("My account", "/account"),
            ("Help", "/help"),
        ],
    )


@cardisk.route("/account")  # type: ignore[untyped-decorator]
def account() -> None:
    ussd.menu(
        "My account",
        [
            ("Statement", "/statement"),
            ("Limits", "/limits"),
            ("Language", "/language"),
            ("Change PIN", "/pin"),
            ("Back", "/"),
        ],
    )
