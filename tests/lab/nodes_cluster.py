"""Three database machines: on each an etcd, and a Patroni that looks after a PostgreSQL.

The configuration of both is taken from docs/operations.md word for word: what the runbook says is what is proved.
"""

import json
import os
import pwd
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from string import Template
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

import psycopg

from tests.lab.finding import NotRun
from tests.lab.nodes_network import CLIENT, NETWORK, Network, command, may_lay, network

NODES = ("db1", "db2", "db3")
RUNBOOK = Path(__file__).parent.parent.parent / "docs" / "operations.md"
USER = "postgres"
CURE = (
    "apt-get install --no-install-recommends patroni python3-etcd etcd-server postgresql-15 iproute2 nftables openssl"
)
PASSWORDS = {"SUPERUSER": "lab-superuser", "REPLICATION": "lab-replication", "OWNER": "lab-owner", "SERVICE": "lab-it"}
PATIENCE_SECONDS = 120


class Cluster:
    """The database machines, as seen from the client's."""

    def __init__(self, cables: Network, folder: Path) -> None:
        self.network, self._folder = cables, folder
        self._started: list[subprocess.Popen[bytes]] = []

    def start(self, node: str) -> None:
        """Start etcd and Patroni on a node that was set up; what runs there already stays."""
        if not self.pids(node, "etcd"):
            self._begin(node, "etcd", "--config-file", str(self._folder / node / "etcd.yml"))
        if not self.pids(node, "patroni"):
            self._begin(node, "patroni", str(self._folder / node / "patroni.yml"))

    def address(self, user: str, password: str, database: str = "senti") -> str:
        """Return the address of the database as the service is given it."""
        hosts = "&".join(f"host={self.network.addresses[node]}:5432" for node in NODES)
        sure = f"target_session_attrs=read-write&sslmode=verify-full&sslrootcert={self._folder}/server.crt"
        return f"postgresql://{user}:{password}@/{database}?{hosts}&{sure}"

    def leader(self) -> str:
        """Return the node that leads, when all three are whole."""
        wait(self.whole, "the nodes are not whole", self.logs)
        return next(str(one["name"]) for one in self.members() if one["role"] == "leader")

    def standby(self) -> str:
        """Return the synchronous standby."""
        return next(str(one["name"]) for one in self.members() if one["role"] == "sync_standby")

    def members(self) -> list[dict[str, Any]]:
        """Return what Patroni says about the nodes, asked of the first that answers."""
        for node in NODES:
            with suppress(URLError, OSError, ValueError):
                return list(_ask(f"http://{self.network.addresses[node]}:8008/cluster")["members"])
        return []

    def whole(self) -> bool:
        """Say whether one node leads and both others follow it, one of them synchronously.

        What is written down about a node outlives it for a while, so each is asked itself, and the leader who follows.
        """
        roles = sorted(str(one["role"]) for one in self.members() if one["state"] in ("running", "streaming"))
        lines = {one.get("timeline") for one in self.members()}
        if roles != ["leader", "replica", "sync_standby"] or len(lines) != 1 or not self.agrees():
            return False
        said = [self._said_of_itself(node) for node in NODES]
        following = [one["state"] for each in said for one in each.get("replication", ())]
        return [each.get("state") for each in said] == ["running"] * 3 and following == ["streaming"] * 2

    def agrees(self) -> bool:
        """Say whether all three members of etcd know one leader."""
        return len({self._etcd(node).get("leader") for node in NODES}) == 1 and bool(self._etcd(NODES[0]).get("leader"))

    def etcd_leader(self) -> str:
        """Return the node whose etcd leads."""
        said = {node: self._etcd(node) for node in NODES}
        return next(node for node, one in said.items() if one and one["leader"] == one["header"]["member_id"])

    def switch_over(self) -> None:
        """Ask the leader to hand over to the synchronous standby, as before planned work."""
        leader, to = self.leader(), self.standby()
        _ask(f"http://{self.network.addresses[leader]}:8008/switchover", {"leader": leader, "candidate": to})

    def postmaster(self, node: str) -> int:
        """Return the process id of a node's PostgreSQL."""
        return int((self._folder / node / "data" / "postmaster.pid").read_text().split()[0])

    def pids(self, node: str, program: str) -> list[int]:
        """Return the process ids of a program on a node."""
        return [pid for pid in self.network.pids(node) if _name(pid) == program]

    def logs(self) -> str:
        """Return the ends of what Patroni logged."""
        said = []
        for log in self._folder.glob("*/patroni.log"):
            lines = [line[:200] for line in log.read_text(errors="replace").splitlines() if _SAID.search(line)]
            said += [f"{log}:", *lines[-25:]]
        return "\n".join(said)

    def _said_of_itself(self, node: str) -> dict[str, Any]:
        with suppress(URLError, OSError, ValueError):
            return dict(_ask(f"http://{self.network.addresses[node]}:8008/patroni"))
        return {}

    def _etcd(self, node: str) -> dict[str, Any]:
        with suppress(URLError, OSError, ValueError):
            return dict(_ask(f"http://{self.network.addresses[node]}:2379/v3/maintenance/status", {}))
        return {}

    def _begin(self, node: str, program: str, *words: str) -> None:
        as_user = ("setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups")
        with (self._folder / node / f"{program}.log").open("ab") as log:
            command = self.network.command(node, *as_user, program, *words)
            self._started.append(subprocess.Popen(command, stdout=log, stderr=log, cwd="/", env=_ENVIRONMENT))

    def _set_up(self) -> None:
        runbook = RUNBOOK.read_text("utf-8")
        _certify(self._folder, [self.network.addresses[node] for node in NODES])
        places = {f"DB{number}": self.network.addresses[node] for number, node in enumerate(NODES, 1)}
        for node in NODES:
            home = self._folder / node
            home.mkdir()
            own = {"NAME": node, "ADDRESS": self.network.addresses[node], "DATA": str(home), "BIN": str(_binaries())}
            for program in ("etcd", "patroni"):
                block = re.search(rf"```yaml\n(# /etc/{program}/.*?)```", runbook, re.DOTALL)
                assert block, f"{RUNBOOK} gives no configuration of {program}"
                config = Template(block[1]).substitute(places, NETWORK=f"{NETWORK}.0/24", **own, **PASSWORDS)
                (home / f"{program}.yml").write_text(config)
            for name in ("server.crt", "server.key"):
                shutil.copy(self._folder / name, home)
            for path in (home, *home.iterdir()):
                shutil.chown(path, USER, USER)

    def _end(self) -> None:
        for node in NODES:
            self.network.kill(node)
        for process in self._started:
            process.wait(timeout=10)


