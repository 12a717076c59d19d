"""A real IMAP server with a mailbox of its own, and mails as people's programs write them."""

import imaplib
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

from core.mailbox.account import Account

USER, PASSWORD = "hotline@example.cn", "p@ss:word"
OWNER = "chen@example.cn"


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


class Server:
    """pymap with an empty INBOX in memory; starting it again numbers the mails anew."""

    def __init__(self) -> None:
        self.port = free_port()
        self.process: subprocess.Popen | None = None

    def start(self) -> None:
        program = Path(sys.executable).with_name("pymap")
        self.process = subprocess.Popen(
            [
                *(program, "--host", "127.0.0.1", "--port", str(self.port), "--no-tls"),
                *("dict", "--demo-data", "--demo-user", USER, "--demo-password", PASSWORD),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._wait()
        with self.box() as box:
            box.uid("STORE", "1:*", "+FLAGS", "(\\Deleted)")
            box.expunge()

    def _wait(self) -> None:
        end = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                assert time.monotonic() < end, "the IMAP server does not start"
                time.sleep(0.1)
            else:
                return

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    @property
    def account(self) -> Account:
        return Account("imap", "127.0.0.1", self.port, USER, PASSWORD, "INBOX")

    @contextmanager
    def box(self):
        client = imaplib.IMAP4("127.0.0.1", self.port, timeout=60)
        try:
            client.login(USER, PASSWORD)
            client.select("INBOX")
            yield client
        finally:
            client.logout()

    def deliver(self, *mails: bytes) -> None:
        """Put mails into the INBOX."""
        with self.box() as box:
            for mail in mails:
                state, answer = box.append("INBOX", None, None, mail)
                assert state == "OK", answer

    def seen(self) -> list[bool]:
        """Whether each mail has been marked, in the order of arrival."""
        with self.box() as box:
            _state, lines = box.uid("FETCH", "1:*", "(FLAGS)")
        return [b"\\Seen" in line for line in lines if line]


def mail(
    text: str = "卫生间漏水，请尽快处理。电话 13812345507",
    *,
    title: str = "卫生间漏水",
    sender: str = f"陈志远 <{OWNER}>",
    to: str = USER,
    number: str = "1",
    html: str = "",
    files: tuple[tuple[str, bytes, str], ...] = (),
    **headers: str,
) -> bytes:
    """A mail as bytes; `files` are name, content, MIME type."""
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = sender, to, title
    message["Date"] = "Sat, 21 Nov 2026 10:00:00 +0800"
    message["Message-ID"] = f"<{number}@mail.example.cn>"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
    for name, content, kind in files:
        main, _, sub = kind.partition("/")
        message.add_attachment(content, maintype=main, subtype=sub, filename=name)
    return message.as_bytes()
