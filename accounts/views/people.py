"""The front door, one's own account, and the pages about colleagues."""

from typing import Any

from allauth.account.internal.flows.logout import logout
from allauth.account.utils import perform_login
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render, resolve_url
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe
from django.views.i18n import set_language

from accounts import selectors, services
from accounts.factors import has_factor
from accounts.forms import (
    ChangePasswordForm,
    LanguageForm,
    LoginForm,
    PeopleFilter,
    SetPasswordForm,
)
from accounts.links import find_link, use_link
from accounts.models import LoginMethod, SignedInDevice, User, may_reach
from accounts.passwords import must_change_password
from accounts.selectors.hand_over import work_left_in_reach
from accounts.sessions import SENTENCES
from accounts.user_kinds import kind_of, leading_positions
from accounts.visitors import give_device, person_of, send_device
from core.access import public, requires, signed_in
from core.errors import Refused
from core.htmx import page_or_rows

LINK_KEY = "password_link"  # session key: the key of a link, moved out of the address
MOVED = "set"  # stands in the address instead of the key
REFUSED_FORM = 422


# --- the front door -----------------------------------------------------------------------------


@public
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def log_in(request: HttpRequest) -> HttpResponse:
    """The one way in, for pages and administration alike."""
    target = safe_target(request)
    if request.user.is_authenticated:
        return HttpResponseRedirect(target)
    form = LoginForm(request.POST or None, request=request)
    if form.is_valid():
        give_device(request)
        request.crm_method = LoginMethod.PASSWORD  # type: ignore[attr-defined]
        return welcome(request, form.user, form.login(request, redirect_url=target))
    context = {
        "form": form,
        "next": request.GET.get("next") or request.POST.get("next", ""),
        "ended": SENTENCES.get(request.GET.get("ended", ""), ""),  # type: ignore[call-overload]
    }
    status = REFUSED_FORM if form.is_bound else 200
    return render(request, "account/login.html", context, status=status)


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def log_out(request: HttpRequest) -> HttpResponse:
    """A GET asks, a POST does it and says so."""
    if request.method == "POST":
        logout(request)
        return redirect("accounts:logout")
    page = "logout" if request.user.is_authenticated else "logged_out"
    return render(request, f"account/{page}.html")


@public
@never_cache
@sensitive_post_parameters("password1", "password2")
@require_http_methods(["GET", "HEAD", "POST"])
def set_password(request: HttpRequest, key: str) -> HttpResponse:
    """A one-time link: first its key leaves the address, then a password is set, then one is in.

    Opening the address uses nothing up, so that previews of chat programs do no harm.
    """
    if key != MOVED:
        if find_link(key) is None:
            return _dead_link(request)
        request.session[LINK_KEY] = key
        return redirect("accounts:set-password", MOVED)
    link = find_link(request.session.get(LINK_KEY, ""))
    if link is None:
        return _dead_link(request)
    form = SetPasswordForm(request.POST or None, user=link.user)
    if not form.is_valid():
        context = {"form": form, "person": link.user, "valid": True}
        status = REFUSED_FORM if form.is_bound else 200
        return render(request, "account/password_set.html", context, status=status)
    try:
        user = use_link(link, form.cleaned_data["password1"])
    except Refused:
        return _dead_link(request)
    del request.session[LINK_KEY]
    give_device(request)
    request.crm_method = LoginMethod.LINK  # type: ignore[attr-defined]
    return welcome(request, user, perform_login(request, user, redirect_url=_home()))


def _dead_link(request: HttpRequest) -> HttpResponse:
    request.session.pop(LINK_KEY, None)
    return render(request, "account/password_set.html", {"valid": False}, status=410)


def welcome(request: HttpRequest, user: User, response: HttpResponse) -> HttpResponse:
    """What a browser keeps after a log-in: its id as a device, and the person's language."""
    if request.user.is_authenticated:
        send_device(request, response)
        if user.language:
            _send_language(response, user.language)
    return response


def _home() -> str:
    return resolve_url(settings.LOGIN_REDIRECT_URL)


