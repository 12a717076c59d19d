"""The conversation with an IMAP server: which mails are new, and their bytes.

Reading changes nothing on the server but the flag "seen", which `mark` sets. Mails are named by
their UID, which the server keeps as long as its UIDVALIDITY stays the same.
"""

import contextlib
import imaplib
import re
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

from core.mailbox.account import Account

SECONDS: Final = 30  # for each answer of the server
HEAD_BYTES: Final = 64 * 1024
MONTHS: Final = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()

_UID = re.compile(rb"UID (\d+)")
_SIZE = re.compile(rb"RFC822\.SIZE (\d+)")
_DATE = re.compile(rb'INTERNALDATE "([^"]+)"')


class MailboxError(Exception):
    """The mailbox cannot be read now."""


class Unreachable(MailboxError):
    """The server does not answer, or broke off."""


class NotLetIn(MailboxError):
    """The server refuses user or password."""


class NoFolder(MailboxError):
    """The server knows the user, but not the folder."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A mail that waits on the server; `size` in bytes, `at` is when the server took it."""

    uid: int
    size: int
    at: datetime | None


class Session:
    """An open folder of a mailbox. Methods raise MailboxError when the line breaks."""

    def __init__(self, client: imaplib.IMAP4, validity: int) -> None:
        self.client = client
        self.validity = validity

    def after(self, uid: int, *, since: date | None = None) -> list[int]:
        """UIDs above `uid`, the oldest first; with `since` only what came that day or later."""
        criteria = f"UID {uid + 1}:*"
        if since is not None:
            criteria += f" SINCE {since.day}-{MONTHS[since.month - 1]}-{since.year}"
        with _speaking():
            answer = _ok(self.client.uid("SEARCH", criteria))
        found = {int(one) for one in (answer[0] or b"").split()}
        # "n:*" always names the newest mail, also when it is older than n.
        return sorted(one for one in found if one > uid)

    def look(self, uid: int) -> Waiting | None:
        """Size and time of a mail, None when somebody deleted it meanwhile."""
        with _speaking():
            lines = _ok(self.client.uid("FETCH", str(uid), "(UID RFC822.SIZE INTERNALDATE)"))
        for line in lines:
            text = line if isinstance(line, bytes) else b""
            named, size = _UID.search(text), _SIZE.search(text)
            if named and size and int(named[1]) == uid:
                return Waiting(uid, int(size[1]), _moment(_DATE.search(text)))
        return None

    def read(self, uid: int) -> bytes | None:
        """The whole mail as it came, None when it is gone. It stays unseen."""
        return self._part(uid, "BODY.PEEK[]")

    def head(self, uid: int) -> bytes | None:
        """The beginning of its header, for a mail too large to be read."""
        return self._part(uid, f"BODY.PEEK[HEADER]<0.{HEAD_BYTES}>")

    def _part(self, uid: int, part: str) -> bytes | None:
        with _speaking():
            lines = _ok(self.client.uid("FETCH", str(uid), f"(UID {part})"))
        for line in lines:
            if isinstance(line, tuple):
                return line[1]
        return None

    def mark(self, uid: int) -> None:
        """Let people who look into the mailbox see that this mail was taken over."""
        with contextlib.suppress(MailboxError), _speaking():
            self.client.uid("STORE", str(uid), "+FLAGS.SILENT", "(\\Seen)")


@contextlib.contextmanager
def opened(account: Account) -> Iterator[Session]:
    """Connect, log in and open the folder. Raises Unreachable, NotLetIn or NoFolder."""
    with _speaking():
        client = _connect(account)
    try:
        with _speaking():
            _log_in(client, account)
            session = Session(client, _open(client, account))
        yield session
    finally:
        try:
            client.logout()
        except (imaplib.IMAP4.error, OSError):
            with contextlib.suppress(OSError):
                client.shutdown()


def _connect(account: Account) -> imaplib.IMAP4:
    context = ssl.create_default_context()
    if account.scheme == "imaps":
        return imaplib.IMAP4_SSL(account.host, account.port, ssl_context=context, timeout=SECONDS)
    client = imaplib.IMAP4(account.host, account.port, timeout=SECONDS)
    if account.scheme == "imap+tls":
        client.starttls(context)
    return client


def _log_in(client: imaplib.IMAP4, account: Account) -> None:
    try:
        client.login(account.user, account.password)
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error as refusal:
        # The server's words may repeat what it was sent: they are not passed on.
        raise NotLetIn("the server refuses user or password") from refusal
    except UnicodeEncodeError as refusal:
        raise NotLetIn("user and password must be ASCII") from refusal
    # Large Chinese providers open no folder to a program that does not say its name.
    with contextlib.suppress(imaplib.IMAP4.error):
        client.xatom("ID", '("name" "crm-site" "version" "1")')


def _open(client: imaplib.IMAP4, account: Account) -> int:
    folder = account.folder.replace("\\", "\\\\").replace('"', '\\"')
    state, _lines = client.select(f'"{folder}"')
    if state != "OK":
        raise NoFolder(account.folder)
    validity = client.response("UIDVALIDITY")[1]
    return int(validity[-1]) if validity and validity[-1] else 0


@contextlib.contextmanager
def _speaking() -> Iterator[None]:
    """Whatever breaks the conversation is Unreachable."""
    try:
        yield
    except (imaplib.IMAP4.error, OSError, ssl.SSLError, EOFError) as error:
        raise Unreachable(type(error).__name__) from error


def _ok(answer: tuple[str, list[Any]]) -> list[Any]:
    state, lines = answer
    if state != "OK":
        raise imaplib.IMAP4.error(state)
    return lines


def _moment(found: re.Match[bytes] | None) -> datetime | None:
    if found is None:
        return None
    text = found[1].decode("ascii", "replace").strip()
    try:
        moment = parsedate_to_datetime(text.replace("-", " ", 2))
    except (ValueError, TypeError):
        return None
    return moment if moment.tzinfo else None
