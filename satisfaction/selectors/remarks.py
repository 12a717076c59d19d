"""What people wrote: topics with counts and tone, and the words themselves (SAT-09, ADR 0029).

Remarks may name their author by what they tell. They are read with the right to read answers, and
only of units with enough answers. Nothing stands beside them that tells who, when or
from which project.
"""

from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Count, Exists, F, Func, OuterRef, Q, QuerySet

from core.words import containing_all
from satisfaction.models import Remark, Response, UnitScore
from satisfaction.selectors.overview import Question
from satisfaction.selectors.sight import Line, lines_of

READ = "satisfaction.view_response"
SHOWN = 50
LOOKED_AT = 500  # remarks that a search reads at most, the latest ones


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic with how many remarks are about it, by tone."""

    code: str
    count: int
    good: int
    bad: int

    @property
    def neutral(self) -> int:
        return self.count - self.good - self.bad


@dataclass(frozen=True, slots=True)
class Said:
    """A text with its tone (None: not read yet), its topics, and how often it was said."""

    text: str
    tone: int | None
    topics: list[str]
    count: int


@dataclass(frozen=True, slots=True)
class Asked:
    """A search among remarks."""

    topic: str = ""
    tone: int | None = None
    words: str = ""


def remarks_of(reader: Any, question: Question) -> tuple[Line | None, QuerySet[Remark]]:
    """The unit as the reader sees it, and the remarks of its projects with enough answers."""
    lines = lines_of([question.scoring], reader, Q(unit=question.unit), question.stage)
    line = lines[0] if lines else None
    if line is None or line.hidden:
        return line, Remark.objects.none()
    answers = Response.objects.visible_to(reader, READ).counted().filter(wave=question.wave)
    column = question.unit.scope_column()
    if column is not None:
        answers = answers.filter(**{column: question.unit.pk})
    if question.stage:
        answers = answers.filter(stage=question.stage)
    scores = UnitScore.objects.filter(run=question.scoring, shown=True)
    readable = scores.filter(stage=question.stage)
    answers = answers.filter(unit__in=readable.values("unit"))
    rows = Remark.objects.filter(wave=question.wave, response__in=answers).exclude(text="")
    return line, rows


def count_topics(remarks: QuerySet[Remark]) -> list[Topic]:
    """Topics, the most frequent first. One query."""
    topic = Func(F("topics"), function="unnest")
    found = (
        remarks.filter(topics__len__gt=0)
        .annotate(topic=topic)
        .values("topic")
        .annotate(
            count=Count("pk"),
            good=Count("pk", filter=Q(tone=1)),
            bad=Count("pk", filter=Q(tone=-1)),
        )
        .order_by("-count", "topic")
    )
    return [Topic(one["topic"], one["count"], one["good"], one["bad"]) for one in found]


def examples_of(remarks: QuerySet[Remark], asked: Asked) -> list[Said]:
    """What was asked for, each text once with how often it was said, the most frequent first: in no
    order that tells when it came, and without the project it came from. One query."""
    if asked.topic:
        remarks = remarks.filter(topics__contains=[asked.topic])
    if asked.tone is not None:
        remarks = remarks.filter(tone=asked.tone)
    if asked.words:
        remarks = remarks.filter(text__icontains=asked.words)
    found = remarks.values("text", "tone", "topics").annotate(count=Count("pk"))
    rows = found.order_by("-count", "text")[: SHOWN + 1]
    return [Said(one["text"], one["tone"], one["topics"] or [], one["count"]) for one in rows]


@dataclass(frozen=True, slots=True)
class Told:
    """A text with the code of the latest wave it was said in, and how often it was said."""

    pk: int
    text: str
    wave: str
    count: int


def search_remarks(reader: Any, pieces: list[str]) -> list[Told]:
    """Remarks with all these pieces, of waves that have figures and of projects with enough answers
    in them, each text once, the most frequent first: as on the page of a unit, nothing tells who
    or which project. One query over at most LOOKED_AT remarks.
    """
    figures = UnitScore.objects.visible_to(reader).filter(
        run=OuterRef("wave__run"), unit=OuterRef("response__unit"), stage="", shown=True
    )
    answers = Response.objects.visible_to(reader, READ).counted()
    rows = containing_all(Remark.objects.all(), "text", pieces).filter(
        Exists(figures), response__in=answers
    )
    found: dict[str, Told] = {}
    latest = rows.order_by("-pk").values_list("pk", "text", "wave__code")[:LOOKED_AT]
    for pk, text, wave in latest:
        known = found.get(text)
        found[text] = (
            Told(pk, text, wave, 1) if known is None else replace(known, count=known.count + 1)
        )
    return sorted(found.values(), key=lambda one: (-one.count, one.text))
