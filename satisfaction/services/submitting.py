"""Handing in answers: the one way in for links, QR codes, the device on site and the telephone.

Answers, the use of the link and the end of the draft are one transaction: after a kill there are
all or none of them. Of an anonymous wave nothing is written that could bring an answer and a
person together again: no key, no minute, and the same instant of use on every link.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from psycopg.errors import UniqueViolation

from core.errors import Refused
from core.faults import fault_point
from regions.models import OrgUnit
from satisfaction.models import (
    AskedBy,
    Chosen,
    Item,
    QuestionnaireVersion,
    Rating,
    Remark,
    Response,
    Sample,
    SampleState,
    SurveyDraft,
    SurveyLink,
    Wave,
    WaveState,
)
from satisfaction.privacy import TAKEN_VERSIONS
from satisfaction.services.answering import Answers
from satisfaction.services.answers import SUMMARY, summary_of
from satisfaction.services.links import draft_key, hold_link
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


@transaction.atomic
def submit(
    answers: Answers,
    items: dict[int, Item],
    how: How,
    *,
    token: str = "",
    sample: Sample | None = None,
    on_site: OnSite | None = None,
) -> Response:
    """Store what somebody answered: by the link of `token`, by telephone as `sample`, or `on_site`.

    `items` are all items of the version by key; `answers` were checked against them
    (`satisfaction.services.answering`). Raises Gone when the link, the person or the form has been
    used up, expired, or its wave is not open; ValueError without the notice's version.
    """
    if how.notice_version not in TAKEN_VERSIONS:
        raise ValueError("answers without the version of the privacy notice")
    if on_site is not None:
        response = _on_site_response(on_site, how)
    elif token:
        response = _linked_response(token)
    else:
        response = _called_response(sample, how)
    _write(response, answers, items, how)
    return response


def _linked_response(token: str) -> Response:
    link = hold_link(token)
    if link is None:
        raise Gone
    sample = link.sample
    used_at = instant_of(sample.wave)
    SurveyLink.objects.filter(pk=link.pk).update(used_at=used_at)
    SurveyDraft.objects.filter(key=draft_key(token)).delete()
    return _sample_response(sample, link.channel)


def _called_response(sample: Sample | None, how: How) -> Response:
    rows = Sample.objects.select_related("wave__version", "unit").select_for_update(of=("self",))
    held = rows.filter(pk=sample.pk if sample else 0, wave__state=WaveState.OPEN).first()
    if held is None or held.state == SampleState.ANSWERED or held.wave.is_anonymous:
        raise Gone
    if held.held_by_id != how.by.pk:
        raise Refused(_("Somebody else is calling this person now."))
    return _sample_response(held, AskedBy.PHONE)


def _sample_response(sample: Sample, channel: str) -> Response:
    """The person has answered; the response knows him only where his wave is not anonymous."""
    ends: dict[str, Any] = {"state": SampleState.ANSWERED, "held_by": None, "held_until": None}
    if not sample.wave.is_anonymous:
        ends["answered_on"] = timezone.localdate()
    Sample.objects.filter(pk=sample.pk).update(**ends)
    response = Response(wave=sample.wave, asked_by=channel, stage=sample.stage)
    response.place_in(sample.unit)
    if not sample.wave.is_anonymous:
        response.sample, response.customer_id = sample, sample.customer_id
    return response


def _on_site_response(place: OnSite, how: How) -> Response:
    wave = Wave.objects.select_related("version").filter(pk=place.wave.pk).first()
    if wave is None or wave.state != WaveState.OPEN:
        raise Gone
    response = Response(
        wave=wave, asked_by=AskedBy.ON_SITE, stage=place.stage, sample_no=place.number
    )
    response.place_in(place.unit)
    SurveyDraft.objects.filter(key=place.draft).delete()
    return response


def _write(response: Response, answers: Answers, items: dict[int, Item], how: How) -> None:
    wave = response.wave
    seconds = how.seconds if how.seconds is None or 0 <= how.seconds <= LONGEST else None
    response.is_anonymous = wave.is_anonymous
    response.created_at = response.answered_at = instant_of(wave, day=True)
    if not wave.is_anonymous and how.by is not None:
        response.entered_by, response.interviewer = how.by, how.by.name[:40]
    response.language, response.seconds = how.language, seconds
    response.is_partial, response.notice_version = how.is_partial, how.notice_version
    summary = summary_of(items, answers.ratings)
    for name in SUMMARY:
        setattr(response, name, getattr(summary, name))
    response.flags = flags_of(items, answers.ratings, seconds)
    try:
        response.save(force_insert=True)
    except IntegrityError as error:
        # Its number or its person stands there already: it was handed in a moment ago.
        if isinstance(error.__cause__, UniqueViolation):
            raise Gone from None
        raise
    fault_point("submitting.response")
    _write_answers(response, answers)
    if wave.version.frozen_at is None:
        unfrozen = QuestionnaireVersion.objects.filter(pk=wave.version_id, frozen_at=None)
        unfrozen.update(frozen_at=response.created_at)


def _write_answers(response: Response, answers: Answers) -> None:
    key, wave = response.pk, response.wave_id
    if answers.ratings:
        Rating.objects.bulk_create(
            Rating(
                response_id=key,
                item_id=item,
                wave_id=wave,
                score=given.score,
                importance=given.importance,
                expectation=given.expectation,
            )
            for item, given in answers.ratings.items()
        )
    if answers.remarks:
        Remark.objects.bulk_create(
            Remark(response_id=key, item_id=item, wave_id=wave, text=text)
            for item, text in answers.remarks.items()
        )
    options = [option for chosen in answers.chosen.values() for option in chosen]
    if options:
        Chosen.objects.bulk_create(
            Chosen(response_id=key, option_id=option, wave_id=wave) for option in options
        )


def instant_of(wave: Wave, *, day: bool = False) -> datetime:
    """When something happened, as it may be written down: now; in an anonymous wave a midnight,
    with `day` of today, else the one before the wave was made, the same for everybody."""
    if not wave.is_anonymous:
        return timezone.now()
    moment = timezone.localtime(timezone.now() if day else wave.created_at)
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)
