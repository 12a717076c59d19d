"""One address, two answers: the whole page, or only its rows for htmx."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers

STOP_POLLING = 286  # the status with which htmx asks no more


def wants_rows(request: HttpRequest) -> bool:
    """True when htmx swaps a part of the page; a boosted or restored page wants all of it."""
    headers = request.headers
    return headers.get("HX-Request") == "true" and "HX-History-Restore-Request" not in headers


def leave(request: HttpRequest, url: str) -> HttpResponse:
    """Go to another page, also from inside a part that htmx swaps."""
    if wants_rows(request):
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    return redirect(url)


def ask(request: HttpRequest, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """A question before an act, as `components/confirm.html` wants it: a dialog, or a page."""
    page, dialog = "components/confirm_page.html", "components/confirm.html"
    return page_or_rows(request, page, dialog, context, status)


def page_or_rows(
    request: HttpRequest, page: str, rows: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """Render `rows` for htmx and `page` otherwise. The page includes the same rows template."""
    response = render(request, rows if wants_rows(request) else page, context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response
