"""Scoring two million ratings: the first pass beside the bare aggregate of the same answers.

The first pass counts the owners, adds up, computes the figures of all units, stages, items and
indicators, writes and publishes them. The bare aggregate is what nobody can do without: one pass
over the responses and one over the ratings, grouped by unit and owner stage, with what the figures
need of them: counts, means, top-2 shares and importances, but no owners, no tree, no intervals.
The second pass is timed by itself.
"""

import statistics
import time
from collections.abc import Callable

from django.db import connection

from satisfaction.models import Wave
from satisfaction.services.analysing import analyse
from satisfaction.services.scoring import score_wave
from tests.bench import data, servers, survey_data
from tests.bench.data import say
from tests.bench.measure import timed
from tests.bench.targets import SCORING_TO_BARE, Verdict

MOST_ROUNDS = 5
PEOPLE = """
    SELECT unit_id, stage, count(*), avg(overall),
        avg(CASE WHEN overall >= 4 THEN 1.0 ELSE 0 END), count(recommendation),
        count(*) FILTER (WHERE recommendation >= 9), count(*) FILTER (WHERE recommendation <= 6),
        avg(both_score::float8 / nullif(both_importance, 0))
    FROM satisfaction_response WHERE wave_id = 1 AND voided_at IS NULL GROUP BY unit_id, stage"""
RATINGS = """
    SELECT r.unit_id, r.stage, a.item_id, count(a.score), avg(a.score), variance(a.score),
        count(*) FILTER (WHERE a.score >= 4), avg(a.importance),
        avg(a.importance::float8 * r.importances / nullif(r.importance_sum, 0))
    FROM satisfaction_rating a JOIN satisfaction_response r ON r.id = a.response_id
    WHERE a.wave_id = 1 AND r.voided_at IS NULL GROUP BY r.unit_id, r.stage, a.item_id"""


def run(size: int, ratings: int, rounds: int) -> list[Verdict]:
    """The verdict on one database."""
    survey_data.ensure(data.database_of(size), ratings)
    servers.use(data.database_of(size))
    wave = Wave.objects.select_related("version__questionnaire", "unit").get(code=survey_data.WAVE)
    acts: dict[str, Callable[[], object]] = {
        "bare": _bare,
        "score": lambda: score_wave(wave, by=None),
    }
    took: dict[str, list[float]] = {name: [] for name in acts}
    score_wave(wave, by=None)  # counts the owners once and warms up
    for _ in range(min(rounds, MOST_ROUNDS)):
        for name, act in acts.items():
            took[name].append(timed(act)[0] / 1000)
    score, bare = (statistics.median(took[name]) for name in ("score", "bare"))
    began = time.perf_counter()
    wave.refresh_from_db()
    analyse(wave.run)
    say(f"  the second pass took {time.perf_counter() - began:,.0f} s")
    what = "s / bare aggregate"
    scene = f"scoring of {ratings:,} ratings"
    return [Verdict(size, scene, what, score, bare, score / bare, SCORING_TO_BARE)]


def _bare() -> None:
    with connection.cursor() as cursor:
        for statement in (PEOPLE, RATINGS):
            cursor.execute(statement)
            cursor.fetchall()
