"""Three database machines and one that pays: what happens to the money when a machine dies or is cut off.

Each machine is a network namespace; PostgreSQL is looked after by Patroni and etcd as docs/operations.md has it. Nobody
may be told that a payment is done which another machine then does not know, and never may two machines lead.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import psycopg

from service.app import App, make_app
from service.ledger.audit import audit
from service.settings import Settings
from service.storage.migrate import migrate
from tests.bench.crowd import gather
from tests.lab.finding import Finding, Round, Say
from tests.lab.nodes_cluster import NODES, PASSWORDS, USER, Cluster, cluster, libpq, wait
from tests.lab.nodes_load import Load, Payers, Phones, Writers, free_port, two_led

TITLE = "Three database machines fail in turn: no payment is lost, no two lead at once"
CASES = ("D-11",)
GOES_ON_SECONDS = 60
PEOPLE = 30
WATCHDOG_SECONDS = 9
"""Less than the lease of the leader (ttl: 15) by more than Patroni's safety margin of 5."""
ROOT = Path(__file__).parent.parent.parent
Mend = Callable[[], object]


def kill_primary(nodes: Cluster) -> Mend:
    """Cut the power of the machine that leads."""
    return _power_cut(nodes, nodes.leader())


def kill_database(nodes: Cluster) -> Mend:
    """Kill the leading PostgreSQL and its Patroni; the machine and its etcd live."""
    node = nodes.leader()
    for pid in (*nodes.pids(node, "patroni"), nodes.postmaster(node)):
        os.kill(pid, signal.SIGKILL)
    return lambda: nodes.start(node)


def cut_off(nodes: Cluster) -> Mend:
    """Cut the leader off from the others; the service still reaches it."""
    node = nodes.leader()
    nodes.network.cut(node)
    return lambda: nodes.network.mend(node)


def unplug(nodes: Cluster) -> Mend:
    """Pull the leader's cable: the service is cut off from it as well, and hears nothing."""
    node = nodes.leader()
    nodes.network.unplug(node)
    return lambda: nodes.network.mend(node)


def freeze(nodes: Cluster) -> Mend:
    """Stop every process of the leader until its watchdog resets it, before another may lead.

    The watchdog is the laboratory's: namespaces have none. Without one a leader that wakes up after its lease can take
    the lease back whenever the new leader loses it for a moment, and what the new leader acknowledged is gone.
    """
    node = nodes.leader()
    nodes.network.kill(node, signal.SIGSTOP)
    time.sleep(WATCHDOG_SECONDS)
    return _power_cut(nodes, node)


def kill_standby(nodes: Cluster) -> Mend:
    """Cut the power of the synchronous standby."""
    return _power_cut(nodes, nodes.standby())


def kill_etcd_leader(nodes: Cluster) -> Mend:
    """Kill the etcd that leads the others."""
    node = nodes.etcd_leader()
    for pid in nodes.pids(node, "etcd"):
        os.kill(pid, signal.SIGKILL)
    return lambda: nodes.start(node)


def hand_over(nodes: Cluster) -> Mend:
    """Hand over to the standby as one does before planned work."""
    nodes.switch_over()
    return lambda: None


def _power_cut(nodes: Cluster, node: str) -> Mend:
    nodes.network.kill(node)
    return lambda: nodes.start(node)


FAULTS = (kill_primary, cut_off, kill_standby, unplug, freeze, kill_database, kill_etcd_leader, hand_over)
ROUNDS = {"short": FAULTS[:2], "full": FAULTS * 3}


def run(size: Round, say: Say) -> list[Finding]:
    """Break one node after the other under load."""
    with ExitStack() as ending:
        nodes = ending.enter_context(cluster(say))
        owner = nodes.address("senti_owner", PASSWORDS["OWNER"])
        service = nodes.address("senti", PASSWORDS["SERVICE"])
        migrate(owner, service_role="senti")
        app = make_app(Settings(_env_file=None, database_url=service, pin_memory_kib=8, demo_undo=False))  # type: ignore[call-arg, arg-type]
        ending.callback(app.store.close)
        assert app.store.check_safety() == []
        gather(app, PEOPLE)
        port = ending.enter_context(served(service))
        with psycopg.connect(libpq(nodes.address(USER, PASSWORDS["SUPERUSER"], USER)), autocommit=True) as db:
            db.execute("CREATE TABLE written (number bigint)")
        each = [f"host={nodes.network.addresses[node]} user={USER} password={PASSWORDS['SUPERUSER']}" for node in NODES]
        payers, phones, writers = Payers(app), Phones(app, port, PEOPLE), Writers(each)
        loads: tuple[Load, ...] = (payers, phones, writers)
        with working(loads):
            gaps = [inject(fault, nodes, loads, say) for fault in ROUNDS[size]]
            time.sleep(3)
        return judge(app, nodes, (payers, phones, writers), gaps)


