"""What the source never does, whoever writes the next line of it: read as a tree, not searched as text."""

import ast
import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
SOURCES = sorted([*ROOT.glob("service/**/*.py"), *ROOT.glob("menus/*.py")])
TREES = {path.relative_to(ROOT).as_posix(): ast.parse(path.read_text("utf-8")) for path in SOURCES}
SCRIPTS = sorted(path for path in ROOT.glob("service/**/*.js") if path.parent.name != "vendor")

# fmt: off
NEVER = {
    "eval", "exec", "compile", "__import__", "os.system", "os.popen", "tempfile.mktemp",
    "render_template_string", "flask.render_template_string", "send_file", "send_from_directory", "make_response",
    "redirect", "set_cookie", "session",
}
NEVER_LOADED = {
    "pickle", "marshal", "shelve", "dill", "yaml", "xml", "lxml", "ldap", "ldap3", "telnetlib", "ftplib", "smtplib",
    "imaplib", "random", "ctypes", "imp", "memcache", "pymemcache", "redis", "jwt", "authlib", "graphql", "websockets",
    "crypt", "Crypto",
}
# fmt: on
"""Code from data, objects from bytes, other interpreters, numbers that can be guessed."""


def loaded(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def called(tree: ast.Module) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def wrong_calls(name: str, tree: ast.Module) -> list[str]:
    found = [f"{name}:{call.lineno} {what}" for what, call in called(tree) if what in NEVER]
    for what, call in called(tree):
        shell = [word for word in call.keywords if word.arg == "shell"]
        if what.startswith("subprocess.") and (shell or not isinstance(call.args[0], ast.List)):
            found.append(f"{name}:{call.lineno} {what} by a shell")
    return found


def wrong_loads(name: str, tree: ast.Module) -> list[str]:
    return [f"{name}: {module}" for module in loaded(tree) if module.split(".")[0] in NEVER_LOADED]


def test_nothing_runs_what_was_typed() -> None:
    """No code, no shell, no template, no object is ever made of data."""
    assert [wrong for name, tree in TREES.items() for wrong in wrong_calls(name, tree)] == []


# The bank's statements are XML (camt.053); every handler that could reach out or grow refuses: test_bank_file.py.
ONE_PARSER = ["service/wallet/bank_camt.py: xml.parsers.expat"]


def test_nothing_dangerous_is_loaded() -> None:
    """No parser of XML but the one that refuses entities, none of YAML, no unpickling, and no chance to be guessed."""
    assert [wrong for name, tree in TREES.items() for wrong in wrong_loads(name, tree)] == ONE_PARSER


@pytest.mark.parametrize(
    "planted",
    [
        "eval(typed)",
        "os.system(f'ls {typed}')",
        "subprocess.run('ls ' + typed, shell=True)",
        "subprocess.run(line)",
        "flask.render_template_string(typed)",
        "import pickle",
        "from random import choice",
        "from xml.etree import ElementTree",
    ],
)
def test_a_planted_danger_is_found(planted: str) -> None:
    tree = ast.parse(planted)
    assert wrong_calls("x", tree) + wrong_loads("x", tree)


def test_sql_is_never_made_of_what_was_typed() -> None:
    """The linter refuses SQL in made-up strings; what it is told to pass names tables alone."""
    chosen = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["ruff"]["lint"]
    assert "S6" in chosen["select"]
    assert not any(rule.startswith("S6") for rule in chosen["ignore"])
    passed = {name for name in TREES if "S608" in (ROOT / name).read_text("utf-8")}
    assert passed
    assert all(name.startswith("service/storage/") for name in passed)
    for name in passed:
        assert not any(
            module.startswith(("menus", "service.web", "service.cli", "flask")) for module in loaded(TREES[name])
        )


def test_cryptography_is_a_librarys_and_no_other() -> None:
    """AES-GCM, Argon2id, HMAC, SHA-256, X25519, Ed25519, HKDF, keys of 32 bytes; nothing of our own, nothing older."""
    used = {module for tree in TREES.values() for module in loaded(tree) if module.startswith("cryptography")}
    assert used == {
        "cryptography.exceptions.InvalidKey",
        "cryptography.exceptions.InvalidSignature",
        "cryptography.exceptions.InvalidTag",
        "cryptography.hazmat.primitives.kdf.argon2.Argon2id",
        "cryptography.hazmat.primitives.twofactor.totp.TOTP",  # staff's second factor, HMAC-SHA1 by RFC 6238
        "cryptography.hazmat.primitives.hashes.SHA1",
        "cryptography.hazmat.primitives.ciphers.aead.AESGCM",
        "cryptography.hazmat.primitives.asymmetric.x25519.X25519PrivateKey",  # sealed backups, here and below
        "cryptography.hazmat.primitives.asymmetric.x25519.X25519PublicKey",
        "cryptography.hazmat.primitives.asymmetric.ed25519.Ed25519PrivateKey",  # what is published is signed
        "cryptography.hazmat.primitives.asymmetric.ed25519.Ed25519PublicKey",
        "cryptography.hazmat.primitives.kdf.hkdf.HKDF",
        "cryptography.hazmat.primitives.hashes.SHA256",
        "cryptography.hazmat.primitives.serialization.Encoding",
        "cryptography.hazmat.primitives.serialization.PublicFormat",
    }
    hashes = {module for tree in TREES.values() for module in loaded(tree) if module.startswith("hashlib")}
    assert hashes <= {"hashlib.sha256", "hashlib.blake2b", "hashlib"}
    nodes = [node for tree in TREES.values() for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    named = {node.attr for node in nodes if ast.unparse(node.value) == "hashlib"}
    assert named <= {"sha256", "blake2b"}
    for name, tree in TREES.items():
        for what, call in called(tree):
            if what == "hmac.digest":
                assert ast.unparse(call.args[2]) in ("'sha256'", "sha256"), f"{name}:{call.lineno}"
            if what == "hmac.new":
                assert ast.unparse(call.args[2]) == "sha256", f"{name}:{call.lineno}"


def test_secrets_are_compared_in_constant_time() -> None:
    """Whatever a stranger could feel his way along is compared as a whole."""
    door = {what for what, _ in called(TREES["service/web/door.py"])}
    assert "hmac.compare_digest" in door
    compared = [node for node in ast.walk(TREES["service/web/door.py"]) if isinstance(node, ast.Compare)]
    assert not [node for node in compared if "secret" in ast.unparse(node)]


def test_the_page_makes_text_and_never_markup() -> None:
    """The simulator's scripts write text, keep nothing in the browser, and listen to no other window."""
    assert len(SCRIPTS) > 5
    for path in SCRIPTS:
        source = path.read_text("utf-8")
        for wrong in (
            r"(inner|outer)HTML|insertAdjacentHTML|document\.write|DOMParser|\beval\(|new Function|setTimeout\(['\"]",
            r"localStorage|sessionStorage|indexedDB|document\.cookie|postMessage|__proto__|window\.open|location\s*=",
            r"https?://(?!www\.w3\.org)|importScripts|WebSocket|XMLHttpRequest|navigator\.sendBeacon",
        ):
            assert not re.search(wrong, source), f"{path.name}: {wrong}"


def test_every_component_is_pinned_by_version_and_content() -> None:
    """The lock is the bill of materials: each package one version, each file its digest, and nothing else installed."""
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    entries = [entry for entry in re.split(r"\n(?=\S)", lock) if entry.strip() and not entry.startswith("#")]
    assert len(entries) > 30
    assert all(re.match(r"[A-Za-z0-9._-]+==[^ ;\\]+", entry) and "--hash=sha256:" in entry for entry in entries)
    locked = {re.sub(r"[-_.]+", "-", entry.split("==")[0]).lower() for entry in entries}
    there = {re.sub(r"[-_.]+", "-", one.metadata["Name"]).lower() for one in distributions()}
    assert there - locked - {"senti", "pip", "uv", "setuptools"} == set()
