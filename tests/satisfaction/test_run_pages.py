"""Scoring as background work, and its pages."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core.jobs import work
from core.models import Job, JobState
from satisfaction.models import Analysis, ScoringRun, Wave, WaveState
from satisfaction.services.scoring_jobs import ANALYSE, SCORE, ask_for_scoring, score_open_waves
from tests.factories import make_wave
from tests.satisfaction.surveys import answer, import_survey, survey_file

pytestmark = pytest.mark.django_db


@pytest.fixture
def wave(world, tmp_path) -> Wave:
    rows = [answer(f"S{n}", **{"Q1总体满意度": 1 + n % 5}) for n in range(40)]
    import_survey(survey_file(tmp_path / "a.xlsx", rows))
    return Wave.objects.select_related("version__questionnaire", "unit").get()


def test_an_import_asks_for_the_scoring_and_the_analysis_follows(wave):
    job = Job.objects.get(kind=SCORE)
    assert ask_for_scoring(wave, by=None) == job  # one is asked for already
    assert score_open_waves() == 1
    assert Job.objects.filter(kind=SCORE).count() == 1

    done = work(job.pk)
    assert done is not None
    assert done.state == JobState.DONE
    run = ScoringRun.objects.get()
    assert run.inputs["responses"] == 40

    analysis = work(Job.objects.get(kind=ANALYSE).pk)
    assert analysis is not None
    assert analysis.state == JobState.DONE
    assert Analysis.objects.get().run_id == run.pk
    Wave.objects.update(state=WaveState.CLOSED)
    assert score_open_waves() == 0


def test_pages_of_runs(client, wave, world):
    client.force_login(world.reader)
    assert b"wave" in client.get(reverse("satisfaction:runs")).content

    response = client.post(reverse("satisfaction:run-again"), {"wave": wave.code})
    assert response.status_code == 302
    progress = client.get(response.url)
    assert progress.status_code == 200
    work(Job.objects.get(kind=SCORE).pk)
    ended = client.get(response.url, headers={"HX-Request": "true"})
    run = ScoringRun.objects.get()
    assert ended.status_code == 286
    assert reverse("satisfaction:run", args=[run.pk]) in ended.content.decode()

    page = client.get(reverse("satisfaction:run", args=[run.pk])).content.decode()
    assert run.checksum in page
    assert "<progress" in page  # the second pass waits
    work(Job.objects.get(kind=ANALYSE).pk)
    page = client.get(reverse("satisfaction:run", args=[run.pk])).content.decode()
    assert Analysis.objects.get().checksum in page
    assert "<progress" not in page
    polled = client.get(reverse("satisfaction:run", args=[run.pk]), headers={"HX-Request": "true"})
    assert (polled.status_code, polled["HX-Refresh"]) == (286, "true")


def test_the_list_asks_the_same_whatever_its_length(client, wave, world):
    client.force_login(world.reader)
    counts = []
    for more in (1, 2):
        for _ in range(more):
            ScoringRun.objects.create(wave=wave, method_version="2", state="done")
        client.get(reverse("satisfaction:runs"))
        with CaptureQueriesContext(connection) as trace:
            client.get(reverse("satisfaction:runs"))
        counts.append(len(trace))
    assert counts[0] == counts[1] <= 14


def test_a_wave_of_another_branch_is_not_scored(client, world):
    wave = make_wave("south", unit=world.s1)
    client.force_login(world.north_keeper)
    assert client.post(reverse("satisfaction:run-again"), {"wave": wave.code}).status_code == 404
    whole = make_wave("whole")
    assert client.post(reverse("satisfaction:run-again"), {"wave": whole.code}).status_code == 404
    assert not Job.objects.filter(kind=SCORE).exists()


def test_the_methods_page_has_the_worked_example(client, world):
    client.force_login(world.north_clerk)
    page = client.get(reverse("satisfaction:methods")).content.decode()
    assert "71.875" in page
    assert "71.09375" in page
