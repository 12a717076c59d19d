"""Surveys of the demonstration: two halves of a year that were asked and scored, and the present
one: drawn, open, answered in part."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from random import Random
from typing import Any

from core.bulk import copy_rows, next_ids
from core.values.dates import CHINA
from customers.demo.parts import Scene
from customers.models import CustomerUnit
from regions.models import Kind, OrgUnit
from satisfaction.demo.answers import Sheet, Voices
from satisfaction.models import (
    AskedBy,
    Item,
    Option,
    Questionnaire,
    QuestionnaireKind,
    QuestionnaireVersion,
    Sample,
    SampleState,
    Wave,
    WaveState,
)
from satisfaction.selectors.questionnaires import asked_of
from satisfaction.services.answers import SUMMARY, summary_of
from satisfaction.services.drawing import draw, replace_dropped
from satisfaction.services.library import create_from_library
from satisfaction.services.population import count_owners, with_stage
from satisfaction.services.quotas import allocate, set_quotas
from satisfaction.services.scoring import score_wave
from satisfaction.services.scoring_jobs import ask_for_analysis
from satisfaction.services.tones import read_remarks
from satisfaction.services.waves import open_wave

CODE = "DEMO-"
WANTED = 1000
ANSWERED, REFUSED, OPENED = 0.55, 0.06, 0.04
FRESH = 0.05
ASKED = (AskedBy.LINK, AskedBy.LINK, AskedBy.LINK, AskedBy.QR, AskedBy.PHONE, AskedBy.ON_SITE)
RESPONSE = (
    "id wave_id is_anonymous customer_id sample_id sample_no stage asked_by interviewer language "
    "answered_at seconds is_partial flags void_reason created_at unit_id region_id city_id "
    "project_id "
) + " ".join(SUMMARY)


@dataclass(frozen=True, slots=True)
class Asked:
    """Somebody who answers, and about what; `sample` where he was drawn."""

    unit: int
    region: int | None
    city: int | None
    project: int | None
    stage: str
    customer: int | None = None
    sample: int | None = None


def write_waves(cursor: Any, scene: Scene) -> dict[str, int]:
    """All of it; returns how many rows of each kind."""
    random = Random(scene.seed + 11)  # noqa: S311  invented data
    version = _version()
    today = scene.now.astimezone(CHINA).date()
    this = dt.date(today.year, 7 if today.month > 6 else 1, 1)
    counts: Counter[str] = Counter()
    for back, drift, most in ((2, -0.12, 14), (1, -0.04, 46)):
        first = _halves_before(this, back)
        wave = _past_wave(version, first)
        people = _people_of(wave, first + dt.timedelta(days=60), most, random)
        _write_answers(cursor, wave, people, Voices(random, asked_of(version), drift), random)
        count_owners(wave, first + dt.timedelta(days=60))
        _score(wave)
        counts["waves"] += 1
        counts["responses"] += len(people)
    wave = _present_wave(version, this, today, scene)
    people = _some_answer(wave, random)
    _write_answers(cursor, wave, people, Voices(random, asked_of(version)), random)
    _score(wave)
    counts["waves"] += 1
    counts["responses"] += len(people)
    counts["samples"] = Sample.objects.filter(wave=wave).count()
    return dict(counts)


def _score(wave: Wave) -> None:
    """The figures at once; the second pass is a worker's, as soon as there is one."""
    read_remarks(wave)
    ask_for_analysis(score_wave(wave, by=None))


def _version() -> QuestionnaireVersion:
    """Everything an owner may meet, asked of all stages."""
    row = create_from_library("settling-in", by=None)
    Questionnaire.objects.filter(pk=row.pk).update(
        code=f"{CODE}owners",
        kind=QuestionnaireKind.OWNERS,
        title="业主满意度调查",
        title_en="Survey of home owners",
    )
    return row.versions.get()


