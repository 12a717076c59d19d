"""Whom a request comes from: the person, the network address, the device."""

import ipaddress
import re
import secrets
from typing import TYPE_CHECKING, cast

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.http import HttpRequest, HttpResponse

if TYPE_CHECKING:
    from accounts.models import User

DEVICE_COOKIE = "crm_device"
DEVICE_COOKIE_AGE = 365 * 24 * 3600  # seconds
SIGNER = Signer(salt="accounts.device")


def person_of(request: HttpRequest) -> "User":
    """Who asks, on pages that only people signed in open; says so to the type checker."""
    return cast("User", request.user)


def address_of(request: HttpRequest) -> str | None:
    """The visitor's address, or None on a Unix socket without a proxy in front.

    `CRM_TRUSTED_PROXIES` says how many proxies of ours append to X-Forwarded-For; what stands
    further left was written by the visitor and proves nothing.
    """
    hops = getattr(settings, "CRM_TRUSTED_PROXIES", 0)
    chain = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
    text = request.META.get("REMOTE_ADDR", "")
    if hops and len(chain) >= hops:
        text = chain[-hops]
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return None


def from_office(address: str | None) -> bool:
    """Whether an address lies in `CRM_OFFICE_NETWORKS`, where a whole office shares one."""
    if address is None:
        return False
    parsed = ipaddress.ip_address(address)
    networks = getattr(settings, "CRM_OFFICE_NETWORKS", ())
    return any(parsed in ipaddress.ip_network(network) for network in networks)


# What a user agent says, and the name people know it by; the first that fits counts.
PROGRAMS = (
    ("MicroMessenger", "WeChat"),
    ("DingTalk", "DingTalk"),
    ("QQBrowser", "QQ"),
    ("Edg", "Edge"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS = (
    ("OpenHarmony", "HarmonyOS"),
    ("HarmonyOS", "HarmonyOS"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
)
MOBILE = re.compile(r"Mobi|Android|iPhone|iPad|HarmonyOS|MicroMessenger(?!.*WindowsWechat)")


def is_mobile(request: HttpRequest) -> bool:
    """Whether the visitor holds a telephone or tablet, as far as his browser tells."""
    said = request.META.get("HTTP_SEC_CH_UA_MOBILE", "")
    agent = request.META.get("HTTP_USER_AGENT", "")
    return said == "?1" or bool(MOBILE.search(agent))


def browser_of(request: HttpRequest) -> str:
    """The browser in words people know: "Chrome · Windows"; empty for one that says nothing."""
    agent = request.META.get("HTTP_USER_AGENT", "")
    found = (
        next((name for sign, name in names if sign in agent), "") for names in (PROGRAMS, SYSTEMS)
    )
    return " · ".join(name for name in found if name)


def device_of(request: HttpRequest) -> str:
    """The id of the browser from its signed cookie, or an empty text for a new browser.

    Within one request the id of a browser that has just been given one is found too.
    """
    given = getattr(request, "crm_device", "")
    if given:
        return given
    try:
        return SIGNER.unsign(request.COOKIES.get(DEVICE_COOKIE, ""))
    except BadSignature:
        return ""


def give_device(request: HttpRequest) -> None:
    """Make sure the browser has an id before its log-in is recorded."""
    request.crm_device = device_of(request) or secrets.token_hex(16)  # type: ignore[attr-defined]


def send_device(request: HttpRequest, response: HttpResponse) -> None:
    """Store the id in the browser, for a year from its last log-in."""
    response.set_cookie(
        DEVICE_COOKIE,
        SIGNER.sign(device_of(request)),
        max_age=DEVICE_COOKIE_AGE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
