"""Settings: what is refused, how it is said, and what production will not start on."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from pydantic import SecretStr

from service.settings import PREFIX, BadSettings, Settings, derive, read_settings, unsafe

EXAMPLE = Path(__file__).parents[2] / ".env.example"
SOUND = {
    "SENTI_MODE": "production",
    "SENTI_DATABASE_URL": "postgresql://teller:9b1f@db/books?sslmode=verify-full",
    "SENTI_DATABASE_ADMIN_URL": "postgresql://owner:4c2e@db/books?sslmode=verify-full",
    "SENTI_SECRET_KEY": "3f9a0c5b7d21e8846f0b9c3d5e7a1826b4c8d0e2f46a8b9c1d3e5f70a2b4c6d8",
    "SENTI_PIN_PEPPER": "8d6c4b2a07f5e3d1c9b8a64f2e0d8c4b6281a7e5d3c9b0f6488e12d7b5c0a9f3",
    "SENTI_AFRICASTALKING_USERNAME": "senti-ke",
    "SENTI_AFRICASTALKING_API_KEY": "atsk_5b8e1f0c9d7a3e6b2c4f8a0d1e9b7c5f3a2d6e8b0c4f",
    "SENTI_AFRICASTALKING_BASE_URL": "https://api.africastalking.com",
    "SENTI_AFRICASTALKING_WEBHOOK_SECRET": "c0a4e1b97f3d58626e8b0d2f4a9c7e13",
    "SENTI_METRICS_PORT": "9464",
}
NOWHERE = Path("/nonexistent/.env")


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in list(os.environ):
        if name.startswith(PREFIX):
            monkeypatch.delenv(name)


def settings_of(monkeypatch: pytest.MonkeyPatch, given: Mapping[str, str]) -> Settings:
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    return read_settings(NOWHERE)


def problems_of(monkeypatch: pytest.MonkeyPatch, **given: str) -> list[str]:
    with pytest.raises(BadSettings) as caught:
        settings_of(monkeypatch, given)
    return caught.value.problems


def test_defaults_are_the_demo() -> None:
    settings = read_settings(NOWHERE)
    assert settings.mode == "demo"
    assert settings.database_url.get_secret_value() == "sqlite:///var/senti.db"
    assert settings.countries == ("ke",)
    assert [secret.get_secret_value() for secret in settings.africastalking_webhook_secret] == ["demo"]
    assert (settings.host, settings.port, settings.workers) == ("127.0.0.1", 8000, 1)


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValueError):
        read_settings(NOWHERE).mode = "production"


def test_the_example_holds_every_setting_with_its_default(tmp_path: Path) -> None:
    """Every setting stands in .env.example, nothing else does, and the file reads as the defaults."""
    named = re.findall(r"^(SENTI_\w+)=", EXAMPLE.read_text(), re.MULTILINE)
    assert sorted(named) == sorted(PREFIX + name.upper() for name in Settings.model_fields)
    for paragraph in EXAMPLE.read_text().strip().split("\n\n"):
        assert paragraph.startswith("# "), paragraph
    copy = tmp_path / ".env"
    copy.write_text(EXAMPLE.read_text())
    assert read_settings(copy) == read_settings(NOWHERE)


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / ".env"
    file.write_text("SENTI_PORT=9001\nSENTI_HOST=0.0.0.0\n")
    monkeypatch.setenv("SENTI_PORT", "9002")
    settings = read_settings(file)
    assert (settings.port, settings.host) == (9002, "0.0.0.0")


def test_lists_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_of(
        monkeypatch,
        {
            "SENTI_AFRICASTALKING_WEBHOOK_SECRET": "old-one, new-one",
            "SENTI_AFRICASTALKING_ALLOWED_ADDRESSES": "192.0.2.1,198.51.100.0/24, 2001:db8::/32",
            "SENTI_TRUSTED_PROXY": "127.0.0.1",
        },
    )
    assert [secret.get_secret_value() for secret in settings.africastalking_webhook_secret] == ["old-one", "new-one"]
    assert [str(network) for network in settings.africastalking_allowed_addresses] == [
        "192.0.2.1/32", "198.51.100.0/24", "2001:db8::/32",
    ]  # fmt: skip
    assert [str(network) for network in settings.trusted_proxy] == ["127.0.0.1/32"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SENTI_MODE", "prod"), ("SENTI_PORT", "eighty"), ("SENTI_PORT", "0"), ("SENTI_PORT", "65536"),
        ("SENTI_COUNTRIES", "ke,zz"), ("SENTI_COUNTRIES", "ke,ke"), ("SENTI_COUNTRIES", ","),
        ("SENTI_DATABASE_URL", "mysql://x"), ("SENTI_DATABASE_ADMIN_URL", "var/senti.db"),
        ("SENTI_DEMO_CLOCK_SPEED", "0"), ("SENTI_DEMO_CLOCK_SPEED", "1.5"), ("SENTI_PIN_MEMORY_KIB", "4"),
        ("SENTI_LOG_LEVEL", "loud"), ("SENTI_WORKERS", "-1"), ("SENTI_METRICS_PORT", "x"),
        ("SENTI_AFRICASTALKING_BASE_URL", "http://api.africastalking.com"),
        ("SENTI_AFRICASTALKING_BASE_URL", "api.africastalking.com"), ("SENTI_AFRICASTALKING_BASE_URL", "file:///etc"),
        ("SENTI_AFRICASTALKING_WEBHOOK_SECRET", "a/b"), ("SENTI_TRUSTED_PROXY", "proxy.local"),
        ("SENTI_AFRICASTALKING_ALLOWED_ADDRESSES", "10.0.0.1/8"),
    ],
)  # fmt: skip
def test_O_02_a_wrong_value_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """A wrong value stops the start: the message has the setting's name and a reason, and never what was given."""
    (problem,) = problems_of(monkeypatch, **{name: value})
    assert re.match(rf"{name}: \w.{{10,}}", problem), problem
    assert len(value) < 6 or value not in problem


