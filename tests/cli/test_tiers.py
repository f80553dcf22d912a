"""A tier at the terminal: `senti approve` shows whose it is and what changes, masked, and does it once."""

from service.app import make_app
from service.settings import Settings
from service.wallet.application import Application, attach
from service.wallet.operator import propose
from service.wallet.people import person_by_phone
from service.wallet.tier import take_tier
from service.wallet.unit import Unit
from tests.cli.conftest import Senti

NEW = "+254799000009"


def asked(senti: Senti) -> str:
    """Take papers of Zawadi down, propose the tier, and return the number of the act."""
    senti.says("person", "register", NEW, "--name", "Zawadi Njoroge", "--id-number", "87654321", typed="5923\n5923\n")
    url = senti.environment["SENTI_DATABASE_URL"]
    app = make_app(Settings(_env_file=None, database_url=url, pin_memory_kib=8))  # type: ignore[arg-type, call-arg]

    def work(unit: Unit) -> int:
        person = person_by_phone(unit, NEW)
        assert person is not None
        papers = {"name": "Zawadi W Njoroge", "id_number": "87654321", "paper": "K 1"}
        row = take_tier(unit, person, tier=2, by="ann", **papers)
        assert isinstance(row, Application)
        attach(unit, row.id, b"%PDF-1.7")
        return propose(unit, act="tier", values={"application": row.id}, maker="ann").id

    number = app.transact(work)
    app.store.close()
    return app.house.references.write(number)


def test_C_01_a_tier_is_approved_at_the_terminal_by_another_who_reads_what_it_is(senti: Senti) -> None:
    """Neither the maker nor who took the papers down; and a second time there is nothing to approve."""
    act = asked(senti)
    shown = senti.says("approve", act)
    for said in ("tier_now 1", "tier_wanted 2", "ZAWADI N", "papers 1"):
        assert said in shown, shown
    assert "Zawadi W" not in shown
    assert "Who made it may not approve it." in senti.no("approve", act, "--by", "Ann")
    assert senti.json("person", "show", NEW)["tier"] == 1
    assert "Done. tier 2" in senti.says("approve", act, "--by", "bob")
    about = senti.json("person", "show", NEW)
    assert (about["tier"], about["name"]) == (2, "Zawadi W Njoroge")
    senti.no("approve", act, "--by", "bob")
