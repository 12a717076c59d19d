"""What can be reached from outside: addresses, pages of the administration, tasks, scoped tables.

The walks read the running product, not a list, so that whatever somebody adds is found.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.db.models import Model
from django.urls import URLPattern, URLResolver, get_resolver

from core.access import Access, access_of
from core.admin import ScopedAdmin
from core.scope import Scoped
from crm_site.celery import app as celery


@dataclass(frozen=True, slots=True)
class Route:
    """An address: its full name ("customers:detail"), its pattern and what it asks for."""

    name: str
    pattern: str
    access: Access | None

    def __str__(self) -> str:
        return self.name or self.pattern


def routes(urlconf: str | None = None) -> list[Route]:
    """Every address of an installation, resolvers opened."""
    return list(_walk(get_resolver(urlconf).url_patterns, (), ""))


def _walk(
    patterns: list[URLPattern | URLResolver], spaces: tuple[str, ...], prefix: str
) -> Iterator[Route]:
    for entry in patterns:
        pattern = f"{prefix}{entry.pattern}"
        if isinstance(entry, URLResolver):
            inside = (*spaces, entry.namespace) if entry.namespace else spaces
            yield from _walk(entry.url_patterns, inside, pattern)
        else:
            name = ":".join((*spaces, entry.name)) if entry.name else ""
            yield Route(name, pattern, access_of(entry.callback))


def undeclared(urlconf: str | None = None) -> list[str]:
    """Addresses whose view says nothing about who may open it."""
    return [str(route) for route in routes(urlconf) if route.access is None]


def unscoped_admins() -> list[str]:
    """Lists of the administration that do not go through core.admin.ScopedAdmin."""
    return sorted(
        model._meta.label
        for model, page in admin.site._registry.items()
        if not isinstance(page, ScopedAdmin)
    )


def undeclared_tasks() -> list[str]:
    """Tasks of the product that the `ACCESS` table beside them leaves out or leaves empty."""
    celery.loader.import_default_modules()
    installed = {config.name for config in apps.get_app_configs()}
    return sorted(
        name
        for name, task in celery.tasks.items()
        if task.__module__.split(".")[0] in installed
        and not getattr(import_module(task.__module__), "ACCESS", {}).get(name)
    )


def scoped_tables() -> list[type[Model]]:
    """Models whose rows belong to a unit: they carry scope columns."""
    return [model for model in apps.get_models() if issubclass(model, Scoped)]


def without_visible_to(models: list[type[Any]]) -> list[str]:
    """Those whose default queryset cannot say who may see a row."""
    return sorted(
        model._meta.label
        for model in models
        if not hasattr(model._default_manager.get_queryset(), "visible_to")
    )