def test_O_02_all_problems_are_told_at_once_with_their_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file with several mistakes is corrected in one go: file, line and variable stand in the message."""
    file = tmp_path / ".env"
    file.write_text("# ours\nSENTI_MODE=demo\nSENTI_PORT=eighty\nSENTI_PROT=80\nexport SENTI_WORKERS=many\nPORT=8000\n")
    monkeypatch.setenv("SENTI_LOGLEVEL", "info")
    with pytest.raises(BadSettings) as caught:
        read_settings(file)
    said = sorted(problem.rsplit(": ", 1)[0] for problem in caught.value.problems)
    assert said == [
        f"PORT ({file}, line 6)", "SENTI_LOGLEVEL", f"SENTI_PORT ({file}, line 3)", f"SENTI_PROT ({file}, line 4)",
        f"SENTI_WORKERS ({file}, line 5)",
    ]  # fmt: skip


def test_O_02_a_misspelt_setting_in_the_environment_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not a setting is refused; names for the test suite are left alone."""
    assert problems_of(monkeypatch, SENTI_DATABASEURL="sqlite:///x.db") == [
        "SENTI_DATABASEURL: there is no such setting"
    ]
    monkeypatch.delenv("SENTI_DATABASEURL")
    settings_of(monkeypatch, {"SENTI_TEST_POSTGRES_URL": "postgresql://x"})


