"""Saving a form by a verb: what was saved, or the form again with the sentence that refused it."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest

from core.errors import Refused


def saved(
    request: HttpRequest, form: forms.BaseForm, save: Callable[[dict[str, Any]], Any], done: str
) -> Any:
    """Save a posted form; what was saved, or None when the form stays with its sentence."""
    if request.method != "POST" or not form.is_valid():
        return None
    try:
        result = save(form.cleaned_data)
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return None
    messages.success(request, done)
    return result


def status_of(request: HttpRequest) -> int:
    """422 for a posted form that is shown again."""
    return 422 if request.method == "POST" else 200