def inject(fault: Callable[[Cluster], Mend], nodes: Cluster, loads: tuple[Load, ...], say: Say) -> tuple[float, ...]:
    """Break something, see the service go on, mend it; return for each load its longest time without success."""
    say(f"{fault.__name__.replace('_', ' ')}: {nodes.leader()} leads")
    began = time.monotonic()
    mend = fault(nodes)
    try:
        time.sleep(3)
        while not all(load.went_on(began + 1) for load in loads):
            wrong = [said for load in loads for said in load.wrong]
            assert time.monotonic() < began + GOES_ON_SECONDS, f"{fault.__name__}: no service {wrong}\n{nodes.logs()}"
            time.sleep(0.1)
        time.sleep(3)
    finally:
        mend()
    wait(nodes.whole, f"{fault.__name__}: the nodes did not come together again", nodes.logs)
    gaps = tuple(load.longest_gap(began) for load in loads)
    late = sum(len(two_led(load.acknowledged)) for load in loads if isinstance(load, Writers))
    say(f"{fault.__name__.replace('_', ' ')}: {max(gaps):.1f} s without success; two led so far: {late}")
    return gaps


@contextmanager
def working(loads: tuple[Load, ...]) -> Iterator[None]:
    """Let the loads work while the block runs."""
    for load in loads:
        load.start()
    try:
        yield
    finally:
        for load in loads:
            load.stop()


@contextmanager
def served(url: str) -> Iterator[int]:
    """Serve web and worker on this machine while the block runs; neither may end by itself."""
    port = free_port()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SENTI_")}
    environment = kept | {
        "PYTHONPATH": str(ROOT),
        "SENTI_DATABASE_URL": url,
        "SENTI_PORT": str(port),
        "SENTI_PIN_MEMORY_KIB": "8",
        "SENTI_DEMO_UNDO": "false",
    }
    with ExitStack() as ending:
        folder = Path(ending.enter_context(tempfile.TemporaryDirectory()))
        processes = {}
        for word in ("serve", "worker"):
            command = [sys.executable, "-c", "from service.cli import main; main()", word]
            log = ending.enter_context((folder / word).open("wb"))
            processes[word] = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
            ending.callback(processes[word].wait, 30)
            ending.callback(processes[word].terminate)
        wait(lambda: _answers(port), "the service never answered")
        yield port
        for word, process in processes.items():
            lines = (folder / word).read_text(errors="replace").splitlines()
            said = "\n".join([line[:300] for line in lines if '"hop"' not in line][-20:])
            assert process.poll() is None, f"{word} ended by itself with {process.poll()}:\n{said}"


def _answers(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=5) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


def judge(
    app: App, nodes: Cluster, loads: tuple[Payers, Phones, Writers], gaps: list[tuple[float, ...]]
) -> list[Finding]:
    """Ask the books what became of everything."""
    payers, phones, writers = loads
    wrong = [said for load in loads for said in load.wrong]
    assert not wrong, wrong
    problems = app.read(lambda unit: audit(unit.books, seal_key=app.seal_key)).problems
    with psycopg.connect(libpq(nodes.address("senti_owner", PASSWORDS["OWNER"]))) as books:
        posted, sent = payers.judge(books), phones.judge(books)
    with psycopg.connect(libpq(nodes.address(USER, PASSWORDS["SUPERUSER"], USER))) as server:
        lost, two = writers.judge(server)
    rows = (
        ("payments by the Python API", payers, (*posted, len(problems)), "audit of all books"),
        ("phones over HTTP", phones, sent, f"{len(phones.told_not)} were told that nothing was taken, and it was so"),
        (
            "writes to each node by itself",
            writers,
            (lost, 0, two),
            "unbalanced: taken by a node after another had begun to lead",
        ),
    )
    return [
        Finding(
            what=what,
            faults=len(gaps),
            acknowledged=len(load.acknowledged),
            lost=counts[0],
            doubled=counts[1],
            unbalanced=counts[2],
            longest_recovery_seconds=max(gap[place] for gap in gaps),
            note=note,
        )
        for place, (what, load, counts, note) in enumerate(rows)
    ]
