"""What a person sees first. The keys never move; what is not built yet leaves its digit free."""

from menus.call import Call
from service.ussd.screens import Choice, Do, End, Menu, Values


def read_help(call: Call, _: Values) -> dict[str, str]:
    """Say whom to call."""
    return {"help_line": call.pack.help_line}


SCREENS = (
    Menu("home", (
        Choice("1", "send.open"),
        Choice("2", "withdraw.open"),
        Choice("3", "pay.open"),
        Choice("4", "airtime.open"),
        Choice("5", "balance.read"),
        Choice("6", "approvals.open"),
        Choice("7", "account"),
        Choice("8", "help.read"),
        Choice("9", "resume", when="broken"),
        Choice("99", "undo.open", when="undo"),
    )),
    Do("help.read", read_help, then="help", gives=("help_line",)),
    End("help"),
)  # fmt: skip
