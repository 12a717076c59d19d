"""What holds: the value of a rule for a unit on a day.

The nearest unit from this one up to the group that has a version in force decides; without any the
rule's default holds. On a day the latest `effective_from` up to that day counts, then the highest
version. The way up is the tree as it stands today.

All versions are few and are kept in memory (`Snapshot`). One row, the stamp, says whether they are
still true. It is asked at most once in a request or a Celery task, together with the versions if
they changed, so that this is always exactly one query; `policy` itself then costs none. Elsewhere
(commands, tests) it is asked each time, unless `one_reading` spans the work.
"""

import json
import logging
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.utils import timezone

from regions.models import OrgUnit
from regions.policies.registry import Policy, find

log = logging.getLogger(__name__)


class Version(NamedTuple):
    """A stored version: from when, its number, and its JSON (None: back to what is inherited)."""

    effective_from: date
    number: int
    stored: Any


@dataclass
class Snapshot:
    """All versions by key and unit, newest first, as they were under one stamp."""

    stamp: UUID | None = None
    group_id: int | None = None
    versions: dict[str, dict[int, list[Version]]] = field(default_factory=dict)
    paths: dict[int, str] | None = None
    parsed: dict[tuple[str, int, int], Any] = field(default_factory=dict)

    def own(self, key: str, unit_id: int, day: date) -> Version | None:
        """The version of one unit in force on a day; None when it has none or took it back."""
        for version in self.versions.get(key, {}).get(unit_id, ()):
            if version.effective_from <= day:
                return version if version.stored is not None else None
        return None

    def value(self, rule: Policy, unit_id: int, version: Version) -> Any:
        """The value of a version. Raises ValueError or TypeError when its type has changed."""
        place = (rule.key, unit_id, version.number)
        if place not in self.parsed:
            self.parsed[place] = rule.type.from_json(version.stored)
        return self.parsed[place]

    def path(self, unit_id: int) -> str:
        """The path of a unit. Raises LookupError for one that does not exist."""
        if self.paths is None or unit_id not in self.paths:
            self.paths = dict(OrgUnit.objects.values_list("pk", "path"))
        return self.paths[unit_id]


@dataclass(frozen=True)
class Effective:
    """A value with its origin: the unit that says so and since when; None for the default."""

    value: Any
    source_id: int | None = None
    since: date | None = None
    version: int | None = None


_shared = Snapshot()
_local = threading.local()

READ = """
    SELECT s.stamp, s.group_id, v.key, v.unit_id, v.effective_from, v.version, v.value::text
    FROM (
        SELECT (SELECT stamp FROM regions_policystamp WHERE id = 1) AS stamp,
               (SELECT id FROM regions_orgunit WHERE kind = 'group') AS group_id
    ) AS s
    LEFT JOIN regions_policyvalue AS v ON s.stamp IS NULL OR s.stamp IS DISTINCT FROM %s
    ORDER BY v.key, v.unit_id, v.effective_from DESC, v.version DESC"""


def policy(key: str, unit: OrgUnit | int | None = None, on: date | None = None) -> Any:
    """The value of a rule for a unit (None: the group) on a day (None: today).

    Raises LookupError for a key that nobody registered and for a unit that does not exist.
    """
    return effective(key, unit, on).value


def effective(key: str, unit: OrgUnit | int | None = None, on: date | None = None) -> Effective:
    """As `policy`, with the origin of the value."""
    rule, snapshot = find(key), current()
    day = on or timezone.localdate()
    for unit_id in reversed(_line(unit if rule.differs_below else None, snapshot)):
        version = snapshot.own(key, unit_id, day)
        if version is None:
            continue
        try:
            value = snapshot.value(rule, unit_id, version)
        except (TypeError, ValueError):
            # A release changed the type: what is above still holds, and the operator must know.
            log.error("policy %s of unit %s, version %s: not read", key, unit_id, version.number)
            continue
        return Effective(value, unit_id, version.effective_from, version.number)
    return Effective(rule.default)


def _line(unit: OrgUnit | int | None, snapshot: Snapshot) -> list[int]:
    """Keys from the group down to the unit; for no unit the group alone."""
    if unit is None:
        return [snapshot.group_id] if snapshot.group_id is not None else []
    path = unit.path if isinstance(unit, OrgUnit) else snapshot.path(unit)
    return [int(part) for part in path.strip("/").split("/")]


def current() -> Snapshot:
    """The versions as this request or task sees them."""
    held: Snapshot | None = getattr(_local, "snapshot", None)
    if held is not None:
        return held
    snapshot = _read()
    if getattr(_local, "spanned", False):
        _local.snapshot = snapshot
    return snapshot


def _read() -> Snapshot:
    """The shared snapshot if its stamp still holds, else a new one. One query either way."""
    global _shared
    with connection.cursor() as cursor:
        cursor.execute(READ, [_shared.stamp])
        found = cursor.fetchall()
    stamp, group_id = found[0][:2]
    if stamp is not None and stamp == _shared.stamp:
        return _shared
    versions: dict[str, dict[int, list[Version]]] = defaultdict(lambda: defaultdict(list))
    for _stamp, _group, key, unit_id, effective_from, number, stored in found:
        if key is not None:
            value = None if stored is None else json.loads(stored)
            versions[key][unit_id].append(Version(effective_from, number, value))
    _shared = Snapshot(stamp, group_id, {key: dict(units) for key, units in versions.items()})
    return _shared


def begin(**kwargs: Any) -> None:
    """A request or task begins: the first question reads the stamp, later ones do not."""
    _local.spanned, _local.snapshot = True, None


def end(**kwargs: Any) -> None:
    """A request or task ended."""
    _local.spanned, _local.snapshot = False, None


def forget() -> None:
    """Something was changed here: the next question reads the stamp again."""
    _local.snapshot = None


@contextmanager
def one_reading() -> Iterator[None]:
    """Within the block the stamp is read once, for commands and jobs that ask often.

    Inside a request or task, which read it once anyway, it changes nothing.
    """
    if getattr(_local, "spanned", False):
        yield
        return
    begin()
    try:
        yield
    finally:
        end()
