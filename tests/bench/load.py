"""Requests sent by one thread over bare sockets, and the processor time of those who answer.

The generator shares the machine with what it measures, so it must cost next to nothing: requests
are bytes that were made beforehand, each on a connection of its own, as owners come, and of an
answer only the first line is looked at.
"""

import selectors
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import psutil

AT_ONCE = 8  # connections


@dataclass(slots=True)
class Load:
    """What came of it: answers with the status that was hoped for, others, milliseconds of each
    from the moment it was due, and how long all of it took."""

    taken: int = 0
    refused: int = 0
    took: list[float] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def a_second(self) -> float:
        return self.taken / self.seconds if self.seconds else 0.0


def send(port: int, requests: Iterator[bytes], rate: int, seconds: float, hoped: bytes) -> Load:
    """Send `rate` requests a second, or with 0 as many as it takes, for some seconds. `hoped` is
    the status of a good answer, as `b"302"`."""
    load, busy = Load(), 0
    began = time.perf_counter()
    with selectors.EpollSelector() as selector:
        sent, is_over = 0, False
        while True:
            now = time.perf_counter() - began
            while not is_over and busy < AT_ONCE and (not rate or sent <= now * rate):
                request = next(requests, None) if now < seconds else None
                if request is None:
                    is_over = True
                    break
                due = began + sent / rate if rate else time.perf_counter()
                connection = _connect(port, request)
                selector.register(connection, selectors.EVENT_READ, (connection, due))
                sent, busy = sent + 1, busy + 1
            if is_over and not busy:
                break
            pause = sent / rate - now if rate and busy < AT_ONCE and not is_over else 1.0
            for key, _events in selector.select(max(0.0, pause)):
                selector.unregister(key.fileobj)
                busy -= 1
                _read(key.data, hoped, load)
    load.seconds = time.perf_counter() - began
    return load


def _connect(port: int, request: bytes) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=30)
    connection.sendall(request)
    return connection


def _read(sent: tuple[socket.socket, float], hoped: bytes, load: Load) -> None:
    """The server writes a short answer in one piece and closes."""
    connection, due = sent
    with connection:
        answer = connection.recv(4096)
    load.took.append((time.perf_counter() - due) * 1000)
    good = answer.split(b" ", 2)[1:2] == [hoped]
    load.taken += good
    load.refused += not good


class Work:
    """Processor seconds of a process and, unless `alone`, of its children, the ended included."""

    def __init__(self, pid: int, *, alone: bool = False) -> None:
        self.root, self.alone = psutil.Process(pid), alone
        self.began = self._seconds()

    def spent(self) -> float:
        """Seconds since this was made."""
        return self._seconds() - self.began

    def _seconds(self) -> float:
        if self.alone:
            return sum(self.root.cpu_times()[:2])
        total = 0.0
        for process in (self.root, *self.root.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                total += sum(process.cpu_times()[:4])  # its own, and of children that have ended
        return total


def request_of(path: str, body: bytes, headers: dict[str, str]) -> bytes:
    """A POST as bytes."""
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body
