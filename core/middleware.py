"""What happens around every request: its id, its access check, its name in the history."""

import secrets
from collections.abc import Callable
from typing import Any

import pghistory
import structlog
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from core.access import access_of, refuse_or_none
from core.errors import QuotaExceeded, Refused, Stale

GetResponse = Callable[[HttpRequest], HttpResponse]


class RequestIdMiddleware:
    """Give the request a short id that error pages show and the log repeats."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        raw = secrets.token_hex(4)
        request.id = f"{raw[:4]}-{raw[4:]}"  # type: ignore[attr-defined]
        with structlog.contextvars.bound_contextvars(request=request.id):  # type: ignore[attr-defined]
            response = self.get_response(request)
        response["X-Request-Id"] = request.id  # type: ignore[attr-defined]
        return response


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
        if not isinstance(error, Refused):
            return None
        status = 429 if isinstance(error, QuotaExceeded) else 409
        context = {"message": str(error), "stale": isinstance(error, Stale)}
        return render(request, f"{status}.html", context, status=status)
