"""Runs of the scoring that meet each other."""

import psycopg
import pytest
from django.db import connection

from core.errors import Refused
from satisfaction.models import ScoringRun, Wave
from satisfaction.services.scoring import SCORING_LOCK, score_wave
from tests.factories import make_world
from tests.satisfaction.surveys import answer, import_survey, survey_file

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def wave(tmp_path) -> Wave:
    make_world()
    import_survey(survey_file(tmp_path / "a.xlsx", [answer("S1"), answer("S2")]))
    return Wave.objects.select_related("version__questionnaire", "unit").get()


def test_two_runs_at_once_are_one(wave):
    with psycopg.connect(**connection.get_connection_params(), autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%s, %s)", [SCORING_LOCK, wave.pk])
        with pytest.raises(Refused):
            score_wave(wave, by=None)
    assert not ScoringRun.objects.exists()

    assert score_wave(wave, by=None).state == "done"


def test_a_killed_run_is_given_up_by_the_next(wave):
    killed = ScoringRun.objects.create(wave=wave, method_version="1")

    run = score_wave(wave, by=None)

    killed.refresh_from_db()
    assert (killed.state, run.state) == ("failed", "done")
    assert Wave.objects.get().run_id == run.pk
