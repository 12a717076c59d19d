"""The error pages: what happened, what to do next, and a reference for the help desk."""

import sys
from typing import Any

import psycopg
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import get_template

from core.access import public
from core.errors import Crowded

RETRY_SECONDS = 5
# Another transaction holds the rows, or the statement took longer than a page may.
WAITED_IN_VAIN = (psycopg.errors.LockNotAvailable, psycopg.errors.QueryCanceled)
NEVER_KEPT = ("password", "secret", "code", "otp")


def _page(request: HttpRequest, status: int) -> HttpResponse:
    context = {"request_id": getattr(request, "id", "")}
    return render(request, f"{status}.html", context, status=status)


@public
def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(request, 400)


@public
def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(request, 403)


@public
def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(request, 404)


@public
def server_error(request: HttpRequest) -> HttpResponse:
    """Without session, user or context processors: the database may be what failed.

    Django calls this while it handles the error. A database that is away or too slow is no bug:
    503 says when to try again, and gives a sent form back so that nobody types it twice.
    """
    context: dict[str, Any] = {"request_id": getattr(request, "id", "")}
    error = sys.exc_info()[1]
    if not isinstance(error, (OperationalError, InterfaceError)):
        return HttpResponse(get_template("500.html").render(context), status=500)
    context |= {"is_busy": isinstance(error.__cause__, WAITED_IN_VAIN), **_sent_form(request)}
    answer = HttpResponse(get_template("503.html").render(context), status=503)
    answer["Retry-After"] = str(RETRY_SECONDS)
    answer["Cache-Control"] = "no-store, private"
    return answer


def crowded(request: HttpRequest, error: Crowded) -> HttpResponse:
    """503 for what so many want at this moment that no turn came; says when to come again."""
    answer = render(request, "503.html", {"crowd": error.message}, status=503)
    answer["Retry-After"] = str(RETRY_SECONDS)
    answer["Cache-Control"] = "no-store, private"
    return answer


def _sent_form(request: HttpRequest) -> dict[str, Any]:
    """What a plain form sent, to be sent again; passwords and files are not kept."""
    if request.method != "POST" or request.headers.get("HX-Request") == "true":
        return {}
    fields = [
        (name, value)
        for name, values in request.POST.lists()
        for value in values
        if isinstance(name, str) and not any(word in name.lower() for word in NEVER_KEPT)
    ]
    return {
        "again": request.get_full_path(),
        "fields": fields,
        "has_files": bool(request.FILES),
        "is_incomplete": len(fields) < sum(len(values) for _name, values in request.POST.lists()),
    }


@public
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return render(
        request,
        "403.html",
        {"request_id": getattr(request, "id", ""), "expired": True},
        status=403,
    )
