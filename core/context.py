"""Template context that every page needs: menu, request id, language choices."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from core.menu import menu_for
from core.menu_counts import Waiting
from core.notices.selectors import unread_count


def shell(request: HttpRequest) -> dict[str, Any]:
    """Values of the frame around a page; cheap, because it runs for fragments too."""
    signed_in = getattr(request, "user", None) is not None and request.user.is_authenticated
    return {
        "request_id": getattr(request, "id", ""),
        # Fragments for htmx draw no menu, so it is made only when a page asks.
        "menu": SimpleLazyObject(
            lambda: list(menu_for(request, Waiting(request.user))) if signed_in else []
        ),
        # A function, asked by the bell alone: fragments for htmx draw no bell.
        "unread": (lambda: unread_count(request.user)) if signed_in else 0,
        "languages": settings.LANGUAGES,
        "is_htmx": request.headers.get("HX-Request") == "true",
    }
