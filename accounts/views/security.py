"""Proving who one is: the second factor at the door, step-up, and one's own log-in security."""

import base64
from typing import Any

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from allauth.account.stages import LoginStageController
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import generate_totp_secret
from allauth.mfa.utils import decrypt, encrypt
from allauth.mfa.webauthn.internal.auth import begin_authentication
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import factors
from accounts.forms.security import (
    CodeForm,
    CredentialField,
    NewCodeForm,
    NewPasskeyForm,
    PasskeyForm,
    PasswordAgainForm,
    ProofForm,
)
from accounts.middleware import KEPT
from accounts.models import LoginKind, LoginMethod, User
from accounts.passwords import profile
from accounts.sessions import prove
from accounts.signals import remember_login
from accounts.stages import SecondFactorStage
from accounts.views.people import REFUSED_FORM, safe_target, welcome
from accounts.visitors import give_device, person_of
from core.access import fresh, public, signed_in
from core.errors import Refused

NEW_TOTP = "new_totp"  # session key: the secret of an app being set up, encrypted


# --- at the door --------------------------------------------------------------------------------


@public
@never_cache
@sensitive_post_parameters("code", "credential")
@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: HttpRequest) -> HttpResponse:
    """The second factor, after password or one-time link; nobody is signed in before it."""
    stage = LoginStageController.enter(request, SecondFactorStage.key)
    if stage is None:
        return redirect("accounts:login")
    user = stage.login.user
    form, other = _proof(request, user, CodeForm)
    if form.is_bound and form.is_valid():
        give_device(request)
        request.crm_method = form.method  # type: ignore[attr-defined]
        return welcome(request, user, stage.exit())
    types = {row.type for row in factors.factors_of(user)}
    context = {
        "form": other if isinstance(form, PasskeyForm) else form,
        "refused": form.errors if isinstance(form, PasskeyForm) else None,
        "has_app": Authenticator.Type.TOTP in types,
        "has_passkey": Authenticator.Type.WEBAUTHN in types,
        "options_url": reverse("accounts:verify-passkey"),
    }
    status = REFUSED_FORM if form.is_bound else 200
    return render(request, "account/verify.html", context, status=status)


@public
@never_cache
@require_safe
def verify_passkey(request: HttpRequest) -> HttpResponse:
    """What the browser needs to ask for a passkey of whoever is half-way in."""
    stage = LoginStageController.enter(request, SecondFactorStage.key)
    if stage is None:
        return JsonResponse({}, status=409)
    return JsonResponse(begin_authentication(stage.login.user))


@public
@never_cache
@sensitive_post_parameters("credential")
@require_http_methods(["GET", "HEAD", "POST"])
def log_in_with_passkey(request: HttpRequest) -> HttpResponse:
    """Log in with a passkey alone, which is two factors: the device and what unlocks it."""
    if request.method != "POST":
        return JsonResponse(begin_authentication())
    user = _by_passkey(request)
    if user is None:
        messages.error(request, _("This passkey was not accepted. Please use your password."))
        return redirect("accounts:login")
    give_device(request)
    request.crm_method = LoginMethod.PASSKEY  # type: ignore[attr-defined]
    record_authentication(request, user, "mfa", type="webauthn", passwordless=True)
    login = Login(user=user, redirect_url=safe_target(request))
    return welcome(request, user, perform_login(request, login))


def _by_passkey(request: HttpRequest) -> User | None:
    try:
        answer = CredentialField().clean(request.POST.get("credential", ""))
    except ValidationError:
        return None
    user = factors.person_of_passkey(answer)
    # Whoever is named by an unproved answer must not pay for it with a lock.
    if user is None or factors.check_passkey(request, user, answer, alone=True) is None:
        return None
    return user


# --- again, for weighty acts --------------------------------------------------------------------


@signed_in
@never_cache
@sensitive_post_parameters("password", "code", "credential")
@require_http_methods(["GET", "HEAD", "POST"])
def again(request: HttpRequest) -> HttpResponse:
    """Prove again who one is, then go on where one was."""
    user = person_of(request)
    form, __ = _proof(request, user, PasswordAgainForm)
    if form.is_bound and form.is_valid():
        prove(request, form.method)
        remember_login(LoginKind.AGAIN, request=request, user=user, method=form.method)
        if kept := request.session.pop(KEPT, None):
            context = {"kept": kept, "back": safe_target(request)}
            return render(request, "account/again_resume.html", context)
        messages.success(request, _("Confirmed. You can go on now."))
        return redirect(safe_target(request))
    types = {row.type for row in factors.factors_of(user)}
    context = {
        "password_form": _shown(form, PasswordAgainForm, request, user),
        "code_form": _shown(form, CodeForm, request, user)
        if Authenticator.Type.TOTP in types
        else None,
        "refused": form.errors if isinstance(form, PasskeyForm) else None,
        "has_passkey": Authenticator.Type.WEBAUTHN in types,
        "options_url": reverse("accounts:again-passkey"),
        "next": safe_target(request),
    }
    status = REFUSED_FORM if form.is_bound else 200
    return render(request, "account/again.html", context, status=status)


@signed_in
@never_cache
@require_safe
def again_passkey(request: HttpRequest) -> HttpResponse:
    """What the browser needs to ask for one of one's own passkeys."""
    return JsonResponse(begin_authentication(person_of(request)))


