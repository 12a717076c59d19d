"""Requests on ready forms, as the page of their approval shows them."""

from collections.abc import Collection
from typing import Any

from django import template

from approvals.approvals import lines_of_request
from approvals.models import Request, RequestFile
from approvals.ready import forms

register = template.Library()


@register.simple_tag
def request_lines(paper: Request, hidden: Collection[str] = ()) -> list[tuple[str, Any]]:
    """Label and value of each field, but those that the reader's step does not see."""
    return lines_of_request(paper, hidden)


@register.simple_tag
def request_files(paper: Request) -> list[RequestFile]:
    """The files in the order they came."""
    return list(paper.files.order_by("pk"))


@register.simple_tag
def request_form(paper: Request) -> str:
    """What the form is called."""
    ready = forms().get(paper.form)
    return ready.name if ready else paper.form
