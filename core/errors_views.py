"""The error pages: what happened, what to do next, and a reference for the help desk."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import get_template

from core.access import public


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
    """Without session, user or context processors: the database may be what failed."""
    context = {"request_id": getattr(request, "id", "")}
    return HttpResponse(get_template("500.html").render(context), status=500)


@public
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return render(
        request,
        "403.html",
        {"request_id": getattr(request, "id", ""), "expired": True},
        status=403,
    )
