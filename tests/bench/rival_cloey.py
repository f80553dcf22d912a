"""Two of Senti's menus in cloey, sessions in memory; runs in the rivals' own environment."""

from cloey import Cloey

HOME = "Senti\n1 Send money\n2 Withdraw cash\n5 Balance\n7 My account\n8 Help"
ACCOUNT = "My account\n1 Statement\n2 Limits\n3 Language\n4 Change PIN\n0 Back 00 Home"

cloey = Cloey()
app = cloey()


@cloey.route("start")  # type: ignore[untyped-decorator]
def start(session: str) -> str:
    cloey.next_step(session, "home")
    return HOME


@cloey.route("home")  # type: ignore[untyped-decorator]
def home(session: str, typed: str) -> str:
    if typed != "7":
        return HOME
    cloey.next_step(session, "account")
    return ACCOUNT


@cloey.route("account")  # type: ignore[untyped-decorator]
def account(session: str, typed: str) -> str:
    if typed != "0":
        return ACCOUNT
    cloey.next_step(session, "home")
    return HOME
