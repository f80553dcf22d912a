"""Staff: who works for the operator, in which role, and how they prove it: a password and a code that passes.

A try is counted and committed before anything is compared. A code of the authenticator (RFC 6238) is good once: the
time-step of the last one is remembered. What a stranger reads is the same for every reason.
"""

import hmac
import secrets
from base64 import b32decode, b32encode
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from service.refusal import Refusal
from service.wallet.house import House
from service.wallet.unit import Unit

TRIES = 5
LOCKED = timedelta(minutes=15)
"""After so many wrong tries in a row an account takes none for so long, and again after as many more."""

STEP = 30
"""Seconds that a code is good for; the one before and the one after are taken too, for clocks that differ."""

SHORTEST, LONGEST = 12, 128
MEMORY_KIB, PASSES = 19_456, 2
"""Argon2id as OWASP's password storage guide says; some twenty milliseconds."""


class StaffRefusal(Refusal):
    """A "no" that only the operator's staff read: its words stand in service/console/text, not in the menus."""


class WrongLogin(StaffRefusal):
    """Name, password or code is wrong, or the account is closed for a while: which of them is not said."""


class BadStaffName(StaffRefusal):
    """A name is 2 to 20 small letters, digits and dots, and begins with a letter."""


class StaffThere(StaffRefusal):
    """The name or the phone number belongs to one of the staff already: one person has one account."""


class NoSuchStaff(StaffRefusal):
    """Nobody of the staff has this name."""


class WeakPassword(StaffRefusal):
    """A password has 12 to 128 characters, eight of them different, and the name is not in it."""


@dataclass(frozen=True, kw_only=True)
class Staff:
    """One of the staff; `name` is what acts are signed with, and never changes."""

    name: str
    role: str
    phone: str
    password: str  # salt and peppered Argon2id
    secret: str  # of the authenticator, base32
    step: int = 0
    """The time-step of the last code that was used."""
    tries: int = 0
    locked_until: datetime | None = None
    state: str = "active"  # active, locked
    language: str = "en"
    at: datetime


class Secrets(NamedTuple):
    """What a new or reset account is opened with: shown once."""

    staff: Staff
    uri: str
    """`otpauth://`: what an authenticator reads."""


def read_staff_name(typed: str) -> str:
    """Return a name as acts are signed with it; raises BadStaffName."""
    name = typed.strip().casefold()
    if not (2 <= len(name) <= 20 and name.isascii() and name[0].isalpha() and name.replace(".", "").isalnum()):
        raise BadStaffName
    return name


def read_password(typed: str, name: str) -> str:
    """Return a password that may be chosen; raises WeakPassword."""
    if not SHORTEST <= len(typed) <= LONGEST or len(set(typed)) < 8 or name in typed.casefold():
        raise WeakPassword
    return typed


def add_staff(
    unit: Unit, *, name: str, role: str, phone: str, password: str, secret: str | None = None, language: str = "en"
) -> Secrets:
    """Open an account for one of the staff; raises StaffThere. `phone` is E.164: nobody has two accounts (C-01)."""
    staff = Staff(
        name=name,
        role=role,
        phone=phone,
        password=seal_password(unit.house, name, password),
        secret=secret or new_secret(),
        language=language,
        at=unit.now,
    )
    if not unit.rows.add(staff):
        raise StaffThere
    return Secrets(staff, uri_of(staff))


def reset_staff(unit: Unit, *, name: str, password: str) -> Secrets:
    """Give an account a new password and a new authenticator, and free it; its logins end. Raises NoSuchStaff."""
    staff = lock_row(unit, name)
    password = seal_password(unit.house, name, password)
    staff = replace(
        staff, password=password, secret=new_secret(), step=0, tries=0, locked_until=None, state="active", at=unit.now
    )
    unit.rows.put(staff)
    end_logins(unit, name)
    return Secrets(staff, uri_of(staff))


def lock_staff(unit: Unit, *, name: str) -> Staff:
    """Close an account at once, its logins too; only a reset opens it. Raises NoSuchStaff."""
    staff = replace(lock_row(unit, name), state="locked")
    unit.rows.put(staff)
    end_logins(unit, name)
    return staff


def lock_row(unit: Unit, name: str) -> Staff:
    """Return one of the staff, whose row is locked until the commit; raises NoSuchStaff."""
    staff = unit.rows.lock(Staff, name)
    if staff is None:
        raise NoSuchStaff
    return staff


def new_secret() -> str:
    """Return 160 random bits as an authenticator reads them."""
    return b32encode(secrets.token_bytes(20)).decode()


def uri_of(staff: Staff) -> str:
    """Return what an authenticator scans."""
    return _totp(staff.secret).get_provisioning_uri(staff.name, "Senti")


def code_at(secret: str, at: datetime) -> str:
    """Return the code that an authenticator shows."""
    return _totp(secret).generate(int(at.timestamp())).decode()


def _totp(secret: str) -> TOTP:
    return TOTP(b32decode(secret), 6, SHA1(), STEP)


