"""Lists handed in by the command: what is new, what is off, and what is no list."""

from pathlib import Path

from tests.cli.conftest import Senti

LIST = "number,name,aliases\n1,Amina Odhiambo,Mama Amina\n2,Wekesa Barasa,\n"


def test_F_11_a_list_is_handed_in_whole(senti: Senti, tmp_path: Path) -> None:
    """Who is not in the file any more is off the list; the logbook says who handed it in."""
    file = tmp_path / "un.csv"
    file.write_text(LIST)
    assert "un: 2 listed, 2 of them new or changed; 0 are off." in senti.says(
        "sanctions", "import", str(file), "--by", "ann"
    )
    assert senti.json("sanctions", "list") == [{"list": "un", "listed": 2, "new": 2}]
    file.write_text("number,name,aliases\n1,Amina Odhiambo,Mama Amina\n")
    said = senti.says("sanctions", "import", str(file), "--list", "UN", "--by", "ann")
    assert "un: 1 listed, 0 of them new or changed; 1 are off." in said
    assert "un " in senti.says("sanctions", "list")


def test_what_is_no_list_is_refused_with_its_line(senti: Senti, tmp_path: Path) -> None:
    file = tmp_path / "un list.csv"
    file.write_text(LIST)
    assert "small letters" in senti.no("sanctions", "import", str(file), "--by", "ann")
    file.write_text("number,name,aliases\n1,,\n")
    assert "Line 2" in senti.no("sanctions", "import", str(file), "--list", "un", "--by", "ann")
    file.write_bytes(b"number,name,aliases\n1,\xff,\n")
    assert "UTF-8" in senti.no("sanctions", "import", str(file), "--list", "un", "--by", "ann", status=2)
    assert senti.json("sanctions", "list") == []
