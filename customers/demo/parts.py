"""What other apps add to the demonstration: each app's package `demo` registers its part.

register(Part(write=write_cases, remove=remove_cases, histories=("complaints.Case:…",)))
"""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.module_loading import autodiscover_modules

from customers.demo.archive import Archive
from customers.demo.organisation import Organisation, Person


@dataclass(frozen=True, slots=True)
class Scene:
    """The demonstration as it stands before the parts are written: every row has its key."""

    organisation: Organisation
    archive: Archive
    chosen: dict[str, Person]
    now: dt.datetime
    seed: int
    run: int


@dataclass(frozen=True, slots=True)
class Gone:
    """The keys of what is about to be removed."""

    units: list[int]
    people: list[int]
    customers: list[int]
    runs: list[int]


@dataclass(frozen=True, slots=True)
class Part:
    """Writes rows and takes them out again; both return how many, by kind. `titles` says the kinds
    in words, `histories` are the triggers that are silent meanwhile (pgtrigger.ignore)."""

    write: Callable[[Any, Scene], dict[str, int]]
    remove: Callable[[Any, Gone], dict[str, int]]
    titles: Mapping[str, str | Promise]
    histories: tuple[str, ...] = ()


_PARTS: list[Part] = []


def register(part: Part) -> Part:
    """Add a part; they are written in the order of the apps and removed in the opposite one."""
    _PARTS.append(part)
    return part


def parts() -> list[Part]:
    """Every part of every app; approvals, which know no customers, have theirs here."""
    from customers.demo import (  # noqa: F401  they register themselves
        duplicates,
        papers,
        purchases,
        sales,
        value,
    )

    autodiscover_modules("demo")
    return list(_PARTS)