def _proof(request: HttpRequest, user: User, usual: type[ProofForm]) -> tuple[ProofForm, ProofForm]:
    """The form that was sent, told by its field, and an empty one of the usual kind."""
    kinds = {"credential": PasskeyForm, "code": CodeForm, "password": PasswordAgainForm}
    empty = usual(request=request, user=user)
    if request.method == "POST":
        kind = next((kinds[name] for name in kinds if name in request.POST), usual)
        if kind is not PasswordAgainForm or usual is PasswordAgainForm:
            return kind(request.POST, request=request, user=user), empty
    return empty, empty


def _shown(form: ProofForm, kind: type[ProofForm], request: HttpRequest, user: User) -> ProofForm:
    return form if isinstance(form, kind) else kind(request=request, user=user)


# --- one's own log-in security ------------------------------------------------------------------


@signed_in
@never_cache
@require_safe
def security(request: HttpRequest) -> HttpResponse:
    """How one logs in, each way with its state."""
    user = person_of(request)
    own = factors.factors_of(user)
    app = next((row for row in own if row.type == Authenticator.Type.TOTP), None)
    context = {
        "app": app,
        "passkeys": [row for row in own if row.type == Authenticator.Type.WEBAUTHN],
        "codes_left": factors.recovery_codes_left(user),
        "has_factor": bool(own),
        "missing": not own and factors.needs_factor(user),
        "max_age": profile().max_age,
        "new_passkey": NewPasskeyForm(),
        "crumbs": [*_crumbs(), (_("Log-in security"), "")],
    }
    return render(request, "accounts/security.html", context)


@fresh
@signed_in
@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
def set_up_app(request: HttpRequest) -> HttpResponse:
    """Set the authenticator app up: scan, then show that it works."""
    user = person_of(request)
    form = NewCodeForm(request.POST or None)
    if NEW_TOTP not in request.session:
        request.session[NEW_TOTP] = encrypt(generate_totp_secret())
    secret = decrypt(request.session[NEW_TOTP])
    if form.is_bound and form.is_valid():
        try:
            codes = factors.add_totp(user, secret=secret, code=form.cleaned_data["code"])
        except Refused as refusal:
            form.add_error("code", str(refusal))
        else:
            del request.session[NEW_TOTP]
            return _added(request, codes, _("The authenticator app is set up."))
    adapter = get_adapter()
    picture = adapter.build_totp_svg(adapter.build_totp_url(user, secret))
    context = {
        "form": form,
        "secret": " ".join(secret[i : i + 4] for i in range(0, len(secret), 4)),
        "picture": base64.b64encode(picture.encode()).decode(),
        "crumbs": [*_crumbs(security=True), (_("Authenticator app"), "")],
    }
    status = REFUSED_FORM if form.is_bound else 200
    return render(request, "accounts/security_app.html", context, status=status)


@fresh
@signed_in
@never_cache
@require_safe
def passkey_options(request: HttpRequest) -> HttpResponse:
    """What the browser needs to make a passkey."""
    return JsonResponse(factors.passkey_options(person_of(request)))


@fresh
@signed_in
@never_cache
@sensitive_post_parameters("credential")
@require_POST
def set_up_passkey(request: HttpRequest) -> HttpResponse:
    """Keep the passkey that the browser has made."""
    form = NewPasskeyForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("The passkey was not set up. Please try again."))
        return redirect("accounts:security")
    try:
        codes = factors.add_passkey(person_of(request), **form.cleaned_data)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("accounts:security")
    return _added(request, codes, _("The passkey is set up."))


@fresh
@signed_in
@never_cache
@require_POST
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take one's own factor away."""
    rows = Authenticator.objects.filter(user=person_of(request))
    row = get_object_or_404(rows.exclude(type=Authenticator.Type.RECOVERY_CODES), pk=pk)
    try:
        factors.remove_factor(row, by=person_of(request))
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        request.session.cycle_key()
        messages.success(request, _("Removed."))
    return redirect("accounts:security")


@fresh
@signed_in
@never_cache
@require_POST
def recovery_codes(request: HttpRequest) -> HttpResponse:
    """Make new recovery codes and show them, this once."""
    try:
        codes = factors.new_recovery_codes(person_of(request))
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("accounts:security")
    return _show_codes(request, codes)


def _added(request: HttpRequest, codes: list[str], sentence: str) -> HttpResponse:
    """A factor was added, so the session gets a new key; recovery codes show when they are new."""
    request.session.cycle_key()
    messages.success(request, sentence)
    return _show_codes(request, codes) if codes else redirect("accounts:security")


def _show_codes(request: HttpRequest, codes: list[str]) -> HttpResponse:
    context: dict[str, Any] = {
        "codes": [f"{code[:5]} {code[5:]}" for code in codes],
        "crumbs": [*_crumbs(security=True), (_("Recovery codes"), "")],
    }
    return render(request, "accounts/recovery_codes.html", context)


def _crumbs(*, security: bool = False) -> list[tuple[str, str]]:
    crumbs = [(_("My settings"), reverse("accounts:settings"))]
    return [*crumbs, (_("Log-in security"), reverse("accounts:security"))] if security else crumbs
