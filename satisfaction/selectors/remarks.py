"""What people wrote: topics with counts and tone, and the words themselves (SAT-09, ADR 0029).

Remarks may name their author by what they tell. They are read with the right to read answers, and
only of units with enough answers. Nothing stands beside them that tells who, when or
from which project.
"""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Func, Q, QuerySet

from satisfaction.models import Remark, Response, UnitScore
from satisfaction.selectors.overview import Question
from satisfaction.selectors.sight import Line, lines_of

READ = "satisfaction.view_response"
SHOWN = 50


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
