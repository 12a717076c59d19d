"""What happens around every request: its id, its access check, its name in the history."""

import logging
import re
import secrets
import time
from collections.abc import Callable
from typing import Any

import pghistory
import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from core.access import access_of, refuse_or_none
from core.errors import Crowded, QuotaExceeded, Refused, Stale
from core.errors_views import crowded

log = logging.getLogger("crm.request")

GIVEN_ID = re.compile(r"[0-9A-Za-z-]{8,64}")
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}

GetResponse = Callable[[HttpRequest], HttpResponse]


class RequestIdMiddleware:
    """Give the request an id that error pages show and the log repeats, and log the request.

    A proxy of ours may have given it one already. The line says who asked for what kind of page
    and how long it took; never the address itself, in which people may be named.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        name = request_id(request)
        request.id = name  # type: ignore[attr-defined]
        began = time.monotonic()
        with structlog.contextvars.bound_contextvars(request=name):
            response = self.get_response(request)
            if not request.path.startswith(settings.STATIC_URL):
                log.info("request", extra=_facts(request, response, began))
        response["X-Request-Id"] = name
        return response


def request_id(request: HttpRequest) -> str:
    """The id that a proxy of ours gave, or a fresh short one; nobody else is believed."""
    given = request.headers.get("X-Request-Id", "")
    if settings.CRM_TRUSTED_PROXIES > 0 and GIVEN_ID.fullmatch(given):
        return given
    raw = secrets.token_hex(4)
    return f"{raw[:4]}-{raw[4:]}"


def _facts(request: HttpRequest, response: HttpResponse, began: float) -> dict[str, Any]:
    """What the log says about a request; asks the database nothing."""
    match = request.resolver_match
    user = getattr(request, "_cached_user", None)  # known only where a page asked who it is
    return {
        "method": request.method if request.method in METHODS else "?",
        "route": (match.view_name or "?") if match else "?",
        "status": response.status_code,
        "ms": round((time.monotonic() - began) * 1000),
        "user": getattr(user, "pk", None),
    }


class AccessMiddleware:
    """Enforce what each view declares (core.access); pages of staff are never cached."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if getattr(request, "user", None) is not None and request.user.is_authenticated:
            response.setdefault("Cache-Control", "no-store, private")
        return response

    def process_view(
        self, request: HttpRequest, view: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        return refuse_or_none(request, access_of(view))


class HistoryMiddleware:
    """Name the acting user in the history rows that database triggers write."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method in {"GET", "HEAD"} or not request.user.is_authenticated:
            return self.get_response(request)
        with pghistory.context(user=request.user.pk, request=request.id):  # type: ignore[attr-defined]
            return self.get_response(request)


class RefusedMiddleware:
    """The last net for refusals that no form caught: the sentence as a page."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, Crowded):
            return crowded(request, error)
        if not isinstance(error, Refused):
            return None
        status = 429 if isinstance(error, QuotaExceeded) else 409
        context = {"message": str(error), "stale": isinstance(error, Stale)}
        return render(request, f"{status}.html", context, status=status)