def test_secrets_are_never_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the settings nor their errors show a secret, not even a wrong one."""
    settings = settings_of(monkeypatch, SOUND)
    hidden = [
        value for name, value in SOUND.items() if re.search("KEY|PEPPER|SECRET|URL", name) and "api." not in value
    ]
    assert len(hidden) == 6
    for text in (repr(settings), str(settings), settings.model_dump_json()):
        assert not [secret for secret in hidden if secret in text]
    said = problems_of(
        monkeypatch, SENTI_AFRICASTALKING_WEBHOOK_SECRET="s3cr3t/", SENTI_DATABASE_URL="mysql://me:pa55@x"
    )
    assert len(said) == 2
    with pytest.raises(ValueError) as wrong:
        Settings(pin_memory_kib="s3cr3t")  # type: ignore[arg-type]
    assert "s3cr3t" not in str(said) + str(wrong.value)
    assert "pa55" not in str(said)


def test_C_10_sound_settings_are_safe(monkeypatch: pytest.MonkeyPatch) -> None:
    """A production that is set up as the example says starts."""
    assert unsafe(settings_of(monkeypatch, SOUND), {}) == []


def test_C_10_the_demo_is_not_safe() -> None:
    """Without any setting each secret, the gateway and the metrics are named, each with what to do about it."""
    said = unsafe(read_settings(NOWHERE), {})
    assert {problem.split()[0] for problem in said} == {
        "SENTI_SECRET_KEY", "SENTI_PIN_PEPPER", "SENTI_AFRICASTALKING_WEBHOOK_SECRET", "SENTI_METRICS_PORT",
        "SENTI_AFRICASTALKING_USERNAME", "SENTI_AFRICASTALKING_API_KEY", "SENTI_AFRICASTALKING_BASE_URL",
    }  # fmt: skip
    assert all(re.search(r": (set|remove|give) ", problem) for problem in said)


@pytest.mark.parametrize("name", ["SENTI_SECRET_KEY", "SENTI_PIN_PEPPER", "SENTI_AFRICASTALKING_WEBHOOK_SECRET"])
@pytest.mark.parametrize(
    "value",
    [
        "",
        "changeme",
        "change-me-" + "7f3a9c51d0b2e84f" * 2,
        "demo",
        "short7f3a9c51d0b2e8",
        "a" * 64,
        "ab" * 32,
        "my-secret-" + "7f3a9c51d0b2e84f" * 2,
    ],
)
def test_C_10_weak_secrets_are_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """Empty, default, example-like, short or repetitive: named, and never quoted."""
    (problem,) = unsafe(settings_of(monkeypatch, SOUND | {name: value}), {})
    assert problem.startswith(name)
    assert value in ("", "demo") or value not in problem


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SENTI_DEMO_CLOCK_SPEED", "60"),
        ("SENTI_LOG_LEVEL", "debug"),
        ("SENTI_PIN_MEMORY_KIB", "8"),
        ("SENTI_METRICS_PORT", ""),
        ("SENTI_METRICS_PORT", "8000"),
        ("SENTI_CONSOLE_PORT", "8000"),
        ("SENTI_CONSOLE_PORT", "9464"),
        ("SENTI_DATABASE_URL", SOUND["SENTI_DATABASE_ADMIN_URL"]),
        ("SENTI_AFRICASTALKING_WEBHOOK_SECRET", SOUND["SENTI_AFRICASTALKING_WEBHOOK_SECRET"] + ",demo"),
    ],
)
def test_C_10_switches_of_a_demo_are_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """What makes a demo handy is not safe with real money; one demo secret beside a good one neither."""
    (problem,) = unsafe(settings_of(monkeypatch, SOUND | {name: value}), {})
    assert problem.startswith(name)


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("postgresql://teller:9b1f@db/books", False),
        ("postgresql://teller:9b1f@db:5433/books?sslmode=require", False),
        ("postgresql://teller:9b1f@/books?host=10.0.0.1:5432&host=127.0.0.1:5432", False),
        ("postgresql://teller:9b1f@/books?host=10.0.0.1,10.0.0.2&sslmode=verify-full", True),
        ("postgresql://teller:9b1f@127.0.0.1.evil.example/books", False),
        ("postgresql://teller:9b1f@127.0.0.1:5433/books", True),
        ("postgresql://teller:9b1f@[::1]:5433/books", True),
        ("postgresql://teller:9b1f@/books?host=%2Fvar%2Frun%2Fpostgresql", True),
        ("sqlite:////srv/senti.db", True),
    ],
)
def test_C_10_a_database_elsewhere_is_reached_by_tls_or_not_at_all(
    monkeypatch: pytest.MonkeyPatch, url: str, safe: bool
) -> None:
    """Balances and PIN verifiers do not cross a network in clear, nor go to whoever answers under the name."""
    problems = unsafe(settings_of(monkeypatch, SOUND | {"SENTI_DATABASE_URL": url}), {})
    assert [problem.split()[0] for problem in problems] == ([] if safe else ["SENTI_DATABASE_URL"])


@pytest.mark.parametrize("switch", ["DEBUG", "FLASK_DEBUG", "PYTHONINSPECT"])
def test_C_10_debug_switches_are_refused(monkeypatch: pytest.MonkeyPatch, switch: str) -> None:
    """DEBUG=1 shows the inside to strangers."""
    settings = settings_of(monkeypatch, SOUND)
    (problem,) = unsafe(settings, {switch: "1"})
    assert problem.startswith(switch)
    assert unsafe(settings, {switch: "0"}) == unsafe(settings, {switch: ""}) == []


def test_C_10_one_secret_for_two_things_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A leaked webhook address must not be the key of the PINs as well."""
    (problem,) = unsafe(settings_of(monkeypatch, SOUND | {"SENTI_PIN_PEPPER": SOUND["SENTI_SECRET_KEY"]}), {})
    assert "differ" in problem


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SENTI_AFRICASTALKING_USERNAME", "sandbox"), ("SENTI_AFRICASTALKING_USERNAME", " Sandbox"),
        ("SENTI_AFRICASTALKING_API_KEY", ""), ("SENTI_AFRICASTALKING_API_KEY", "demo"),
        ("SENTI_AFRICASTALKING_BASE_URL", "https://api.sandbox.africastalking.com"),
        ("SENTI_AFRICASTALKING_BASE_URL", "http://127.0.0.1:9000"),
    ],
)  # fmt: skip
def test_O_10_a_sandbox_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """A live service that talks to a test account loses every receipt."""
    (problem,) = unsafe(settings_of(monkeypatch, SOUND | {name: value}), {})
    assert problem.startswith(name)


def test_keys_for_different_purposes_differ() -> None:
    assert derive("one", "references") == derive("one", "references")
    assert (
        len({derive(secret, purpose) for secret in ("one", "two") for purpose in ("references", "codes", "seals")}) == 6
    )
    assert len(derive("one", "references")) == 32


def test_secrets_are_read_on_purpose_only() -> None:
    """A secret is not text by accident: it has to be asked for."""
    assert all(isinstance(key, SecretStr) for key in read_settings(NOWHERE).secret_key)
