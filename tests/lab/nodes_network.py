"""Four machines on one: each a network namespace with one cable to a switch, which stands in a fifth.

Nothing leaves the namespaces, and the machine's own network is not touched. Needs the rights of root.
"""

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

NETWORK = "10.77.0"
CLIENT = "client"
_CLONE_NEWNET = 0x40000000


@dataclass(frozen=True)
class Network:
    """Namespaces by the names of the machines; their addresses are 10.77.0.11 and upwards."""

    prefix: str
    machines: tuple[str, ...]
    addresses: dict[str, str] = field(default_factory=dict)

    def command(self, machine: str, *words: str) -> list[str]:
        """Return the command line that runs a command on a machine."""
        return ["ip", "netns", "exec", self._space(machine), *words]

    def run(self, machine: str, *words: str) -> str:
        """Run a command on a machine to its end; return what it prints."""
        return command(*self.command(machine, *words))

    def kill(self, machine: str, by: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal to every process of a machine: SIGKILL is its power cut."""
        for pid in self.pids(machine):
            with suppress(ProcessLookupError):
                os.kill(pid, by)

    def pids(self, machine: str) -> list[int]:
        """Return the ids of the processes of a machine."""
        return [int(pid) for pid in command("ip", "netns", "pids", self._space(machine)).split()]

    def unplug(self, machine: str) -> None:
        """Pull the cable of a machine."""
        self.run(machine, "ip", "link", "set", "cable", "down")

    def cut(self, machine: str) -> None:
        """Let nothing pass between a machine and the others; the client still reaches it."""
        others = ", ".join(self.addresses[other] for other in self.machines if other not in (machine, CLIENT))
        rules = "".join(
            f"chain {hook} {{ type filter hook {hook} priority 0; ip {side} {{ {others} }} drop; }}; "
            for hook, side in (("input", "saddr"), ("output", "daddr"))
        )
        self.run(machine, "nft", f"table ip lab {{ {rules} }}")

    def mend(self, machine: str) -> None:
        """Undo what was done to the network of a machine."""
        self.run(machine, "nft", "flush ruleset")
        self.run(machine, "ip", "link", "set", "cable", "up")

    @contextmanager
    def inside(self, machine: str) -> Iterator[None]:
        """Let this thread, and what it starts, stand on a machine."""
        with open("/proc/thread-self/ns/net") as home, open(f"/run/netns/{self._space(machine)}") as there:
            _enter(there.fileno())
            try:
                yield
            finally:
                _enter(home.fileno())

    def _space(self, machine: str) -> str:
        return f"{self.prefix}-{machine}"

    def _lay(self) -> None:
        switch = self._space("switch")
        command("ip", "netns", "add", switch)
        command("ip", "-n", switch, "link", "add", "bridge", "type", "bridge")
        command("ip", "-n", switch, "link", "set", "bridge", "up")
        for number, machine in enumerate(self.machines, 11):
            space, socket = self._space(machine), f"to-{machine}"
            self.addresses[machine] = f"{NETWORK}.{number}"
            command("ip", "netns", "add", space)
            pair = ("type", "veth", "peer", "name", "cable", "netns", space)
            command("ip", "-n", switch, "link", "add", socket, *pair)
            command("ip", "-n", switch, "link", "set", socket, "master", "bridge", "up")
            command("ip", "-n", space, "address", "add", f"{self.addresses[machine]}/24", "dev", "cable")
            for device in ("lo", "cable"):
                command("ip", "-n", space, "link", "set", device, "up")

    def _clear(self) -> None:
        for machine in (*self.machines, "switch"):
            with suppress(subprocess.CalledProcessError):  # it was never made
                for _ in range(100):
                    if not self.pids(machine):
                        break
                    self.kill(machine)
                    time.sleep(0.05)
                command("ip", "netns", "delete", self._space(machine))


@contextmanager
def network(*machines: str) -> Iterator[Network]:
    """Lay a network between machines and a client; every process in it is killed at the end."""
    laid = Network(f"senti{os.getpid()}", (*machines, CLIENT))
    try:
        laid._lay()
        yield laid
    finally:
        laid._clear()


def command(*words: str) -> str:
    """Run a command to its end; return what it prints."""
    try:
        return subprocess.run(words, check=True, capture_output=True, text=True).stdout
    except subprocess.CalledProcessError as error:
        error.add_note(str(error.stderr))
        raise


def may_lay() -> bool:
    """Say whether this process may make namespaces."""
    return os.geteuid() == 0 and Path("/proc/self/ns/net").exists()


def _enter(space: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(space, _CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")
