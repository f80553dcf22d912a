"""A country pack with a wrong word in it is refused with its place."""

from pathlib import Path

import pytest

import service.countries
from service.countries import BadPack, load_pack, read_pack

SOUND = (Path(service.countries.__file__).parent / "ke.toml").read_text("utf-8")


def said_of(tmp_path: Path, old: str, new: str) -> str:
    assert old in SOUND
    file = tmp_path / "ke.toml"
    file.write_text(SOUND.replace(old, new, 1), "utf-8")
    with pytest.raises(BadPack) as refused:
        read_pack(file)
    return str(refused.value)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("pin_tries = 3", "pin_tires = 3", "ke.toml, limits: pin_tries is missing"),
        ("pin_tries = 3", "pin_tries = 3\npin_tires = 3", "ke.toml, limits: unknown pin_tires"),
        ("pin_tries = 3", "pin_tries = 0", "pin_tries must be above zero"),
        ("pin_tries = 3", 'pin_tries = "3"', "pin_tries must be int, not '3'"),
        ("pin_tries = 3", "pin_tries = true", "pin_tries must be int, not True"),
        ("pin_tries = 3", "pin_tries = 3.0", "pin_tries must be int, not 3.0"),
        ("pin_tries = 3", "pin_tries = 3 3", "ke.toml: "),
        ('name = "Kenya"', 'name = "Kenya"\nnmae = "x"', "ke.toml: unknown nmae"),
        ('country = "ke"', 'country = "ug"', "the file is named 'ke'"),
        ('region = "KE"', 'region = "KEN"', "region 'KEN' has no phone numbers"),
        ('zone = "Africa/Nairobi"', 'zone = "Africa/Nairoby"', "'Africa/Nairoby' is not a time zone"),
        ('zone = "Africa/Nairobi"', 'zone = "/etc/passwd"', "is not a time zone"),
        ('languages = ["en", ', "languages = [1, ", "languages must be a list of texts"),
        ('code = "KES"', 'code = "KSH"', "'KSH' is not in ISO 4217"),
        ("exponent = 2 ", "exponent = 0 ", "KES has exponent 2 in ISO 4217, not 0"),
        ("1 = { single", "one = { single", "a tier is a number"),
        ("day =  70_000_00, ", "", "tier 1: day is missing"),
        ("day =  70_000_00", "day = -1", "tier 1: day must be above zero"),
        ("pays =   7_00", "pays =   7.00", "ke.toml, charges 1, bands 3: pays must be int, not 7.0"),
        ("pays =   7_00", "paid =   7_00", "ke.toml, charges 1, bands 3: pays is missing"),
        ("pays =   7_00 }", 'pays =   7_00, sourec = "x" }', "ke.toml, charges 1, bands 3: unknown sourec"),
        ("valid_from = 2024-01-01", 'valid_from = "2024-01-01"', "charges 1: valid_from must be date"),
        ("valid_from = 2024-01-01", "valid_from = 2024-01-01T00:00:00", "charges 1: valid_from must be date"),
        ("basis_points = 15_00", 'basis_points = "1500"', "taxes 1: basis_points must be int"),
        ("[limits]", "[limitations]", "ke.toml: limits is missing"),
        ("[[taxes]]", "[taxes]", "ke.toml: taxes must be list"),
    ],
)
def test_a_wrong_word_is_refused_at_its_place(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert said in said_of(tmp_path, old, new)


def test_a_table_without_bands_is_refused(tmp_path: Path) -> None:
    bands = SOUND[SOUND.index("bands = [") : SOUND.index("]\n\n[[charges]]") + 1]
    assert "charges 1: there are no bands" in said_of(tmp_path, bands, "bands = []")


def test_the_same_file_reads_the_same_anywhere(tmp_path: Path) -> None:
    file = tmp_path / "ke.toml"
    file.write_text(SOUND, "utf-8")
    assert read_pack(file) == load_pack("ke")


@pytest.mark.parametrize("country", ["xx", "", "../countries/ke", "KE"])
def test_a_country_without_a_pack_is_refused(country: str) -> None:
    with pytest.raises(BadPack, match="there are: gh, ke, ug"):
        load_pack(country)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadPack, match=r"ke\.toml"):
        read_pack(tmp_path / "ke.toml")


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ke.toml").write_bytes(b"\xff\xfe\0")
    with pytest.raises(BadPack, match=r"ke\.toml"):
        read_pack(tmp_path / "ke.toml")
