"""How far a wave is: answers against quotas by unit and owner stage, rates, channels (SAT-04).

Everything is counted in the units that the reader reaches, by a fixed number of queries however
many units there are. The rates are defined in docs/satisfaction.md.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Count, Q
from django.utils import timezone

from core.ratios import ratio
from customers.models import OwnerStage
from regions.models import OrgUnit
from satisfaction.models import Flag, Quota, Response, Sample, SampleState, Wave, WaveState

VIEW = "satisfaction.view_wave"
STAGES: tuple[str, ...] = (*OwnerStage.values, "")
BEHIND = 0.7  # of the share that the whole wave has reached
UNDER_WAY = 0.1  # a wave that has less says nothing of its parts yet
Cell = tuple[int, str]


@dataclass(slots=True)
class Figures:
    """People and answers of a unit, or of one of its stages."""

    wanted: int = 0
    complete: int = 0
    partial: int = 0
    states: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Figures") -> None:
        self.wanted += other.wanted
        self.complete += other.complete
        self.partial += other.partial
        self.states.update(other.states)

    @property
    def drawn(self) -> int:
        """Everybody on the list except reserves and those who turned out not to belong to it."""
        gone = self.states[SampleState.RESERVE] + self.states[SampleState.DROPPED]
        return self.states.total() - gone

    @property
    def answered(self) -> int:
        return self.states[SampleState.ANSWERED]

    @property
    def refused(self) -> int:
        return self.states[SampleState.REFUSED]

    @property
    def response_rate(self) -> float | None:
        return ratio(self.answered, self.drawn)

    @property
    def refusal_rate(self) -> float | None:
        return ratio(self.refused, self.drawn)

    @property
    def completion_rate(self) -> float | None:
        """Complete answers of all that were begun."""
        begun = self.complete + self.partial + self.states[SampleState.OPENED]
        return ratio(self.complete, begun)

    @property
    def share(self) -> float | None:
        """Of the answers wanted."""
        return ratio(self.complete, self.wanted)


@dataclass(slots=True)
class Line:
    """A unit of the matrix: its figures by stage and together."""

    unit: OrgUnit
    cells: dict[str, Figures]
    total: Figures


@dataclass(slots=True)
class Cockpit:
    """What the page of a wave shows of one unit and those directly below it."""

    unit: OrgUnit
    lines: list[Line]
    stages: list[str]
    cells: dict[str, Figures]
    total: Figures
    channels: dict[str, int]
    flags: dict[str, int]
    today: int
    replaced: int
    before: Figures | None


def roots_of(user: Any, wave: Wave) -> list[OrgUnit]:
    """Where a reader begins: the unit of the wave, or the topmost ones below it in his reach."""
    seen = OrgUnit.objects.visible_to(user, VIEW)
    below = list(seen.filter(path__startswith=wave.unit.path).in_tree_order())
    keys = {unit.pk for unit in below}
    return [unit for unit in below if unit.parent_id not in keys]


def cockpit_of(user: Any, wave: Wave, unit: OrgUnit, *, today: date | None = None) -> Cockpit:
    """The figures of a wave in the branch of a unit that the reader reaches."""
    branch = list(
        OrgUnit.objects.visible_to(user, VIEW).filter(path__startswith=unit.path).in_tree_order()
    )
    keys = [one.pk for one in branch]
    cells, replaced = _cells(wave, keys)
    channels, flags, fresh = _answers(wave, keys, cells, today or timezone.localdate())
    lines = _lines(unit, branch, cells)
    sums = _by_stage(line.cells for line in lines)
    return Cockpit(
        unit=unit,
        lines=lines,
        stages=[stage for stage in STAGES if stage in sums],
        cells=sums,
        total=_sum(sums.values()),
        channels=channels,
        flags=flags,
        today=fresh,
        replaced=replaced,
        before=_last_wave(wave, keys),
    )


def _cells(wave: Wave, units: list[int]) -> tuple[dict[Cell, Figures], int]:
    """Quotas and people by project and stage; and how many reserves stepped in."""
    cells: dict[Cell, Figures] = {}
    for row in Quota.objects.filter(wave=wave, unit__in=units):
        cells.setdefault((row.unit_id, row.stage), Figures()).wanted = row.wanted
    whole = {unit for unit, stage in cells if stage == ""}
    replaced = 0
    people = Sample.objects.filter(wave=wave, unit__in=units).order_by()
    rows = people.values_list("unit", "stage", "state").annotate(
        count=Count("pk"), stepped_in=Count("replaces")
    )
    for unit, stage, state, count, stepped_in in rows:
        key = (unit, "" if unit in whole else stage)
        cells.setdefault(key, Figures()).states[state] += count
        replaced += stepped_in
    return cells, replaced


def _answers(
    wave: Wave, units: list[int], cells: dict[Cell, Figures], day: date
) -> tuple[dict[str, int], dict[str, int], int]:
    """Add the answers to the cells; returns them by channel, how many bear which flag, and how
    many came in on a day."""
    whole = {unit for unit, stage in cells if stage == "" and cells[unit, stage].wanted}
    channels: Counter[str] = Counter()
    flags: Counter[str] = Counter()
    fresh = 0
    rows = Response.objects.counted().filter(wave=wave, unit__in=units).order_by()
    groups = rows.values_list("unit", "stage", "asked_by", "is_partial").annotate(
        count=Count("pk"),
        fresh=Count("pk", filter=Q(answered_at__date=day)),
        **{flag: Count("pk", filter=Q(flags__contains=[flag])) for flag in Flag.values},
        flagged=Count("pk", filter=~Q(flags=[])),
    )
    for unit, stage, channel, partial, count, new, *marks in groups:
        cell = cells.setdefault((unit, "" if unit in whole else stage), Figures())
        if partial:
            cell.partial += count
        else:
            cell.complete += count
        channels[channel] += count
        fresh += new
        for flag, number in zip((*Flag.values, "any"), marks, strict=True):
            flags[flag] += number
    return dict(channels), dict(flags), fresh


def _lines(unit: OrgUnit, branch: list[OrgUnit], cells: Mapping[Cell, Figures]) -> list[Line]:
    """The units directly below, each with all that lies under it; a project alone is one line."""
    children = [one for one in branch if one.parent_id == unit.pk]
    over: dict[int, OrgUnit] = {unit.pk: unit}
    for child in children:
        over |= {one.pk: child for one in branch if one.path.startswith(child.path)}
    lines: dict[int, Line] = {}
    for (key, stage), figures in cells.items():
        top = over[key]
        line = lines.setdefault(top.pk, Line(top, {}, Figures()))
        line.cells.setdefault(stage, Figures()).add(figures)
        line.total.add(figures)
    return [lines[one.pk] for one in (unit, *children) if one.pk in lines]


def _by_stage(rows: Iterable[Mapping[str, Figures]]) -> dict[str, Figures]:
    sums: dict[str, Figures] = {}
    for cells in rows:
        for stage, figures in cells.items():
            sums.setdefault(stage, Figures()).add(figures)
    return sums


def _sum(figures: Iterable[Figures]) -> Figures:
    total = Figures()
    for one in figures:
        total.add(one)
    return total


def _last_wave(wave: Wave, units: list[int]) -> Figures | None:
    """People of the wave before this one of the same unit and questionnaire, in these units."""
    if wave.opens_on is None:
        return None
    earlier = Wave.objects.filter(
        unit=wave.unit_id,
        version__questionnaire=wave.version.questionnaire_id,
        state=WaveState.CLOSED,
        opens_on__lt=wave.opens_on,
        is_standing=False,
    ).order_by("-opens_on", "-pk")
    rows = Sample.objects.filter(wave=earlier.values("pk")[:1], unit__in=units).order_by()
    states = Counter(dict(rows.values_list("state").annotate(count=Count("pk"))))
    return Figures(states=states) if states else None
