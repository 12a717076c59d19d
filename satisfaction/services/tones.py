"""Reading the remarks of a wave by the lexicon (SAT-09).

Remarks come in by import, from public forms and over the telephone; they are read when the wave is
scored, in batches. So submitting a form waits for nothing, all ways in are read alike, and topics
and figures of a page are of one day. A remark that was read stays read until the lexicon changes.
"""

from collections.abc import Callable

from django.db import connection, transaction
from django.utils.translation import gettext as _

from satisfaction.models import Remark, Wave
from satisfaction.words import Reading, read

BATCH = 2000


def read_remarks(
    wave: Wave, *, progress: Callable[[int, int, str], None] = lambda done, total, phase: None
) -> int:
    """Give the remarks of a wave that nobody has read yet tone and topics. Returns how many.

    Equal remarks are read once. Doing it twice changes nothing.
    """
    unread = Remark.objects.filter(wave=wave, tone=None)
    total, done = unread.count(), 0
    known: dict[str, Reading] = {}
    while rows := list(unread.order_by("pk").values_list("pk", "text")[:BATCH]):
        for _key, text in rows:
            if text not in known:
                known[text] = read(text)
        _write([(key, known[text]) for key, text in rows])
        done += len(rows)
        progress(done, total, _("Reading the remarks"))
    return done


def read_again() -> None:
    """Forget what the lexicon said, after it has changed; the next scoring reads anew."""
    Remark.objects.exclude(tone=None).update(tone=None, topics=None)


@transaction.atomic
def _write(readings: list[tuple[int, Reading]]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE satisfaction_remark m"
            " SET tone = r.tone, topics = string_to_array(r.topics, ' ')"
            " FROM unnest(%s::bigint[], %s::int2[], %s::text[]) AS r (id, tone, topics)"
            " WHERE m.id = r.id",
            [
                [key for key, _reading in readings],
                [reading.tone for _key, reading in readings],
                [" ".join(reading.topics) for _key, reading in readings],
            ],
        )
