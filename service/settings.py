"""Everything that is decided outside of the program: read once, from the environment and from `.env`, and then fixed.

Nothing else reads the environment. A name that is not a setting stops the start as a wrong value does: a misspelt
setting is otherwise a default that nobody chose. Secrets print as stars, and errors never show what was given.
"""

import hmac
import os
import re
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import parse_qs, urlsplit

from dotenv import dotenv_values
from pydantic import BeforeValidator, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from service.countries import every_country

PREFIX = "SENTI_"
TESTS_ONLY = "SENTI_TEST_"
"""Names that begin so belong to the test suite."""

DEMO_SECRETS = {
    "secret_key": "demo-secret-key-that-everybody-knows",
    "pin_pepper": "demo-pin-pepper-that-everybody-knows",
    "africastalking_webhook_secret": "demo",
}
"""What the demo runs on; production refuses them."""


def _comma_list(given: object) -> object:
    return tuple(part.strip() for part in given.split(",") if part.strip()) if isinstance(given, str) else given


def _networks(given: object) -> object:
    try:
        return tuple(map(ip_network, given.replace(" ", "").split(","))) if isinstance(given, str) else given
    except ValueError:
        raise ValueError("must be addresses or whole networks such as 10.0.0.0/8, separated by commas") from None


Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_comma_list)]
Secrets = Annotated[tuple[SecretStr, ...], NoDecode, BeforeValidator(_comma_list)]
Networks = Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode, BeforeValidator(_networks)]


class Settings(BaseSettings):
    """All settings. `.env.example` says what each is for."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=".env",
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
    )

    mode: Literal["demo", "production"] = "demo"
    database_url: SecretStr = SecretStr("sqlite:///var/senti.db")
    database_admin_url: SecretStr | None = None
    countries: Words = ("ke",)
    secret_key: Secrets = Field(default=(SecretStr(DEMO_SECRETS["secret_key"]),), min_length=1)
    pin_pepper: Secrets = Field(default=(SecretStr(DEMO_SECRETS["pin_pepper"]),), min_length=1)
    pin_memory_kib: int = Field(default=1024, ge=8, le=65536)
    demo_clock_speed: int = Field(default=1, ge=1, le=100_000)
    demo_undo: bool = True
    africastalking_username: str = "sandbox"
    africastalking_api_key: SecretStr | None = None
    africastalking_base_url: str = "https://api.sandbox.africastalking.com"
    africastalking_webhook_secret: Secrets = (SecretStr(DEMO_SECRETS["africastalking_webhook_secret"]),)
    africastalking_insights_url: str | None = None
    backup_key: str | None = None
    africastalking_sender_id: str | None = None
    biller_keys: Secrets = ()
    demo_providers_url: str | None = None
    africastalking_allowed_addresses: Networks = ()
    trusted_proxy: Networks = ()
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    workers: int = Field(default=1, ge=1, le=64)
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    metrics_port: int | None = Field(default=None, ge=1, le=65535)
    console_port: int | None = Field(default=None, ge=1, le=65535)

    @field_validator("countries")
    @classmethod
    def _known(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        unknown = sorted(set(given) - set(every_country()))
        if unknown or not given or len(set(given)) < len(given):
            raise ValueError(f"name each country once, out of: {', '.join(every_country())}")
        return given

    @field_validator("database_url", "database_admin_url")
    @classmethod
    def _engine(cls, given: SecretStr | None) -> SecretStr | None:
        if given and not re.match(r"sqlite:///|postgresql://", given.get_secret_value()):
            raise ValueError("must begin with sqlite:/// or postgresql://")
        return given

    @field_validator("backup_key")
    @classmethod
    def _key(cls, given: str | None) -> str | None:
        if given is not None and not re.fullmatch(r"[A-Za-z0-9_-]{43}", given):
            raise ValueError("is the line that `senti keys backup FILE` prints")
        return given

    @field_validator("africastalking_base_url", "africastalking_insights_url", "demo_providers_url")
    @classmethod
    def _https(cls, given: str | None) -> str | None:
        if given is None:
            return None
        # The provider's SDK follows redirects with the API key in hand: plain http only inside this machine.
        url = urlsplit(given)
        local = url.hostname in ("127.0.0.1", "localhost", "::1")
        if not url.hostname or url.scheme not in ("https", "http") or (url.scheme == "http" and not local):
            raise ValueError("must be an https:// address (http:// only on this machine)")
        return given.rstrip("/")

    @field_validator("biller_keys")
    @classmethod
    def _by_code(cls, given: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        pairs = [pair.get_secret_value().partition("=") for pair in given]
        if not all(re.fullmatch("[1-9][0-9]{5}", code) and key for code, _, key in pairs) or len(
            {code for code, _, _ in pairs}
        ) < len(pairs):
            raise ValueError("is a list of code=key, each biller once, separated by commas")
        return given

    @field_validator("africastalking_webhook_secret")
    @classmethod
    def _in_a_path(cls, given: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if not all(re.fullmatch(r"[A-Za-z0-9_-]+", secret.get_secret_value()) for secret in given):
            raise ValueError("stands in a web address: letters, digits, - and _ only")
        return given

    @property
    def keys_of_billers(self) -> Mapping[str, str]:
        """The key of each biller, by code."""
        pairs = (pair.get_secret_value().partition("=") for pair in self.biller_keys)
        return {code: key for code, _, key in pairs}


class BadSettings(Exception):
    """A setting is wrong or unknown; says which, where it stands, and why. Holds no value."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def read_settings(env_file: str | Path = ".env") -> Settings:
    """Read the environment and a `.env` file, the environment first; raises BadSettings with every problem at once."""
    file = Path(env_file)
    try:
        problems = [f"{name}{_line(name, file)}: there is no such setting" for name in _unknown(file)]
        settings = Settings(_env_file=file)  # type: ignore[call-arg]  # the base class takes it, its stub does not say so
    except UnicodeDecodeError:
        raise BadSettings([f"{file}: is not UTF-8"]) from None
    except ValidationError as wrong:
        named = [error for error in wrong.errors() if error["type"] != "extra_forbidden"]
        raise BadSettings([*problems, *(_said(error, file) for error in named)]) from None
    if problems:
        raise BadSettings(problems)
    return settings


