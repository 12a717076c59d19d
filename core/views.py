"""Pages without business: help and the style guide."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from core.access import requires, signed_in
from core.styleguide import sample_context


@signed_in
def help_page(request: HttpRequest) -> HttpResponse:
    """Short guides and the keyboard."""
    return render(request, "core/help.html")


@requires("accounts.use_admin")
def styleguide(request: HttpRequest) -> HttpResponse:
    """Every component in each state, for whoever writes pages."""
    return render(request, "core/styleguide.html", sample_context())
