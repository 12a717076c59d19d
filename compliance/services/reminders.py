"""Telling people what the checks found and what is late, each once (ORG-02…ORG-14, KPI-13, LOG-08).

New findings come as one digest a person. What is late is told to whoever has it the morning after
its day, and to the heads above once it is as late as the policy says.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from compliance.checks.responsible import next_heads, responsible_for
from compliance.models import Appeal, Finding, InspectionPoint, PointState, SanctionState
from compliance.selectors.circulars import publishers
from compliance.services.findings import said
from compliance.states import FINDING_OPEN, Severity
from core.locking import lock
from core.notices.services import Letter, notify_each
from regions.models import OrgUnit
from regions.policies import policy

NAMED = 5  # findings that a digest spells out


@transaction.atomic
def tell_new_findings() -> int:
    """Tell everybody who answers for findings which nobody was told of, in one notice a person;
    those that nobody answers for wait for somebody who does. Returns how many people were told.
    Safe to run twice and at once."""
    fresh = lock(Finding.objects.filter(state__in=FINDING_OPEN, told_at=None))
    rows = list(fresh.select_related("unit", "owner").order_by("rank", "unit__path", "pk"))
    answering = responsible_for(rows)
    by_person: dict[int, list[Finding]] = defaultdict(list)
    told = []
    for row in rows:
        who = row.owner or answering[row.pk]
        if who is not None:
            told.append(row.pk)
        if row.owner is None and who is not None:  # an owner was told when it was given to him
            by_person[who.pk].append(row)
    Finding.objects.filter(pk__in=told).update(told_at=timezone.now())
    return notify_each("compliance.findings_new", map(_digest, by_person.items()))


def _digest(mine: tuple[int, list[Finding]]) -> Letter:
    person, rows = mine
    url = rows[0].get_absolute_url() if len(rows) == 1 else reverse("compliance:findings")
    facts = {
        "count": len(rows),
        "high": sum(row.severity == Severity.HIGH for row in rows),
        "named": [said(row) for row in rows[:NAMED]],
        "more": max(len(rows) - NAMED, 0),
    }
    return Letter(person, f"findings:{max(row.pk for row in rows)}", url, facts)


# --- late -----------------------------------------------------------------------------------------


def remind_late(today: dt.date | None = None) -> int:
    """Tell of findings, points of inspections and appeals whose day has passed: whoever has them,
    then the nearest head above them, once each. Returns how many were told. Safe to run twice."""
    day = today or timezone.localdate()
    heads = next_heads()
    grave = day - dt.timedelta(days=policy("compliance.late_days"))
    letters: list[Letter] = []
    for late in (*_findings(day), *_points(day), *_appeals(day)):
        letters += late.letters(heads(late.unit, late.people) if late.due_on < grave else set())
    return notify_each("compliance.overdue", letters)


@dataclass(frozen=True, slots=True)
class _Late:
    """Something whose day has passed: what it is, where, who has it, its page and words."""

    what: str
    pk: int
    unit: OrgUnit
    people: frozenset[int]
    due_on: dt.date
    url: str
    text: str

    def letters(self, heads: set[int]) -> Iterator[Letter]:
        """One for whoever has it and one for each head; the same row with another day is told
        anew."""
        for person in sorted(self.people | heads):
            mine = person in self.people
            facts = {
                "what": self.what,
                "unit": self.unit.name,
                "text": self.text,
                "due_on": self.due_on,
                "mine": mine,
            }
            key = f"late:{self.what}:{self.pk}:{self.due_on}:{'own' if mine else 'above'}"
            yield Letter(person, key, self.url, facts)


def _findings(day: dt.date) -> Iterator[_Late]:
    rows = Finding.objects.filter(state__in=FINDING_OPEN, owner__isnull=False, due_on__lt=day)
    row: Any
    for row in rows.select_related("unit").order_by("pk"):
        who = frozenset({row.owner_id})
        yield _Late(
            "finding", row.pk, row.unit, who, row.due_on, row.get_absolute_url(), said(row)
        )  # fmt: skip


def _points(day: dt.date) -> Iterator[_Late]:
    rows = InspectionPoint.objects.filter(state=PointState.OPEN, due_on__lt=day)
    for row in rows.select_related("inspection__unit").order_by("pk"):
        seen, who = row.inspection, frozenset({row.owner_id})
        yield _Late("point", row.pk, seen.unit, who, row.due_on, seen.get_absolute_url(), row.text)


def _appeals(day: dt.date) -> Iterator[_Late]:
    """Appeals that nobody decided; due so many days after they were made."""
    allowed = dt.timedelta(days=policy("compliance.appeal_decision_days"))
    rows = Appeal.objects.filter(sanction__state=SanctionState.APPEALED, outcome="")
    for row in rows.select_related("sanction__unit", "sanction__person").order_by("pk"):
        due_on, sanction = timezone.localdate(row.at) + allowed, row.sanction
        if due_on >= day:
            continue
        judges = frozenset(publishers(sanction.unit).values_list("pk", flat=True))
        who = judges - {sanction.person_id, sanction.imposed_by_id}
        url, name = sanction.get_absolute_url(), sanction.person.name
        yield _Late("appeal", row.pk, sanction.unit, who, due_on, url, name)