def _unknown(file: Path) -> list[str]:
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    ours = {name for name in os.environ if name.upper().startswith(PREFIX) and not name.startswith(TESTS_ONLY)}
    return sorted(name for name in ours | set(dotenv_values(file)) if name.upper() not in known)


def _said(error: Any, file: Path) -> str:
    name = PREFIX + str(error["loc"][0]).upper()
    return f"{name}{_line(name, file)}: {error['msg'].removeprefix('Value error, ')}"


def _line(name: str, file: Path) -> str:
    if name in os.environ or not file.is_file():
        return ""
    for number, line in enumerate(file.read_text("utf-8").splitlines(), start=1):
        if re.match(rf"(export\s+)?{re.escape(name)}\s*=", line.strip(), re.IGNORECASE):
            return f" ({file}, line {number})"
    return ""


def unsafe(settings: Settings, environ: Mapping[str, str] = os.environ) -> list[str]:
    """Return why these settings must not face real money; each line names the setting and its cure. [] is safe."""
    checks = (_unsafe_secrets(settings), _unsafe_switches(settings, environ), _unsafe_gateway(settings))
    return [problem for found in (*checks, _unsafe_ways(settings)) for problem in found]


_SHORTEST = 32
_EXAMPLE = re.compile(
    r"change.?me|example|password|(?<![a-z0-9])(demo|default|secret|test|senti|sandbox)(?![a-z0-9])", re.IGNORECASE
)


def _weak(secret: str, shortest: int = _SHORTEST) -> str | None:
    if secret in DEMO_SECRETS.values():
        return "is the demo's, which everybody knows"
    if _EXAMPLE.search(secret):
        return "looks like an example"
    if len(secret) < shortest:
        return f"is shorter than {shortest} characters"
    if len(set(secret)) < 10:
        return "repeats the same few characters"
    return None


def _unsafe_secrets(settings: Settings) -> Iterator[str]:
    cure = "set it to the output of: openssl rand -hex 32"
    keys = [key.get_secret_value() for key in settings.secret_key]
    peppers = [pepper.get_secret_value() for pepper in settings.pin_pepper]
    webhook = [secret.get_secret_value() for secret in settings.africastalking_webhook_secret]
    for key in keys:
        if weak := _weak(key):
            yield f"SENTI_SECRET_KEY {weak}: {cure}"
    for pepper in peppers:
        if weak := _weak(pepper):
            yield f"SENTI_PIN_PEPPER {weak}: {cure}"
    if not webhook:
        yield f"SENTI_AFRICASTALKING_WEBHOOK_SECRET is missing: {cure}"
    for secret in webhook:
        if weak := _weak(secret):
            yield f"SENTI_AFRICASTALKING_WEBHOOK_SECRET {weak}: {cure}"
    for code, key in settings.keys_of_billers.items():
        if weak := _weak(key):
            yield f"SENTI_BILLER_KEYS: the key of {code} {weak}: agree on another one with the biller"
    if len({*keys, *peppers, *webhook}) < len(keys) + len(peppers) + len(webhook):
        yield "SENTI_SECRET_KEY, SENTI_PIN_PEPPER and the webhook secrets must differ from each other: set each anew"


