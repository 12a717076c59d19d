"""Whoever fills a form in: what his cookie says, without a session (SAT-04).

The token leaves the address at the first hit and lives in a cookie that no script reads and that
goes to the form's pages alone. Beside it stands when he began, in seconds since 1970; whoever
forges that changes his own duration and nothing else. On a device handed over on site the cookie
holds the number of the form, and a second one the ticket.
"""

import time
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from satisfaction.selectors.questionnaires import FormPage
from satisfaction.services.answering import Kept
from satisfaction.services.drafts import draft_of
from satisfaction.services.links import Followed, draft_key, link_of, mark_of
from satisfaction.services.on_site import LASTS, device_of
from satisfaction.services.submitting import OnSite
from satisfaction.views.pages import pages_of

# __Host- binds a cookie to this host over HTTPS; such a cookie belongs to every path.
PREFIX, PATH = ("__Host-", "/") if settings.HTTPS else ("", "/s/")
FORM_COOKIE = f"{PREFIX}survey"
DEVICE_COOKIE = f"{PREFIX}survey_device"
LANGUAGE_COOKIE = f"{PREFIX}survey_language"
ON_SITE = "~"
LONGEST_TOKEN = 64


@dataclass(frozen=True, slots=True)
class Visit:
    """One form in one browser, with what was sent of it before (`kept`) and the page it stood at.
    `token` is empty on site; `by` handed the device over. `wave` and `version` are keys."""

    wave: int
    is_anonymous: bool
    version: int
    is_frozen: bool
    key: bytes
    mark: str
    began: int
    kept: Kept
    at: int
    token: str = ""
    link: Followed | None = None
    on_site: OnSite | None = None
    by: Any = None

    @property
    def seconds(self) -> int | None:
        """How long he has been at it; None when his cookie does not say."""
        return int(time.time()) - self.began if self.began else None

    @property
    def pages(self) -> list[FormPage]:
        """The pages of the form."""
        return pages_of(self.version, is_frozen=self.is_frozen)


def visit_of(request: HttpRequest) -> Visit | None:
    """The form of this browser while it can be handed in, else None."""
    token, _dot, began = request.COOKIES.get(FORM_COOKIE, "").partition(".")
    start = int(began) if began.isascii() and began.isdecimal() and len(began) < 12 else 0
    if not token or len(token) > LONGEST_TOKEN:
        return None
    if token.startswith(ON_SITE):
        return _visit_on_site(token, start, request.COOKIES.get(DEVICE_COOKIE, ""))
    link = link_of(token)
    if link is None:
        return None
    return Visit(
        wave=link.wave,
        is_anonymous=link.is_anonymous,
        version=link.version,
        is_frozen=link.is_frozen,
        key=draft_key(token),
        mark=mark_of(token),
        began=start,
        kept=link.kept,
        at=link.page,
        token=token,
        link=link,
    )


def _visit_on_site(number: str, began: int, ticket: str) -> Visit | None:
    device = device_of(ticket)
    if device is None:
        return None
    form, wave = device.form(number), device.wave
    kept, page = draft_of(form.draft)
    return Visit(
        wave=wave.pk,
        is_anonymous=wave.is_anonymous,
        version=wave.version_id,
        is_frozen=wave.version.frozen_at is not None,
        key=form.draft,
        mark=mark_of(number),
        began=began,
        kept=kept,
        at=page,
        on_site=form,
        by=device.by,
    )


def begin(response: HttpResponse, token: str) -> HttpResponse:
    """Give the browser the form of a token (or of ON_SITE and a number) with this moment."""
    return _set(response, FORM_COOKIE, f"{token}.{int(time.time())}")


def end(response: HttpResponse) -> HttpResponse:
    """Take the form away again."""
    response.delete_cookie(FORM_COOKIE, path=PATH, samesite="Lax")
    return response


def give_ticket(response: HttpResponse, ticket: str) -> HttpResponse:
    """Make the browser a device that is handed to owners."""
    return _set(response, DEVICE_COOKIE, ticket, max_age=int(LASTS.total_seconds()))


def choose_language(response: HttpResponse, language: str) -> HttpResponse:
    """Remember the language of the form in this browser."""
    return _set(response, LANGUAGE_COOKIE, language)


def language_of(request: HttpRequest) -> str:
    """Chinese, unless the reader switched: telephones often speak English to servers."""
    asked = request.POST.get("lang") or request.GET.get("lang") or ""
    known = {code for code, _name in settings.LANGUAGES}
    if asked in known:
        return asked
    kept = request.COOKIES.get(LANGUAGE_COOKIE, "")
    return kept if kept in known else settings.LANGUAGE_CODE


def _set(response: HttpResponse, name: str, value: str, max_age: int | None = None) -> HttpResponse:
    response.set_cookie(
        name,
        value,
        max_age=max_age,
        path=PATH,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response