def safe_target(request: HttpRequest) -> str:
    """Where the visitor was going, unless that is another site or the door itself."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    doors = (reverse("accounts:login"), reverse("accounts:logout"))  # and what lies below them
    return target if safe and not target.startswith(doors) else _home()


# --- one's own account --------------------------------------------------------------------------


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def own_settings(request: HttpRequest) -> HttpResponse:
    """My language; the way to a new password."""
    initial = {"language": person_of(request).language or settings.LANGUAGE_CODE}
    form = LanguageForm(request.POST or None, initial=initial)
    if form.is_valid():
        response = redirect("accounts:settings")
        _remember_language(request, response, form.cleaned_data["language"])
        return response
    context = {"form": form, "crumbs": [(_("My settings"), "")]}
    status = REFUSED_FORM if form.is_bound else 200
    return render(request, "accounts/settings.html", context, status=status)


@signed_in
@never_cache
@sensitive_post_parameters("current", "password1", "password2")
@require_http_methods(["GET", "HEAD", "POST"])
def change_password(request: HttpRequest) -> HttpResponse:
    """A new password; one's other sessions end by it."""
    form = ChangePasswordForm(request.POST or None, request=request)
    if form.is_valid():
        user = services.change_password(
            person_of(request),
            form.cleaned_data["password1"],
            keep=request.session.session_key,
        )
        update_session_auth_hash(request, user)
        messages.success(request, _("Your password was changed. Other devices are signed out."))
        return redirect("accounts:settings")
    context = {
        "form": form,
        "outdated": must_change_password(person_of(request)),
        "crumbs": [(_("My settings"), reverse("accounts:settings")), (_("Password"), "")],
    }
    status = REFUSED_FORM if form.is_bound else 200
    return render(request, "accounts/password.html", context, status=status)


@public
def choose_language(request: HttpRequest) -> HttpResponse:
    """Django's view of the language switch, which also remembers the choice of a person."""
    response = set_language(request)
    chosen = request.POST.get("language", "")
    if request.user.is_authenticated and chosen in dict(settings.LANGUAGES):
        _remember_language(request, response, chosen)
    return response


def _remember_language(request: HttpRequest, response: HttpResponse, language: str) -> None:
    User.objects.filter(pk=request.user.pk).update(language=language)
    _send_language(response, language)


def _send_language(response: HttpResponse, language: str) -> None:
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=365 * 24 * 3600,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


# --- colleagues ---------------------------------------------------------------------------------


@requires("accounts.view_user")
@require_safe
def people(request: HttpRequest) -> HttpResponse:
    """The people the reader may see, by employee number."""
    form = PeopleFilter(request.GET, reader=person_of(request))
    found: dict[str, Any] = form.cleaned_data if form.is_valid() else {}
    query = selectors.PeopleQuery(
        text=found.get("q", "").strip(),
        unit=found.get("unit"),
        state=found.get("state", ""),
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    context = {
        "page": selectors.people_page(person_of(request), query),
        "work_left": work_left_in_reach(person_of(request))
        if request.user.has_perm("accounts.hand_over_work")
        else [],
        "filter_form": form,
        "crumbs": [(_("People and access"), "")],
    }
    return page_or_rows(request, "accounts/people.html", "accounts/_people_rows.html", context)


@requires("accounts.view_user")
@require_safe
def person(request: HttpRequest, employee_no: str) -> HttpResponse:
    """One colleague: facts, posts, and what he may do in words."""
    visible = User.objects.visible_to(person_of(request)).select_related("unit")
    who = get_object_or_404(visible, employee_no=employee_no)
    reader = person_of(request)
    may = User.objects.visible_to(reader, "accounts.change_user").filter(pk=who.pk).exists()
    posts = selectors.posts_shown(who)
    held = [post.function for post in posts if post.is_in_force()]
    context = {
        "person": who,
        "kind": kind_of(who, held, leading_positions()),
        "may_see_access": who.pk == reader.pk or may_reach(reader, "accounts.review_grants", who),
        "may_hand_over": may_reach(reader, "accounts.hand_over_work", who),
        "may_close": who.pk != reader.pk
        and who.is_active
        and may_reach(reader, "accounts.close_account", who),
        "may_administer": may and who.pk != reader.pk,
        "devices": SignedInDevice.objects.filter(user=who).living().order_by("-last_used_at")
        if may
        else [],
        "has_factor": may and has_factor(who),
        "posts": posts,
        "grants": selectors.grants_shown(who),
        "crumbs": [(_("People and access"), reverse("accounts:people")), (who.name, "")],
    }
    return render(request, "accounts/person.html", context)
