"""What the pages of complaints share."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from core.errors import Refused


def saved(
    request: HttpRequest, form: forms.Form, save: Callable[[dict[str, Any]], Any], done: str
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


def back_to(address: Any) -> HttpResponse:
    """Leave the form for the page of what was saved."""
    return redirect(address)
