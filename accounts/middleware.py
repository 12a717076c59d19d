"""What happens around the requests of people who are signed in."""

import re
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.factors import days_left, has_factor, needs_factor
from accounts.models import EndReason, LoginKind
from accounts.passwords import must_change_password
from accounts.sessions import RENEW_AFTER, SETTLED, is_fresh, keep_or_end, why_over
from accounts.signals import SEEN_ON, remember_login
from accounts.visitors import person_of
from core.access import page_of
from core.errors_views import NEVER_KEPT

GetResponse = Callable[[HttpRequest], HttpResponse]

# What everybody may open who has something to mend first: the ways out, and to prove who he is.
WAYS_OUT = frozenset(
    {
        "accounts:logout",
        "accounts:again",
        "accounts:again-passkey",
        "accounts:stay",
        "set_language",
        "admin:logout",
        "healthz",
        "readyz",
    }
)
# All that somebody with an outdated password may open: the way to a new one, and the way out.
OPEN_TO_OUTDATED = WAYS_OUT | {"accounts:password"}
# All that somebody may open who must set up a second factor.
OPEN_TO_FACTORLESS = WAYS_OUT | {
    "accounts:password",
    "accounts:security",
    "accounts:totp",
    "accounts:passkey-options",
    "accounts:passkey",
}
# Pages of the administration that give rights: asked for in every method, the forms as well.
WEIGHTY_ADMIN = re.compile(r"admin:accounts_(role|user)_(add|change|delete)")
KEPT = "kept_form"  # session key: what was sent when somebody had to prove who he is
KEPT_SIZE = 20_000  # characters
TOLD = "factor_told_on"  # session key: the day somebody was last told how long he has


class SessionMiddleware:
    """End sessions that have idled or grown old, and tell visitors why theirs is over."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        reason = ""
        if request.user.is_authenticated:
            reason = keep_or_end(request, counts="X-Poll" not in request.headers)
        response = self.get_response(request)
        for header in ("Location", "HX-Redirect"):
            if target := response.headers.get(header):
                response[header] = _with_reason(request, target, reason)
        return response


def _with_reason(request: HttpRequest, target: str, reason: str) -> str:
    """The address a visitor is sent to; at the front door it says why his session is over."""
    if request.user.is_authenticated or urlsplit(target).path != reverse("accounts:login"):
        return target
    reason = reason or why_over(request)
    if not reason or reason == EndReason.LOGOUT:
        return target
    return f"{target}{'&' if '?' in target else '?'}{urlencode({'ended': reason})}"


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


class ObligationsMiddleware:
    """Lead people to what they must mend first; until then nothing else opens.

    An outdated password comes first, then the second factor that a role asks for.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        if not request.user.is_authenticated:
            return None
        name = request.resolver_match.view_name if request.resolver_match else ""
        if must_change_password(person_of(request)):
            return None if name in OPEN_TO_OUTDATED else lead_to(request, "accounts:password")
        if name not in OPEN_TO_FACTORLESS and _must_set_up_a_factor(request):
            return lead_to(request, "accounts:security")
        return None


class StepUpMiddleware:
    """Weighty acts (core.access.fresh) want a person who has just proved who he is."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        if not request.user.is_authenticated or not is_weighty(request, view, kwargs):
            return None
        if is_fresh(request):
            return None
        keep_form(request)
        return lead_to(request, "accounts:again", next=page_of(request))


def is_weighty(request: HttpRequest, view: Any, arguments: dict[str, Any]) -> bool:
    """Whether the request does something that a left-open browser must not be able to do."""
    mark = getattr(view, "fresh", False)
    if mark is True or (callable(mark) and mark(request, **arguments)):
        return True
    name = request.resolver_match.view_name if request.resolver_match else ""
    actions = name == "admin:accounts_user_changelist" and request.method == "POST"
    return actions or WEIGHTY_ADMIN.fullmatch(name) is not None


def keep_form(request: HttpRequest) -> None:
    """Remember a sent form while its sender proves who he is, so that nothing is typed twice.

    Forms with files, secrets or very much in them are not kept; the page leads back to them.
    """
    request.session.pop(KEPT, None)
    if request.method != "POST" or request.headers.get("HX-Request") == "true" or request.FILES:
        return
    sent = [(name, value) for name, values in request.POST.lists() for value in values]
    fields = [(name, value) for name, value in sent if name != "csrfmiddlewaretoken"]
    secret = any(word in name.lower() for name, _value in fields for word in NEVER_KEPT)
    if not secret and sum(len(name) + len(value) for name, value in fields) <= KEPT_SIZE:
        request.session[KEPT] = {"action": request.get_full_path(), "fields": fields}


def lead_to(request: HttpRequest, name: str, **query: str) -> HttpResponse:
    """Another page instead; htmx is told to open it whole."""
    target = reverse(name)
    if query:
        target += f"?{urlencode(query)}"
    if request.headers.get("HX-Request") == "true":
        answer = HttpResponse(status=403)
        answer["HX-Redirect"] = target
        return answer
    return HttpResponseRedirect(target)


def _must_set_up_a_factor(request: HttpRequest) -> bool:
    """Whether a role asks for a second factor and the time to set it up is over.

    Before that the person is told once a day. That all is well is remembered for a minute, so that
    ordinary requests cost no query more.
    """
    user = person_of(request)
    if time.time() - request.session.get(SETTLED, 0) < RENEW_AFTER:
        return False
    if not needs_factor(user) or has_factor(user):
        request.session[SETTLED] = time.time()
        return False
    left = days_left(user)
    today = timezone.localdate().isoformat()
    if left and request.session.get(TOLD) != today and "HX-Request" not in request.headers:
        request.session[TOLD] = today
        sentence = _("Your role needs a second factor. Please set it up within {days} days.")
        messages.warning(request, sentence.format(days=left))
    return not left
