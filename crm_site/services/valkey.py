"""The embedded Valkey, broker of the background jobs."""

import signal
import socket
from pathlib import Path

from crm_site.services import processes
from crm_site.services.programs import Programs
from crm_site.services.record import VALKEY_SOCKET
from crm_site.services.server import Place, launch, wait_until_ready

NAME = "valkey-server"


def find(place: Place) -> processes.Found:
    """The process of this installation's Valkey."""
    return processes.find(place.account, NAME, place.state / "valkey")


def answers(run: Path) -> bool:
    """Whether a server answers PING on the socket in ``run``."""
    try:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(2)
            client.connect(str(run / VALKEY_SOCKET))
            client.sendall(b"PING\r\n")
            return client.recv(16).startswith(b"+PONG")
    except OSError:
        return False


def start(place: Place, programs: Programs) -> None:
    """Start the server and wait until it has loaded its data.

    Raises:
        ServicesError: it did not start; the sentence ends with the server's own reason.
    """
    data = place.state / "valkey"
    path = place.run / VALKEY_SOCKET
    place.account.call(lambda: data.mkdir(exist_ok=True))
    place.account.call(lambda: path.unlink(missing_ok=True))  # of a server that was killed
    arguments = [str(programs.valkey_server), "--port", "0", "--daemonize", "no"]
    arguments += ["--unixsocket", str(path), "--unixsocketperm", "700", "--dir", str(data)]
    # Queued jobs survive a crash but for the last second; nothing may be thrown out for memory.
    arguments += ["--appendonly", "yes", "--appendfsync", "everysec", "--save", ""]
    arguments += ["--maxmemory-policy", "noeviction", "--logfile", ""]
    log = place.log("valkey")
    child, offset = launch(arguments, place.account, log)
    wait_until_ready(child, lambda: answers(place.run), log, offset, "Valkey")


def stop(place: Place) -> bool:
    """Stop the server; it writes its data first. Says whether it ran."""
    return processes.end(place.account, NAME, place.state / "valkey", signal.SIGTERM, 30.0)