_SAID = re.compile(r"(INFO|WARNING|ERROR|FATAL):")
_ENVIRONMENT = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}


@contextmanager
def cluster(say: Callable[[str], None]) -> Iterator[Cluster]:
    """Give three nodes that are whole, with an empty database and its two roles, seen from the client's machine."""
    refuse()
    folder = Path(tempfile.mkdtemp(prefix="senti-nodes-"))
    folder.chmod(0o755)
    try:
        with network(*NODES) as cables, cables.inside(CLIENT):
            nodes = Cluster(cables, folder)
            nodes._set_up()
            try:
                for node in NODES:
                    nodes.start(node)
                say("three nodes are starting")
                wait(nodes.whole, "the three nodes never came up", nodes.logs)
                with psycopg.connect(libpq(nodes.address(USER, PASSWORDS["SUPERUSER"], USER)), autocommit=True) as db:
                    db.execute(f"CREATE ROLE senti_owner LOGIN PASSWORD '{PASSWORDS['OWNER']}'")
                    db.execute(f"CREATE ROLE senti LOGIN PASSWORD '{PASSWORDS['SERVICE']}'")
                    db.execute("CREATE DATABASE senti OWNER senti_owner")
                yield nodes
            finally:
                nodes._end()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def libpq(url: str) -> str:
    """Return a database's address as psycopg takes it."""
    from service.storage.engines import for_libpq, read_url

    return for_libpq(read_url(url))


def wait(met: Callable[[], object], otherwise: str, logs: Callable[[], str] = str) -> float:
    """Wait until something is so, and return for how many seconds; fail if it takes too long."""
    began = time.monotonic()
    while not met():
        assert time.monotonic() < began + PATIENCE_SECONDS, f"{otherwise}\n{logs()}"
        time.sleep(0.2)
    return time.monotonic() - began


def refuse() -> None:
    """Raise NotRun if this machine cannot hold the nodes."""
    if not may_lay():
        raise NotRun("network namespaces need the rights of root", "sudo make lab")
    missing = [name for name in ("patroni", "etcd", "ip", "nft", "setpriv", "openssl") if not shutil.which(name)]
    if not _binaries():
        missing.append("postgresql-15")
    try:
        pwd.getpwnam(USER)
    except KeyError:
        missing.append(f"the user {USER}")
    if missing:
        raise NotRun(f"there is no {', '.join(missing)} here", CURE)


def _binaries() -> Path | None:
    found = (path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    return max((path for path in found if int(path.parent.name) >= 15), default=None)


def _certify(folder: Path, addresses: list[str]) -> None:
    """Make one certificate for all the nodes, which the client trusts and nobody else."""
    named = "subjectAltName=" + ",".join(f"IP:{address}" for address in addresses)
    made = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=senti", "-addext", named)
    files = ("-keyout", str(folder / "server.key"), "-out", str(folder / "server.crt"))
    command("openssl", "req", "-x509", *made, *files, "-days", "2")


def _ask(address: str, body: object = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    with urlopen(
        Request(address, data, {"Content-Type": "application/json"}), timeout=2 if body is None else 20
    ) as said:
        read = said.read()
    try:
        return json.loads(read)
    except ValueError:
        return {}


def _name(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/comm").read_text().strip()
    return ""
