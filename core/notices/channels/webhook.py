"""Requests to other systems, signed, to public addresses only.

The name is resolved once and the connection goes to that very address, so that a name which
answers differently the second time gains nothing; redirects are not followed.

    X-CRM-Timestamp: 1795309200
    X-CRM-Nonce:     the message's number
    X-CRM-Signature: v1=<hex of HMAC-SHA256(secret, "timestamp.nonce.body")>
"""

import hashlib
import hmac
import http.client
import ipaddress
import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.errors import Refused
from core.models import OutboxMessage
from core.notices.channels.base import Channel, Down, InDoubt, NotNow, Rejected, Send
from core.notices.secrets import secret_of

CONNECT_SECONDS = 5
WHOLE_SECONDS = 20  # connection, request and answer together, whatever the other side does
ANSWER_BYTES = 2048
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
LATER = {408, 409, 421, 423, 425, 429}  # refusals that time may lift


class Forbidden(Rejected):
    """The address leads into a network that requests may not reach."""


class WebhookChannel(Channel):
    """A POST of JSON. Receivers know a repetition by `Idempotency-Key`, so doubt repeats it."""

    name = "webhook"
    title = gettext_lazy("Webhook")
    idempotent = True

    @contextmanager
    def session(self) -> Iterator[Send]:
        yield self.send

    def send(self, row: OutboxMessage) -> str:
        """Post one message to its target. Raises NotNow, Rejected or InDoubt."""
        target = row.target
        if target is None or not target.is_active:
            raise Rejected("the webhook is switched off")
        body = json.dumps(row.payload, ensure_ascii=False, sort_keys=True).encode()
        headers = signed_headers(secret_of(target), str(row.number), body, now=int(time.time()))
        code, words = post(target.url, body, headers)
        if 200 <= code < 300:
            return f"{code} {words}"
        if code in LATER or code >= 500:
            raise NotNow(f"{code} {words}")
        raise Rejected(f"{code} {words}")


def signed_headers(secret: bytes, number: str, body: bytes, *, now: int) -> dict[str, str]:
    """The headers of a request, the signature among them."""
    signature = sign(secret, now, number, body)
    return {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "crm-webhook/1",
        "Idempotency-Key": number,
        "X-CRM-Timestamp": str(now),
        "X-CRM-Nonce": number,
        "X-CRM-Signature": f"v1={signature}",
    }


def sign(secret: bytes, timestamp: int, nonce: str, body: bytes) -> str:
    """HMAC-SHA256 in hex over timestamp, nonce and body, joined by dots."""
    message = b".".join((str(timestamp).encode(), nonce.encode(), body))
    return hmac.new(secret, message, hashlib.sha256).hexdigest()


# --- where a request may go ---------------------------------------------------------------------


def allowed_networks() -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """Private networks that an operator opened for webhooks (CRM_WEBHOOK_NETWORKS)."""
    return [ipaddress.ip_network(one, strict=False) for one in settings.CRM_WEBHOOK_NETWORKS]


def may_reach(address: str) -> bool:
    """Whether a request may go to an address: public ones, and those an operator opened."""
    ip = _inner(ipaddress.ip_address(address.partition("%")[0]))
    if any(ip in network for network in allowed_networks()):
        return True
    return ip.is_global and not ip.is_multicast


def _inner(ip: Address) -> Address:
    """The IPv4 address that an IPv6 address stands for, else the address itself."""
    if isinstance(ip, ipaddress.IPv4Address):
        return ip
    if ip in NAT64:
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or ip


def split_url(url: str) -> SplitResult:
    """The parts of a target's address. Raises Refused for what no request goes to."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Refused(_("Please give an address that begins with https://."))
    if parts.username or parts.password:
        raise Refused(_("The address must not hold a user name or password."))
    try:
        _port = parts.port
    except ValueError as error:
        raise Refused(_("The port of the address is not a number.")) from error
    return parts


def resolve(host: str, port: int) -> str:
    """The address to connect to. Raises Forbidden if any answer lies in a closed network."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NotNow(f"{host}: {error}") from error
    addresses = list(dict.fromkeys(str(one[4][0]) for one in found))
    for address in addresses:
        if not may_reach(address):
            raise Forbidden(f"{address} lies in a network that webhooks may not reach")
    return addresses[0]


# --- the request itself -------------------------------------------------------------------------


class _Pinned(http.client.HTTPConnection):
    """A connection to one resolved address; name and certificate remain the host's."""

    def __init__(self, host: str, port: int, address: str, secure: bool) -> None:
        super().__init__(host, port, timeout=CONNECT_SECONDS)
        self.address, self.secure = address, secure
        if secure:
            self.default_port = 443

    def connect(self) -> None:
        self.sock = socket.create_connection((self.address, self.port), CONNECT_SECONDS)
        if self.secure:
            context = ssl.create_default_context()
            self.sock = context.wrap_socket(self.sock, server_hostname=self.host)
        self.sock.settimeout(WHOLE_SECONDS)

    def cut(self) -> None:
        """End the conversation from outside."""
        with suppress(OSError, AttributeError):
            self.sock.shutdown(socket.SHUT_RDWR)


def post(url: str, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
    """POST a body: status and the beginning of the answer. Follows no redirect.

    Raises Forbidden, NotNow before anything was sent, InDoubt after.
    """
    try:
        parts = split_url(url)
    except Refused as refusal:
        raise Rejected(str(refusal)) from refusal
    secure = parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    host = str(parts.hostname)
    connection = _Pinned(host, port, resolve(host, port), secure)
    watch = threading.Timer(WHOLE_SECONDS, connection.cut)
    watch.daemon = True
    watch.start()
    try:
        return _converse(connection, parts, body, headers)
    finally:
        watch.cancel()
        connection.close()


def _converse(
    connection: _Pinned, parts: SplitResult, body: bytes, headers: dict[str, str]
) -> tuple[int, str]:
    try:
        connection.connect()
    except (OSError, ssl.SSLError) as error:
        raise Down(f"{type(error).__name__}: {error}") from error
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        text = answer.read(ANSWER_BYTES).decode("utf-8", "replace")
    except (http.client.HTTPException, OSError, ValueError) as error:
        raise InDoubt(f"{type(error).__name__}: {error}") from error
    return answer.status, text
