"""What the pages of compliance are made of: each part of the app adds its tile, rows and duties.

The page of a unit (W16) and the page of a person (W17) ask every registered panel, in order, and
know none of them by name. A panel stands in the part it speaks of (selectors are its source), is
registered when the app is ready, and asks a fixed number of queries.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet

from accounts.models import User
from regions.models import OrgUnit


@dataclass(frozen=True, slots=True)
class Question:
    """What a unit's page is asked: by whom, of which unit (with all below it unless `below` is
    False), for which days, both counted. `before` is the same span one month earlier."""

    reader: User
    unit: OrgUnit
    below: bool
    first: dt.date
    last: dt.date
    before: tuple[dt.date, dt.date]


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure at the head of the page. `url` leads to exactly its rows; `trend` holds the same
    figure of the twelve months up to this one, oldest first, where there is one."""

    label: str
    value: str
    detail: str = ""
    before: str = ""
    url: str = ""
    alarm: bool = False
    trend: tuple[float | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """Rows of a panel for the workbook of the month: heads and rows of plain values."""

    title: str
    heads: tuple[str, ...]
    rows: list[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class UnitPanel:
    """A part of the page of a unit: its tile, and the template of its rows with their context.

    Either may be missing: `tile` gives None where the reader lacks the right or nothing applies.
    `sheet` gives the same rows for the workbook of the month, or None.
    """

    key: str
    order: int
    tile: Callable[[Question], Tile | None]
    template: str = ""
    context: Callable[[Question], dict[str, Any]] = field(default=lambda question: {})
    sheet: Callable[[Question], Sheet | None] = field(default=lambda question: None)


@dataclass(frozen=True, slots=True)
class OwnQuestion:
    """What a person's page is asked: by whom, of whom, for which days, both counted.

    Whoever manages the person sees his duties, but no customer, task or paper that lies outside
    his own reach: a person may work in branches that his manager does not see (CUS-20).
    """

    reader: User
    person: User
    first: dt.date
    last: dt.date

    def seen(self, rows: QuerySet[Any], right: str | None = None) -> QuerySet[Any]:
        """Those of a person's rows that the reader may see; his own page holds back nothing."""
        if self.reader.pk == self.person.pk:
            return rows
        more = () if right is None else (right,)
        seen: QuerySet[Any] = rows.visible_to(self.reader, *more)  # type: ignore[attr-defined]
        return seen


@dataclass(frozen=True, slots=True)
class OwnPanel:
    """A part of somebody's own page: one clause of its opening sentence, and a template.

    `clause` gives e.g. "11 days expected, 10 met", or nothing; `context` what the template needs.
    Those who manage the person see the same as far as they reach, see OwnQuestion.seen.
    """

    key: str
    order: int
    clause: Callable[[OwnQuestion], str]
    template: str = ""
    context: Callable[[OwnQuestion], dict[str, Any]] = field(default=lambda asked: {})


UNIT_PANELS: dict[str, UnitPanel] = {}
OWN_PANELS: dict[str, OwnPanel] = {}


def register_unit_panel(panel: UnitPanel) -> UnitPanel:
    """Add a part to the page of a unit; the same key again replaces it."""
    UNIT_PANELS[panel.key] = panel
    return panel


def register_own_panel(panel: OwnPanel) -> OwnPanel:
    """Add a part to the page of a person; the same key again replaces it."""
    OWN_PANELS[panel.key] = panel
    return panel


def unit_panels() -> list[UnitPanel]:
    """Those of the page of a unit, in order."""
    return sorted(UNIT_PANELS.values(), key=lambda panel: (panel.order, panel.key))


def own_panels() -> list[OwnPanel]:
    """Those of the page of a person, in order."""
    return sorted(OWN_PANELS.values(), key=lambda panel: (panel.order, panel.key))
