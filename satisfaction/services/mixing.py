"""Taking away from anonymous waves what the database keeps besides its columns (SAT-04).

A row of PostgreSQL bears the transaction that wrote it, and stands behind the row that was written
before it. An answer and the sample that turned to "answered" come from one transaction, so for a
while somebody who reads these system columns could bring the two together. Writing the samples and
links anew, all in one transaction and in random order, ends that.
"""

import secrets
from typing import Any

from django.db import connection, transaction

from satisfaction.models import Wave

_SAMPLES = """
SELECT s.id, s.xmin::text FROM satisfaction_sample s
WHERE s.wave_id = %s AND s.state = 'answered'
"""
_LINKS = """
SELECT l.id, l.xmin::text FROM satisfaction_surveylink l
JOIN satisfaction_sample s ON s.id = l.sample_id WHERE s.wave_id = %s AND l.used_at IS NOT NULL
"""


def mix_anonymous_waves() -> int:
    """Mix every anonymous wave that was answered since it was mixed last. Returns how many rows
    were written anew."""
    return sum(mix_wave(wave) for wave in Wave.objects.filter(is_anonymous=True))


@transaction.atomic
def mix_wave(wave: Wave) -> int:
    """The same for one wave; 0 when nothing was answered since."""
    with connection.cursor() as cursor:
        samples, links = _rows(cursor, _SAMPLES, wave), _rows(cursor, _LINKS, wave)
        if len({writer for _key, writer in samples + links}) <= 1:
            return 0
        _write_anew(cursor, "UPDATE satisfaction_sample SET state = state WHERE id = %s", samples)
        _write_anew(
            cursor, "UPDATE satisfaction_surveylink SET used_at = used_at WHERE id = %s", links
        )
    return len(samples) + len(links)


def _rows(cursor: Any, sql: str, wave: Wave) -> list[tuple[int, str]]:
    cursor.execute(sql, [wave.pk])
    return cursor.fetchall()


def _write_anew(cursor: Any, sql: str, rows: list[tuple[int, str]]) -> None:
    """One by one, for the order of writing is what is to be mixed."""
    secrets.SystemRandom().shuffle(rows)
    cursor.executemany(sql, [[key] for key, _writer in rows])
