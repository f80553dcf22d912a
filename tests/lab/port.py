"""A port of this machine at which each connection is carried by a thread of its own: what bad lines are made of."""

import socket
import struct
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Thread
from typing import TypeVar


class Port(ABC):
    """Takes connections until its end."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = int(self._server.getsockname()[1])
        self._ending = False
        self._threads: list[Thread] = []

    @abstractmethod
    def carry(self, client: socket.socket) -> None:
        """Serve one connection to its end, and cut it."""

    @property
    def ending(self) -> bool:
        return self._ending

    def serve(self) -> None:
        """Take connections until the end."""
        while not self._ending:
            with suppress(OSError):
                client, _ = self._server.accept()
                thread = Thread(target=self.carry, args=(client,), daemon=True)
                thread.start()
                self._threads = [one for one in self._threads if one.is_alive()] + [thread]

    def end(self) -> None:
        """Take no more connections, and wait until those that are open have ended."""
        self._ending = True
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        for thread in self._threads:
            thread.join(timeout=15)


T = TypeVar("T", bound=Port)


@contextmanager
def served(port: T) -> Iterator[T]:
    """Serve at a port until the block is left."""
    thread = Thread(target=port.serve, daemon=True)
    thread.start()
    try:
        yield port
    finally:
        port.end()
        thread.join(timeout=10)


def cut(one: socket.socket) -> None:
    """Break a connection off, by a reset where there is such a thing: who waits at its other end is told at once."""
    with suppress(OSError):
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()