def _halves_before(first: dt.date, count: int) -> dt.date:
    months = first.year * 12 + first.month - 1 - 6 * count
    return dt.date(months // 12, months % 12 + 1, 1)


def _name(first: dt.date) -> tuple[str, str]:
    half = 1 if first.month == 1 else 2
    return (
        f"{CODE}{first.year}-H{half}",
        f"{first.year} {'上' if half == 1 else '下'}半年业主满意度",
    )


def _past_wave(version: QuestionnaireVersion, first: dt.date) -> Wave:
    code, title = _name(first)
    return Wave.objects.create(
        code=code,
        title=title,
        unit=OrgUnit.objects.get(kind=Kind.GROUP),
        version=version,
        state=WaveState.CLOSED,
        opens_on=first + dt.timedelta(days=60),
        closes_on=first + dt.timedelta(days=90),
    )


def _people_of(wave: Wave, day: dt.date, most: int, random: Random) -> list[Asked]:
    """Owners of a day, up to `most` a project; some projects hardly answer."""
    places = CustomerUnit.objects.filter(unit__in=OrgUnit.objects.below(wave.unit))
    rows = (
        with_stage(places, day)
        .order_by("pk")
        .values_list(
            *("unit_id", "region_id", "city_id", "project_id", "owner_stage", "customer_id")
        )
    )
    by_unit: dict[int, list[Asked]] = {}
    for row in rows:
        by_unit.setdefault(row[0], []).append(Asked(*row))
    return [
        one
        for people in by_unit.values()
        for one in random.sample(people, min(len(people), random.randint(most // 3, most)))
    ]


def _present_wave(
    version: QuestionnaireVersion, first: dt.date, today: dt.date, scene: Scene
) -> Wave:
    """Drawn and opened as the pages do it."""
    code, title = _name(first)
    wave = Wave.objects.create(
        code=code,
        title=title,
        unit=OrgUnit.objects.get(kind=Kind.GROUP),
        version=version,
        opens_on=today - dt.timedelta(days=12),
        closes_on=today + dt.timedelta(days=16),
        excluded_days=90,
        reminder_days=5,
        expected_response=60,
        reserve_share=20,
        created_by_id=scene.chosen["section-administrator"].key,
    )
    count_owners(wave, today)
    owners = {
        (unit, stage): count
        for unit, stage, count in wave.population.values_list("unit_id", "stage", "owners")
    }
    set_quotas(wave, allocate(owners, WANTED, 2), by=None)
    draw(wave, by=None, seed=20_000_000 + scene.seed, now=scene.now - dt.timedelta(days=13))
    open_wave(wave, by=None, today=today)
    return wave


def _some_answer(wave: Wave, random: Random) -> list[Asked]:
    """More than half have answered, some refused and reserves stepped in, the rest were invited."""
    rows = Sample.objects.filter(wave=wave, state=SampleState.DRAWN).order_by("pk")
    states: dict[str, list[int]] = {}
    found: list[Asked] = []
    for key, unit, region, city, project, stage, customer in rows.values_list(
        *("pk", "unit_id", "region_id", "city_id", "project_id", "stage", "customer_id")
    ):
        lot = random.random()
        state: str
        if lot < ANSWERED:
            state = SampleState.ANSWERED
            found.append(Asked(unit, region, city, project, stage, customer, key))
        elif lot < ANSWERED + REFUSED:
            state = SampleState.REFUSED
        else:
            state = SampleState.OPENED if lot > 1 - OPENED else SampleState.INVITED
        states.setdefault(state, []).append(key)
    start = dt.datetime.combine(wave.opens_on or dt.date.today(), dt.time(9), CHINA)  # noqa: DTZ011
    for state, keys in states.items():
        Sample.objects.filter(pk__in=keys).update(state=state, invited_at=start)
    Sample.objects.filter(pk__in=states[SampleState.ANSWERED]).update(
        answered_on=start.date() + dt.timedelta(days=3)
    )
    replace_dropped(wave, by=None)
    return found


def _write_answers(
    cursor: Any, wave: Wave, people: list[Asked], voices: Voices, random: Random
) -> None:
    items = {item.pk: item for item in voices.items}
    options = {(one.item_id, one.position): one.pk for one in Option.objects.filter(item__in=items)}
    sheets = [voices.sheet(one.city or 0, one.unit) for one in people]
    keys = next_ids(cursor, "satisfaction_response", len(people))
    start = dt.datetime.combine(wave.opens_on or dt.date.today(), dt.time(9), CHINA)  # noqa: DTZ011
    rows = [
        _response(wave, key, one, sheet, items, start, random)
        for key, one, sheet in zip(keys, people, sheets, strict=True)
    ]
    copy_rows(cursor, "satisfaction_response", RESPONSE, rows)
    pairs = list(zip(keys, sheets, strict=True))
    copy_rows(
        cursor,
        "satisfaction_rating",
        "response_id item_id wave_id score importance expectation",
        ((key, item, wave.pk, *astuple(g)) for key, s in pairs for item, g in s.given.items()),
    )
    copy_rows(
        cursor,
        "satisfaction_remark",
        "response_id item_id wave_id text",
        ((key, item, wave.pk, text) for key, s in pairs for item, text in s.remarks.items()),
    )
    copy_rows(
        cursor,
        "satisfaction_chosen",
        "response_id option_id wave_id",
        _chosen(pairs, options, wave),
    )


def _chosen(
    pairs: Iterable[tuple[int, Sheet]], options: dict[tuple[int, int], int], wave: Wave
) -> Iterable[tuple[int, int, int]]:
    for key, sheet in pairs:
        for item, positions in sheet.chosen.items():
            for position in positions:
                yield key, options[item, position], wave.pk


def _response(
    wave: Wave,
    key: int,
    one: Asked,
    sheet: Sheet,
    items: dict[int, Item],
    start: dt.datetime,
    random: Random,
) -> tuple[Any, ...]:
    summary = summary_of(items, sheet.given)
    # What came within a week is followed up (services.loop): a handful, not hundreds of cases.
    days = 11 if random.random() < FRESH else 4
    at = start + dt.timedelta(minutes=random.randrange(days * 24 * 60))
    channel = random.choice(ASKED)
    interviewer = f"F{random.randint(1, 9):02}" if channel == AskedBy.PHONE else ""
    return (
        *(key, wave.pk, False, one.customer, one.sample, "", one.stage),
        *(channel, interviewer, "zh-hans", at, random.randint(70, 420), False, [], "", at),
        *(one.unit, one.region, one.city, one.project),
        *(getattr(summary, name) for name in SUMMARY),
    )