def _unsafe_switches(settings: Settings, environ: Mapping[str, str]) -> Iterator[str]:
    if settings.demo_clock_speed != 1:
        yield "SENTI_DEMO_CLOCK_SPEED makes expiries pass early: remove it"
    if not settings.demo_undo:
        yield "SENTI_DEMO_UNDO takes from people the time in which a payment can be taken back: remove it"
    if settings.demo_providers_url is not None:
        yield "SENTI_DEMO_PROVIDERS_URL sends bills and airtime to a stand-in: remove it"
    if settings.log_level == "debug":
        yield "SENTI_LOG_LEVEL is debug: set it to info"
    if settings.pin_memory_kib < 1024:
        yield "SENTI_PIN_MEMORY_KIB is below 1024: set it to 1024 or more"
    if settings.metrics_port is None:
        yield "SENTI_METRICS_PORT is missing, metrics would be public: set it to a port that only monitoring reaches"
    elif settings.metrics_port == settings.port:
        yield "SENTI_METRICS_PORT is SENTI_PORT, metrics would be public: set it to another port"
    if settings.console_port in (settings.port, settings.metrics_port) and settings.console_port is not None:
        yield "SENTI_CONSOLE_PORT is another door's, the console would stand there too: set it to a port of its own"
    admin = settings.database_admin_url
    if admin and admin == settings.database_url and admin.get_secret_value().startswith("postgresql"):
        yield "SENTI_DATABASE_URL is the administrator's: give the service a role that may only insert into the books"
    for switch in ("DEBUG", "FLASK_DEBUG", "PYTHONDEBUG", "PYTHONINSPECT"):
        if environ.get(switch, "").strip().lower() not in ("", "0", "false", "no", "off"):
            yield f"{switch} is a debug switch: remove it from the environment"


def _unsafe_gateway(settings: Settings) -> Iterator[str]:
    if settings.africastalking_username.strip().lower() in ("", "sandbox"):
        yield "SENTI_AFRICASTALKING_USERNAME is the sandbox: set it to the live account's name"
    if settings.africastalking_api_key is None:
        yield "SENTI_AFRICASTALKING_API_KEY is missing: set it to the live account's key"
    elif weak := _weak(settings.africastalking_api_key.get_secret_value(), shortest=16):
        yield f"SENTI_AFRICASTALKING_API_KEY {weak}: set it to the live account's key"
    if urlsplit(settings.africastalking_insights_url or "https:").scheme != "https":
        yield "SENTI_AFRICASTALKING_INSIGHTS_URL is not https: set it to https://insights.africastalking.com"
    url = urlsplit(settings.africastalking_base_url)
    if url.scheme != "https":
        yield "SENTI_AFRICASTALKING_BASE_URL is not https: set it to https://api.africastalking.com"
    if "sandbox" in (url.hostname or ""):
        yield "SENTI_AFRICASTALKING_BASE_URL is the sandbox: set it to https://api.africastalking.com"


def _unsafe_ways(settings: Settings) -> Iterator[str]:
    for name, url in (("DATABASE_URL", settings.database_url), ("DATABASE_ADMIN_URL", settings.database_admin_url)):
        parts = urlsplit(url.get_secret_value() if url else "")
        asked = parse_qs(parts.query)
        hosts = [
            parts.netloc.rpartition("@")[2],
            *(host for hosts in asked.get("host", ()) for host in hosts.split(",")),
        ]
        away = [
            host for host in hosts if host and not re.match(r"/|(127\.0\.0\.1|localhost|\[?::1\]?)(:[0-9]+)?$", host)
        ]
        if parts.scheme == "postgresql" and away and asked.get("sslmode") != ["verify-full"]:
            yield f"SENTI_{name} goes over a network in clear, or to whoever answers: add ?sslmode=verify-full"


def mark_of(secret: str) -> str:
    """Return what tells a secret from others and nothing about it: HMAC cannot be turned back."""
    return derive(secret, "mark").hex()[:16]


def derive(secret: str, purpose: str) -> bytes:
    """Return 32 bytes that only this secret gives for this purpose, so that one secret serves many uses apart."""
    return hmac.digest(secret.encode(), f"senti {purpose}".encode(), "sha256")
