"""A kind of notice of the tests, a real mail server, and a real receiver of webhooks."""

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from aiosmtpd.controller import Controller

from core.notices import kinds
from core.notices.kinds import NoticeKind


@pytest.fixture
def kind(monkeypatch) -> NoticeKind:
    """A kind whose words are those of a finished export, mailed at once."""
    return make_kind(monkeypatch, mail=True)


def make_kind(monkeypatch, **more) -> NoticeKind:
    one = NoticeKind("core.export_ready", "A kind", **more)
    monkeypatch.setitem(kinds.KINDS, one.key, one)
    return one


class PostOffice:
    """A mail server that does what a test tells it: `answers` are said to DATA, in order.

    "drop" takes the mail and breaks the line; "hold" takes it and waits for `release`.
    """

    def __init__(self) -> None:
        self.taken: list[EmailMessage] = []
        self.answers: list[str] = []
        self.refused: dict[str, str] = {}
        self.senders_refused = ""
        self.lines = 0
        self.arrived = threading.Event()
        self.release = threading.Event()

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        self.lines += 1
        session.host_name = hostname
        return responses

    async def handle_MAIL(self, server, session, envelope, address, options):
        if self.senders_refused:
            return self.senders_refused
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if answer[0] in "45":
            return answer
        self.taken.append(message_from_bytes(envelope.content, policy=policy.default))
        self.arrived.set()
        if answer == "drop":
            server.transport.abort()
        while answer == "hold" and not self.release.is_set():
            await asyncio.sleep(0.02)
        return "250 OK"


@pytest.fixture
def post_office(settings) -> Iterator[PostOffice]:
    """A running mail server that the settings name."""
    office = PostOffice()
    controller = Controller(office, hostname="127.0.0.1", port=0)
    controller.port = _free_port()
    controller.start()
    settings.CRM_HAS_MAIL_SERVER = True
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", controller.port
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.EMAIL_TIMEOUT = 5
    settings.CRM_MAIL_FROM = "客户关系系统 <crm@example.cn>"
    yield office
    office.release.set()
    controller.stop()


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Receiver:
    """What a receiver of webhooks got; `answers` are the statuses it gives, in order."""

    port: int = 0
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    location: str = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?x=1"


@pytest.fixture
def receiver(settings) -> Iterator[Receiver]:
    """A running HTTP server on the loopback address, which the settings open for webhooks."""
    state = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            state.got.append((dict(self.headers), body))
            status = state.answers.pop(0) if state.answers else 200
            if status == 0:
                self.close_connection = True
                return
            self.send_response(status)
            if state.location:
                self.send_header("Location", state.location)
            self.end_headers()
            self.wfile.write(b"noted")

        def log_message(self, *args: object) -> None:
            """Tests are quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.CRM_WEBHOOK_NETWORKS = ["127.0.0.0/8"]
    yield state
    server.shutdown()
    server.server_close()
