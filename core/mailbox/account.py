"""The mailbox that is read, from one address of the environment. Knows nothing of Django."""

from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote, urlsplit

# scheme → port. `imap` speaks in the clear: for a server on the same machine, as in tests.
PORTS: Final = {"imaps": 993, "imap+tls": 143, "imap": 143}


@dataclass(frozen=True, slots=True)
class Account:
    """Where mails are fetched. Its `repr` shows no password; `name` tells mailboxes apart."""

    scheme: str
    host: str
    port: int
    user: str
    password: str = field(repr=False)
    folder: str

    @property
    def name(self) -> str:
        """user@host/folder, for records and pages."""
        return f"{self.user}@{self.host}/{self.folder}"

    @property
    def address(self) -> str:
        """The address people write to: the user, which most servers name by it."""
        return self.user if "@" in self.user else f"{self.user}@{self.host}"


def account_of(url: str) -> Account | None:
    """`imaps://user:password@host:port/folder`, None for an empty text.

    User and password are percent-encoded where they hold `@`, `:` or `/`. Raises ValueError with
    a sentence that names no part of the password.
    """
    if not url:
        return None
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        raise ValueError("the port of the mailbox is no number") from None
    if parts.scheme not in PORTS:
        raise ValueError(f"a mailbox begins with {', '.join(PORTS)}")
    if not parts.hostname or not parts.username or parts.password is None:
        raise ValueError("a mailbox is written imaps://user:password@host/folder")
    folder = unquote(parts.path.strip("/")) or "INBOX"
    if any(not char.isprintable() or ord(char) > 126 for char in folder):
        raise ValueError("the folder of the mailbox is written as the server does (modified UTF-7)")
    return Account(
        scheme=parts.scheme,
        host=parts.hostname,
        port=port or PORTS[parts.scheme],
        user=unquote(parts.username),
        password=unquote(parts.password),
        folder=folder,
    )


def units_of(pairs: list[str]) -> dict[str, str]:
    """`address:code` pairs as {address: code of a unit}; addresses in lower case."""
    units = {}
    for pair in pairs:
        address, sign, code = pair.strip().rpartition(":")
        if not sign or "@" not in address:
            raise ValueError("an address of a unit is written wuhan@example.cn:WH01")
        units[address.strip().lower()] = code.strip()
    return units
