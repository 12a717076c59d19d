"""Tabs that other apps add to the page of a customer: what he has with them (关联菜单).

The archive knows no cases and no surveys; whoever does registers a tab here and draws it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.functional import Promise

from customers.models import Customer


@dataclass(frozen=True)
class Tab:
    """A list of what a customer has elsewhere. Whoever lacks `right` sees no tab of it.

    `count` says how many the reader may see, capped, None where that is not worth a query of every
    page of a customer; `context` is what `template` draws, and is
    asked for only when the tab is open.
    """

    key: str
    title: str | Promise
    right: str
    count: Callable[[Any, Customer], int] | None
    context: Callable[[HttpRequest, Customer], dict[str, Any]]
    template: str


TABS: dict[str, Tab] = {}


def add_tab(tab: Tab) -> None:
    """Register a tab; an app does so when it is ready."""
    TABS[tab.key] = tab


def tabs_for(user: Any) -> list[Tab]:
    """The tabs that a reader gets."""
    return [tab for tab in TABS.values() if user.has_perm(tab.right)]
