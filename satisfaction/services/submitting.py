"""Handing in answers: the one way in for links, QR codes, the device on site and the telephone.

Answers, the use of the link and the end of the draft are one statement (`storing`): after a kill
there are all or none of them. Of an anonymous wave nothing is written that could bring an answer
and a person together again: no key, no minute, and the same instant of use on every link.
"""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from psycopg.errors import UniqueViolation

from core.errors import Refused
from regions.models import OrgUnit
from satisfaction.models import Item, Sample, SampleState, Wave
from satisfaction.privacy import TAKEN_VERSIONS
from satisfaction.services import storing
from satisfaction.services.answering import Answers
from satisfaction.services.answers import SUMMARY, summary_of
from satisfaction.services.links import draft_key, link_hash
from satisfaction.services.quality import flags_of

LONGEST = 24 * 3600  # seconds; what took longer was left lying


class Gone(Refused):
    """There is nothing to answer here any more, for whatever reason."""

    def __init__(self) -> None:
        super().__init__(_("This link was used or has expired. Thank you for your interest."))


@dataclass(frozen=True, slots=True)
class OnSite:
    """Where the device was handed over: in a project of a wave, perhaps to owners of one stage.
    `number` is the form's own, so that one form is handed in once."""

    wave: Wave
    unit: OrgUnit
    number: str
    stage: str = ""
    draft: bytes = b""


@dataclass(frozen=True, slots=True)
class How:
    """How answers came about (paradata). `seconds` from the first page to the last; `by` is the
    member of staff who asked or handed the device over."""

    notice_version: str
    language: str = ""
    seconds: int | None = None
    is_partial: bool = False
    by: Any = None


def submit(
    answers: Answers,
    items: dict[int, Item],
    how: How,
    *,
    token: str = "",
    sample: Sample | None = None,
    on_site: OnSite | None = None,
) -> int:
    """Store what somebody answered: by the link of `token`, by telephone as `sample`, or `on_site`.

    `items` are all items of the version by key; `answers` were checked against them
    (`satisfaction.services.answering`). Returns the key of the response. Raises Gone when the link,
    the person or the form has been used up, expired, or its wave is not open; ValueError without
    the notice's version.
    """
    if how.notice_version not in TAKEN_VERSIONS:
        raise ValueError("answers without the version of the privacy notice")
    values = _said(answers, items, how)
    with _all_or_nothing():
        if on_site is not None:
            row = storing.ON_SITE.row(**_visited(on_site), **values)
        elif token:
            row = storing.BY_LINK.row(token_hash=link_hash(token), draft=draft_key(token), **values)
        else:
            row = _store_call(sample, how, values)
    if row is None:
        raise Gone
    return row[0]


@contextmanager
def _all_or_nothing() -> Iterator[None]:
    """A statement alone is a transaction; inside another one it needs a savepoint, so that the
    caller can go on after a refusal."""
    try:
        with transaction.atomic() if connection.in_atomic_block else nullcontext():
            yield
    except IntegrityError as error:
        # Its number or its person stands there already: it was handed in a moment ago.
        if isinstance(error.__cause__, UniqueViolation):
            raise Gone from None
        raise


@transaction.atomic
def _store_call(sample: Sample | None, how: How, values: dict[str, Any]) -> tuple[Any, ...] | None:
    """Store it for the interviewer who holds the person."""
    held = Sample.objects.select_for_update().filter(pk=sample.pk if sample else 0).first()
    if held is None or held.state == SampleState.ANSWERED:
        raise Gone
    if held.held_by_id != how.by.pk:
        raise Refused(_("Somebody else is calling this person now."))
    return storing.BY_PHONE.row(sample=held.pk, draft=None, **values)


def _visited(place: OnSite) -> dict[str, Any]:
    region, city, project = place.unit.scope_columns()
    return {
        **{"wave": place.wave.pk, "unit": place.unit.pk, "stage": place.stage},
        **{"region": region, "city": city, "project": project},
        **{"number": place.number, "draft": place.draft},
    }


def _said(answers: Answers, items: dict[int, Item], how: How) -> dict[str, Any]:
    """What was answered and how, as the statement takes it."""
    now = timezone.now()
    today = timezone.localtime(now)
    given = list(answers.ratings.values())
    seconds = how.seconds if how.seconds is None or 0 <= how.seconds <= LONGEST else None
    summary = summary_of(items, answers.ratings)
    return {
        "now": now,
        "midnight": today.replace(hour=0, minute=0, second=0, microsecond=0),
        "today": today.date(),
        "zone": timezone.get_current_timezone_name(),
        "by": how.by.pk if how.by is not None else None,
        "interviewer": how.by.name[:40] if how.by is not None else "",
        "language": how.language,
        "seconds": seconds,
        "is_partial": how.is_partial,
        "notice_version": how.notice_version,
        "flags": flags_of(items, answers.ratings, seconds),
        **{name: getattr(summary, name) for name in SUMMARY},
        "rated": list(answers.ratings),
        "scores": [one.score for one in given],
        "importance": [one.importance for one in given],
        "expectation": [one.expectation for one in given],
        "remarked": list(answers.remarks),
        "remarks": list(answers.remarks.values()),
        "options": [option for chosen in answers.chosen.values() for option in chosen],
    }
