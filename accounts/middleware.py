"""What happens around the requests of people who are signed in."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from accounts.models import LoginKind
from accounts.passwords import must_change_password
from accounts.signals import SEEN_ON, remember_login

GetResponse = Callable[[HttpRequest], HttpResponse]

# All that somebody with an outdated password may open: the way to a new one, and the way out.
OPEN_TO_OUTDATED = frozenset(
    {"accounts:password", "accounts:logout", "set_language", "admin:logout", "healthz", "readyz"}
)


class FirstRequestOfTheDayMiddleware:
    """Record the first page a session opens on a day, which counts as logging in (LOG-01).

    Sessions outlive midnight, so a log-in record alone would miss people who never log out.
    Pages that ask again by themselves say so with the header X-Poll and do not count.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated and "X-Poll" not in request.headers:
            today = timezone.localdate().isoformat()
            if request.session.get(SEEN_ON) != today:
                remember_login(LoginKind.DAY, request=request, user=request.user)
                request.session[SEEN_ON] = today
        return self.get_response(request)


class PasswordAgeMiddleware:
    """Lead people with an outdated password to a new one; until then nothing else opens."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        if not request.user.is_authenticated or not must_change_password(request.user):
            return None
        if request.resolver_match and request.resolver_match.view_name in OPEN_TO_OUTDATED:
            return None
        target = reverse("accounts:password")
        if request.headers.get("HX-Request") == "true":
            answer = HttpResponse(status=403)
            answer["HX-Redirect"] = target
            return answer
        return HttpResponseRedirect(target)
