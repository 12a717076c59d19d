"""What the remarks of a wave are about (SAT-09)."""

from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from regions.models import OrgUnit
from satisfaction.lexicon import Topic
from satisfaction.models import Wave

EXAMPLES = 3
SQL = """
    SELECT t.topic, count(*), count(*) FILTER (WHERE m.tone > 0),
        count(*) FILTER (WHERE m.tone < 0),
        (array_agg(m.text ORDER BY m.tone, length(m.text) DESC, m.id))[1:%(examples)s],
        (array_agg(m.text ORDER BY m.tone DESC, length(m.text) DESC, m.id))[1]
    FROM satisfaction_remark m
    JOIN satisfaction_response r ON r.id = m.response_id
    CROSS JOIN unnest(m.topics) AS t (topic)
    WHERE m.wave_id = %(wave)s AND r.voided_at IS NULL AND r.unit_id = ANY(%(units)s)
        AND (%(stage)s = '' OR r.stage = %(stage)s)
    GROUP BY t.topic
"""
TONES = """
    SELECT count(*), count(*) FILTER (WHERE m.tone > 0), count(*) FILTER (WHERE m.tone < 0),
        count(*) FILTER (WHERE m.tone IS NULL)
    FROM satisfaction_remark m
    JOIN satisfaction_response r ON r.id = m.response_id
    WHERE m.wave_id = %(wave)s AND r.voided_at IS NULL AND r.unit_id = ANY(%(units)s)
        AND (%(stage)s = '' OR r.stage = %(stage)s)
"""


@dataclass(frozen=True, slots=True)
class TopicCount:
    """How many remarks are about a topic, how they sound, and some of them."""

    topic: str
    count: int
    positive: int
    negative: int
    examples: list[str] = field(default_factory=list)

    @property
    def label(self) -> str:
        """The topic in the reader's language."""
        return str(Topic(self.topic).label)

    @property
    def neutral(self) -> int:
        return self.count - self.positive - self.negative


@dataclass(frozen=True, slots=True)
class RemarkCount:
    """All remarks of a unit by their tone; `unread` came in after the last scoring."""

    count: int
    positive: int
    negative: int
    unread: int


def topics_of(wave: Wave, unit: OrgUnit, stage: str = "") -> list[TopicCount]:
    """Topics of the remarks below a unit, of one owner stage or of all, the most frequent first.

    Of each some discontent remarks as examples, else whatever was said at most length. Whoever
    shows them hides them where too few people answered (policy `satisfaction.minimum_n`).
    """
    known = set(Topic.values)
    found = [
        TopicCount(topic, count, positive, negative, _examples(worst, best))
        for topic, count, positive, negative, worst, best in _rows(SQL, wave, unit, stage)
        if topic in known
    ]
    return sorted(found, key=lambda one: (-one.count, one.topic))


def tones_of(wave: Wave, unit: OrgUnit, stage: str = "") -> RemarkCount:
    """The remarks below a unit by their tone."""
    return RemarkCount(*_rows(TONES, wave, unit, stage)[0])


def _examples(worst: list[str], best: str) -> list[str]:
    return list(dict.fromkeys([*worst, best]))[: EXAMPLES + 1]


def _rows(sql: str, wave: Wave, unit: OrgUnit, stage: str) -> list[tuple]:
    units = OrgUnit.objects.below(unit).values_list("pk", flat=True)
    facts: dict[str, Any] = {
        "wave": wave.pk,
        "units": list(units),
        "stage": stage,
        "examples": EXAMPLES,
    }
    with connection.cursor() as cursor:
        cursor.execute(sql, facts)
        return cursor.fetchall()
