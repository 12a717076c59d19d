"""Mail over SMTP, one connection for many mails.

Django's backend opens and closes the connection (server, TLS and log-in come from EMAIL_URL); the
conversation about each mail is held here, because only the place where it broke tells whether the
server may have taken the mail.
"""

import smtplib
import ssl
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from django.conf import settings
from django.core.mail.backends.smtp import EmailBackend
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.models import OutboxMessage
from core.notices.channels.base import Channel, Down, InDoubt, NotNow, Rejected, Send

OK = 250
GO_AHEAD = 354
PERMANENT = 500


class MailChannel(Channel):
    """E-mail. A mail that may have arrived is never repeated without a person's word."""

    name = "mail"
    title = _("E-mail")
    idempotent = False

    def is_open(self) -> bool:
        """Mail needs a server."""
        return bool(settings.CRM_HAS_MAIL_SERVER)

    @contextmanager
    def session(self) -> Iterator[Send]:
        line = _Line()
        line.open()
        try:
            yield line.send
        finally:
            line.close()


class _Line:
    """A connection to the server that is made anew when a mail broke it."""

    def __init__(self) -> None:
        self.backend = EmailBackend(fail_silently=False)

    @property
    def smtp(self) -> smtplib.SMTP:
        """The open conversation. Raises SMTPServerDisconnected when there is none."""
        if self.backend.connection is None:
            raise smtplib.SMTPServerDisconnected("no connection")
        return self.backend.connection

    def open(self) -> None:
        """Connect and log in. Raises Down."""
        try:
            self.backend.open()
            self.smtp.ehlo_or_helo_if_needed()
        except (smtplib.SMTPException, ssl.SSLError, OSError) as error:
            self.backend.connection = None
            raise Down(_said(error)) from error

    def close(self) -> None:
        with suppress(smtplib.SMTPException, OSError):
            self.backend.close()
        self.backend.connection = None

    def send(self, row: OutboxMessage) -> str:
        """Hand one mail over. Raises NotNow, Rejected or InDoubt; the next mail may follow."""
        message = message_of(row)
        if self.backend.connection is None:
            self.open()
        try:
            return self._transmit(message, row.to)
        except (InDoubt, NotNow, Rejected):
            raise
        except (smtplib.SMTPException, OSError) as error:
            self.close()
            raise NotNow(_said(error)) from error

    def _transmit(self, message: EmailMessage, to: str) -> str:
        smtp = self.smtp
        _name, sender = parseaddr(settings.CRM_MAIL_FROM)
        try:
            self._expect(smtp.mail(sender), OK)
        except Rejected as refusal:
            # Our own address is refused: a mistake of the settings, for which no mail shall die.
            raise NotNow(str(refusal)) from refusal
        self._expect(smtp.rcpt(to), OK)
        self._expect(smtp.docmd("DATA"), GO_AHEAD)
        content = message.as_bytes(policy=SMTP).replace(b"\r\n.", b"\r\n..")
        # From the first byte of the content on, whatever breaks leaves the mail in doubt: a broken
        # line, and as well a time limit that strikes while the server answers.
        try:
            smtp.send(content + (b"" if content.endswith(b"\r\n") else b"\r\n") + b".\r\n")
            answer = smtp.getreply()
        except Exception as error:
            self.close()
            raise InDoubt(_said(error)) from error
        return self._expect(answer, OK)

    def _expect(self, answer: tuple[int, bytes], wanted: int) -> str:
        """The server's sentence when it agrees. Raises Rejected for 5xx and NotNow for 4xx."""
        code, words = answer
        text = f"{code} {words.decode('utf-8', 'replace')}"
        if code == wanted or (wanted == OK and code in (251, 252)):
            return text
        with suppress(smtplib.SMTPException, OSError):
            self.smtp.rset()
        if code >= PERMANENT:
            raise Rejected(text)
        raise NotNow(text)


def message_of(row: OutboxMessage) -> EmailMessage:
    """The mail as it goes over the wire; number and date stay the same at every try.

    Raises Rejected when an address or a header cannot be written, as when it holds a line break.
    """
    name, sender = parseaddr(settings.CRM_MAIL_FROM)
    domain = sender.rpartition("@")[2] or "localhost"
    message = EmailMessage(policy=SMTP)
    try:
        message["From"] = Address(name, addr_spec=sender)
        message["To"] = Address(addr_spec=row.to)
        message["Subject"] = row.subject
        message["Date"] = format_datetime(timezone.localtime(row.created_at))
        message["Message-ID"] = f"<{row.number}@{domain}>"
        message["Auto-Submitted"] = "auto-generated"
        message["X-Auto-Response-Suppress"] = "All"
        message["List-Id"] = f"<notices.{domain}>"
        for header, value in row.headers.items():
            message[header] = value
    except (ValueError, IndexError) as error:
        raise Rejected(f"{type(error).__name__}: {error}") from error
    message.set_content(row.text, cte="base64" if not row.text.isascii() else None)
    if row.html:
        message.add_alternative(row.html, subtype="html", cte="base64")
    for one in row.payload.get("files", ()):
        kind, _slash, subtype = one["type"].partition("/")
        message.add_attachment(
            b64decode(one["content"]), maintype=kind, subtype=subtype, filename=one["name"]
        )
    return message


def _said(error: Exception) -> str:
    """What a failure says, without the addresses that smtplib puts beside it."""
    if isinstance(error, smtplib.SMTPResponseException):
        words = error.smtp_error
        text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
        return f"{error.smtp_code} {text}"
    return f"{type(error).__name__}: {error}"
