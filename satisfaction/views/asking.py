"""What the pages of questionnaires and indicators share: dialogs, and answers to a changed part."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from core.errors import Refused
from core.htmx import ask, leave, wants_rows


def dialog(
    request: HttpRequest,
    form: forms.BaseForm,
    save: Callable[[dict[str, Any]], Any],
    *,
    title: str,
    verb: str,
    done: str,
    back: str,
    effect: str = "",
    reload: bool = False,
) -> HttpResponse:
    """A form in a dialog, or as a page of its own: saved by a verb, or shown again with the
    sentence that refused it. `reload`: the page under the dialog is asked for as a whole."""
    if request.method == "POST" and form.is_valid():
        try:
            save(form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, done)
            return leave(request, back) if reload else changed(request, back)
    context = {
        "title": title,
        "effect": effect,
        "action": request.get_full_path(),
        "verb": verb,
        "form": form,
        "cancel_url": back,
        "crumbs": [],
    }
    return ask(request, context, 422 if request.method == "POST" else 200)


def question(
    request: HttpRequest,
    act: Callable[[], Any],
    *,
    title: str,
    verb: str,
    done: str,
    back: str,
    effect: str = "",
    danger: bool = False,
    reload: bool = False,
) -> HttpResponse:
    """A question before an act; a refused act says why below the question."""
    refused: list[str] = []
    if request.method == "POST":
        try:
            act()
        except Refused as refusal:
            refused = [str(refusal)]
        else:
            messages.success(request, done)
            return leave(request, back) if reload else changed(request, back)
    context = {
        "title": title,
        "effect": effect,
        "action": request.get_full_path(),
        "verb": verb,
        "refused": refused,
        "cancel_url": back,
        "danger": danger,
        "crumbs": [],
    }
    return ask(request, context, 422 if refused else 200)


def changed(request: HttpRequest, back: str) -> HttpResponse:
    """Go back to the page; one that is open under a dialog asks for its changed part itself."""
    if wants_rows(request):
        return HttpResponse(status=204, headers={"HX-Trigger": "crm:close, crm:changed"})
    return redirect(back)


def moved(
    request: HttpRequest, act: Callable[[], Any], back: str, part: Callable[..., HttpResponse]
) -> HttpResponse:
    """Move something. For htmx the changed part of the page, made by `part(refused=…)`."""
    refused = ""
    try:
        act()
    except Refused as refusal:
        refused = str(refusal)
    if wants_rows(request):
        return part(refused=refused)
    if refused:
        messages.error(request, refused)
    return redirect(back)