def step_of(staff: Staff, code: str, now: datetime) -> int | None:
    """Return the time-step of a code that is good now and newer than the last that was used, or None."""
    today, found = int(now.timestamp()) // STEP, None
    for step in (today - 1, today, today + 1):
        right = _totp(staff.secret).generate(step * STEP)
        if hmac.compare_digest(right, code.encode()) and step > staff.step:
            found = step
    return found


def seal_password(house: House, name: str, password: str) -> str:
    """Return a verifier of a password that is worth nothing without the pepper or for another name."""
    salt = secrets.token_bytes(16)
    return f"1${salt.hex()}${_argon2id(house.pepper, name, salt).derive(password.encode()).hex()}"


def is_password(house: House, name: str, password: str, sealed: str) -> bool:
    """Say whether the password is the one that was sealed for this name, under any of the house's peppers."""
    _, salt, digest = sealed.split("$")
    for pepper in (house.pepper, *house.other_peppers):
        try:
            _argon2id(pepper, name, bytes.fromhex(salt)).verify(password.encode(), bytes.fromhex(digest))
        except InvalidKey:
            continue
        return True
    return False


def _argon2id(pepper: bytes, name: str, salt: bytes) -> Argon2id:
    said = f"staff {name}".encode()
    return Argon2id(salt=salt, length=32, iterations=PASSES, lanes=1, memory_cost=MEMORY_KIB, ad=said, secret=pepper)


NOBODY = f"1${bytes(16).hex()}${bytes(32).hex()}"
"""The verifier of a name that is nobody's: comparing takes as long."""


def count_try(unit: Unit, name: str) -> str:
    """Count a try to log in and return the verifier to compare with, that of nobody if the account is not open.

    The count is committed before anything is compared, so that no number of tries at once is looked at for nothing.
    """
    staff = unit.rows.lock(Staff, name)
    if staff is None or not is_open(staff, unit.now):
        return NOBODY
    tries = staff.tries + 1
    until = unit.now + LOCKED if tries % TRIES == 0 else staff.locked_until
    unit.rows.put(replace(staff, tries=tries, locked_until=until))
    return staff.password


def is_open(staff: Staff, now: datetime) -> bool:
    """Say whether somebody may try to log in."""
    return staff.state == "active" and (staff.locked_until is None or staff.locked_until <= now)


IDLE = timedelta(minutes=15)
WHOLE = timedelta(hours=8)
"""A login ends after so long without a request, and after so long in all."""
NOTED = timedelta(minutes=1)
"""How exactly the last request is remembered: it would be a write with every page."""


@dataclass(frozen=True, kw_only=True)
class Login:
    """Somebody at a browser. `id` is a digest of the cookie's token, which nobody but the browser has.

    `bound` is a digest of where the login came from: the cookie alone, carried elsewhere, opens nothing.
    """

    id: str
    staff: str
    bound: str
    state: str = "live"  # live, over
    began_at: datetime
    seen_at: datetime


def log_in(unit: Unit, *, name: str, code: str, login_id: str, bound: str) -> Staff | WrongLogin:
    """Begin a login of somebody whose password was right; the code may not have been used before.

    Earlier logins of the same name end.
    """
    staff = unit.rows.lock(Staff, name)
    step = step_of(staff, code, unit.now) if staff else None
    # The try that is being made was counted, and may have been the one that closed the account for others.
    if staff is None or staff.state != "active" or step is None:
        return WrongLogin()
    staff = replace(staff, step=step, tries=0, locked_until=None)
    unit.rows.put(staff)
    end_logins(unit, name)
    unit.rows.append(Login(id=login_id, staff=name, bound=bound, began_at=unit.now, seen_at=unit.now))
    return staff


def who_is_it(unit: Unit, *, login_id: str, bound: str) -> tuple[Staff, Login] | None:
    """Return whose login this is, if it is still good here."""
    login = unit.rows.get(Login, login_id)
    if login is None or login.state != "live" or login.bound != bound:
        return None
    if unit.now - login.seen_at > IDLE or unit.now - login.began_at > WHOLE:
        return None
    staff = unit.rows.get(Staff, login.staff)
    return (staff, login) if staff and staff.state == "active" else None


def note_seen(unit: Unit, login_id: str) -> None:
    """Remember that a login was used now."""
    login = unit.rows.lock(Login, login_id)
    if login and login.state == "live" and login.seen_at < unit.now:
        unit.rows.put(replace(login, seen_at=unit.now))


def end_login(unit: Unit, login_id: str) -> None:
    """End a login: the cookie opens nothing any more."""
    login = unit.rows.lock(Login, login_id)
    if login and login.state == "live":
        unit.rows.put(replace(login, state="over"))


def end_logins(unit: Unit, name: str) -> None:
    """End all logins of somebody."""
    for login in unit.rows.find(Login, staff=name, state="live"):
        unit.rows.put(replace(login, state="over"))


def speak(unit: Unit, *, name: str, language: str) -> None:
    """Show pages to somebody in this language from now on."""
    unit.rows.put(replace(lock_row(unit, name), language=language))
