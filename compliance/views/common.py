"""What the pages of compliance share."""

from secrets import token_hex
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from approvals.releases import check_direct
from compliance.selectors.circulars import VIEW
from core.errors import Refused
from core.htmx import ask
from core.saving import status_of

SEND = require_http_methods(["GET", "HEAD", "POST"])
Crumbs = list[tuple[str, str]]


def form_key(request: HttpRequest, typed: str = "") -> str:
    """The key of one sending of a form by this person: with `typed`, what the form brought back as
    a key that nothing else bears; without, a new one for the form."""
    if not typed:
        return token_hex(16)
    return f"form:{request.user.pk}:{typed}"


def below_notices(request: HttpRequest, *here: tuple[str, str]) -> Crumbs:
    """The way to a page below the notices, for those who see them."""
    if not request.user.has_perm(VIEW):
        return [*here]
    return [(_("Notices and sanctions"), reverse("compliance:notices")), *here]


def release_needed(request: HttpRequest, rows: int) -> HttpResponse | None:
    """The answer instead of a workbook with more rows than the rule for exports lets go at once."""
    sentence = _("A file of {rows} rows needs a release. Please choose a smaller unit.")
    try:
        check_direct(rows, sentence)
    except Refused as refusal:
        return render(request, "409.html", {"message": str(refusal)}, status=409)
    return None


def plain_form(
    request: HttpRequest,
    form: forms.BaseForm,
    *,
    title: str,
    back: str,
    crumbs: Crumbs,
    **more: Any,
) -> HttpResponse:
    """A page with one form and nothing else; `more`: question, verb."""
    context = {"form": form, "title": title, "back": back, "crumbs": crumbs, **more}
    return render(request, "components/plain_form.html", context, status=status_of(request))


def question(
    request: HttpRequest,
    form: forms.Form,
    *,
    title: str,
    effect: str,
    verb: str,
    back: str,
    crumbs: Crumbs,
    danger: bool = False,
    keep: str = "",
) -> HttpResponse:
    """A question before an act, as a dialog or a page; `form` holds what must be said with it.
    `keep` is the word of the way back where "Cancel" could be taken for the act."""
    context = {
        "title": title,
        "effect": effect,
        "action": request.get_full_path(),
        "verb": verb,
        "danger": danger,
        "cancel": keep,
        "form": form if form.fields else None,
        "refused": form.non_field_errors() if form.is_bound else [],
        "cancel_url": back,
        "crumbs": crumbs,
    }
    return ask(request, context, status_of(request))
