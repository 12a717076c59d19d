"""Cards that other apps add below the facts of a customer.

The archive knows no rules of the committee; whoever does registers a panel here and draws it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from customers.models import Customer
from customers.selectors.detail import CustomerFile

#: Takes the request, the customer and what the reader may see of him; gives what the template
#: draws, None where there is nothing to say.
Context = Callable[[HttpRequest, Customer, CustomerFile], dict[str, Any] | None]


@dataclass(frozen=True)
class FilePanel:
    """A card beside the timeline of a customer. `annotations` gives expressions for a reader that
    are read with the customer, by names of their own, so that a card costs the page no query."""

    template: str
    context: Context
    annotations: Callable[[Any], dict[str, Any]]


PANELS: list[FilePanel] = []


def add_file_panel(panel: FilePanel) -> FilePanel:
    """Register a panel; an app does so when it is ready."""
    PANELS.append(panel)
    return panel


def panel_annotations(user: Any) -> dict[str, Any]:
    """What the panels want to have read with a customer."""
    return {name: one for panel in PANELS for name, one in panel.annotations(user).items()}


def file_panels(
    request: HttpRequest, customer: Customer, file: CustomerFile
) -> list[tuple[str, dict[str, Any]]]:
    """Templates of the panels that have something to say, each with what it draws."""
    asked = [(panel.template, panel.context(request, customer, file)) for panel in PANELS]
    return [(template, values) for template, values in asked if values is not None]
