"""Answers for the benchmarks: two million ratings in one wave over the units of the archive.

As many answers in a project as its size says, each of nine items rated with its importance; four
owner stages; one in twelve items is left out, as by whom it does not concern. Same number, same
answers.
"""

import itertools
from random import Random
from typing import Any

import psycopg

from core.bulk import copy_rows
from satisfaction.models import Item, ItemRole
from satisfaction.services.answers import SUMMARY, Given, summary_of
from tests.bench import servers
from tests.bench.data import NOW, say, set_sequences, take_off

ITEMS = 9
STAGES = ("owner_to_be", "settling_in", "stable", "long_standing")
OVERALL, RECOMMENDATION = ITEMS + 1, ITEMS + 2
WAVE = "BENCH"
LEFT_OUT = 1 / 12
CHUNK = 20_000
TABLES = ("satisfaction_response", "satisfaction_rating")
RESPONSE_COLUMNS = (
    "id wave_id is_anonymous sample_no stage asked_by interviewer language answered_at is_partial"
    " flags void_reason created_at unit_id region_id city_id project_id "
) + " ".join(SUMMARY)
RATING_COLUMNS = "response_id item_id wave_id score importance expectation"
OUR_TABLES = (
    "satisfaction_questionnaire",
    "satisfaction_wave",
    "satisfaction_indicator",
    *TABLES,
)


def ensure(database: str, ratings: int) -> None:
    """Fill the answers of a database unless they are there. The units are there."""
    with servers.connect(database, "crm_owner") as connection:
        row = connection.execute("SELECT count(*) FROM satisfaction_rating").fetchone()
        if row and row[0] == ratings:
            return
        say(f"{ratings:,} ratings ...")
        connection.execute("SET maintenance_work_mem = '512MB'")
        AnswerLoader(connection, ratings).load()


class AnswerLoader:
    """Fills the tables of answers, as the owner."""

    def __init__(self, connection: psycopg.Connection, ratings: int) -> None:
        self.connection, self.ratings = connection, ratings
        self.random = Random(ratings)
        self.places = connection.execute(
            "SELECT p.id, c.parent_id, p.parent_id FROM regions_orgunit p"
            " JOIN regions_orgunit c ON c.id = p.parent_id WHERE p.kind = 'project' ORDER BY p.id"
        ).fetchall()
        sizes = Random(7)
        self.weights = list(itertools.accumulate(sizes.lognormvariate(0, 1) for _ in self.places))
        self.items = {
            number: Item(pk=number, role=ItemRole.ITEM, low=1, high=5)
            for number in range(1, ITEMS + 1)
        }
        self.items[OVERALL] = Item(pk=OVERALL, role=ItemRole.OVERALL, low=1, high=5)
        self.items[RECOMMENDATION] = Item(
            pk=RECOMMENDATION, role=ItemRole.RECOMMENDATION, low=0, high=10
        )

    def load(self) -> None:
        """Everything, indexes built at the end."""
        with self.connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {', '.join(OUR_TABLES)} CASCADE")
            self._questions(cursor)
            indexes = take_off(cursor, TABLES)
            left, key = self.ratings, itertools.count(1)
            while left:
                left = self._chunk(cursor, key, left)
                say(f"  {self.ratings - left:,} ratings")
            for statement in indexes:
                cursor.execute(statement)
            set_sequences(
                cursor, (*OUR_TABLES, "satisfaction_questionnaireversion", "satisfaction_item")
            )
            cursor.execute("VACUUM ANALYZE")

    def _questions(self, cursor: Any) -> None:
        """One questionnaire of nine items under three touch points, asked in one wave."""
        cursor.execute(
            "INSERT INTO satisfaction_questionnaire (id, code, kind, title, title_en, is_active,"
            " created_at) VALUES (1, %s, 'owners', 'Bench', '', true, %s)",
            [WAVE, NOW],
        )
        cursor.execute(
            "INSERT INTO satisfaction_questionnaireversion (id, questionnaire_id, number, intro,"
            " intro_en, thanks, thanks_en, frozen_at, created_at)"
            " VALUES (1, 1, 1, '', '', '', '', NULL, %s)",
            [NOW],
        )
        cursor.execute(
            "INSERT INTO satisfaction_indicator (id, code, parent_id, level, position, name,"
            " name_en, touch_point, weight, is_active) SELECT n, 'b' || n,"
            " CASE WHEN n = 1 THEN NULL WHEN n < 5 THEN 1 ELSE 2 + (n - 5) %% 3 END,"
            " CASE WHEN n = 1 THEN 1 WHEN n < 5 THEN 2 ELSE 3 END, n, 'b' || n, '', '', n, true"
            " FROM generate_series(1, %s) n",
            [4 + ITEMS],
        )
        columns = (
            "id version_id position role name name_en text text_en is_required allows_unused low"
            " high asks_importance asks_expectation condition_values indicator_id"
        )
        copy_rows(
            cursor,
            "satisfaction_item",
            columns,
            [
                (
                    *(key, 1, key, item.role, f"b{key}", "", "", "", False, False),
                    *(item.low, item.high, key <= ITEMS, False, []),
                    4 + key if key <= ITEMS else None,
                )
                for key, item in self.items.items()
            ],
        )
        cursor.execute("UPDATE satisfaction_questionnaireversion SET frozen_at = %s", [NOW])
        cursor.execute(
            "INSERT INTO satisfaction_wave (id, code, title, unit_id, version_id, state,"
            " is_anonymous, is_standing, excludes_open_cases, left_out, created_at)"
            " SELECT 1, %s, 'Bench', id, 1, 'open', false, false, true, '{}', %s"
            " FROM regions_orgunit WHERE kind = 'group'",
            [WAVE, NOW],
        )

    def _chunk(self, cursor: Any, keys: Any, left: int) -> int:
        """Some thousand answers; returns how many ratings are still to be made."""
        responses, ratings = [], []
        places = self.random.choices(self.places, cum_weights=self.weights, k=CHUNK)
        for unit, region, city in places:
            given = dict(itertools.islice(self._given().items(), left))
            if not given:
                break
            left -= len(given)
            key = next(keys)
            summary = summary_of(self.items, given)
            responses.append(
                (
                    *(key, 1, False, f"S{key}", self.random.choice(STAGES), "agency", "", ""),
                    *(NOW, False, [], "", NOW, unit, region, city, unit),
                    *(getattr(summary, name) for name in SUMMARY),
                )
            )
            ratings += [(key, i, 1, g.score, g.importance, None) for i, g in given.items()]
        copy_rows(cursor, "satisfaction_response", RESPONSE_COLUMNS, responses)
        copy_rows(cursor, "satisfaction_rating", RATING_COLUMNS, ratings)
        return left

    def _given(self) -> dict[int, Given]:
        """What one person gives: his mood lies under all of it."""
        draw = self.random.random
        mood = draw() * 2
        given = {
            OVERALL: Given(1 + int(mood + draw() * 2.9)),
            RECOMMENDATION: Given(int(mood * 3 + draw() * 5)),
        }
        for number in range(1, ITEMS + 1):
            if draw() > LEFT_OUT:
                given[number] = Given(1 + int(mood + draw() * 2.9), 2 + int(draw() * 4))
        return given
