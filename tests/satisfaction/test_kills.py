"""Scoring and analysis are killed as the kernel kills: the old figures stand, the next run is the
same to the byte (SAT-09)."""

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from django.db import connection

from core import faults
from core.faults import VARIABLE
from satisfaction.models import Analysis, Driver, RunState, ScoringRun, UnitScore, Wave
from satisfaction.services.analysing import analyse
from satisfaction.services.scoring import score_wave
from tests.customers.files import import_file
from tests.satisfaction.surveys import ANSWERS, TREE, bytes_of, import_survey

pytestmark = [pytest.mark.fault, pytest.mark.django_db(transaction=True)]

RESAMPLES = 100
PATIENCE = 60  # seconds


def the_wave() -> Wave:
    return Wave.objects.select_related("version__questionnaire", "unit").get()


def score() -> ScoringRun:
    return score_wave(the_wave(), by=None)


def in_a_process(act: Callable[[], Any], *, fault: str = "", after: float | None = None) -> int:
    """Do it in a process of its own, which dies at a fault or is killed after so many seconds.
    Returns the signal that ended it, 0 when it came to its end."""
    pid = os.fork()
    if pid == 0:
        status = 1
        with suppress(BaseException):
            connection.connect()  # one of its own: the parent's stays open
            os.environ[VARIABLE] = fault
            faults._passed.clear()
            act()
            status = 0
        os._exit(status)
    if after is not None:
        time.sleep(after)
        os.kill(pid, signal.SIGKILL)
    _pid, status = os.waitpid(pid, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, "it failed by itself"
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0


@pytest.fixture
def before(transactional_db) -> ScoringRun:
    """The sample survey, scored and analysed."""
    import_file("org", TREE)
    import_survey(ANSWERS)
    run = score()
    analyse(run, resamples=RESAMPLES)
    return run


def test_whatever_is_killed_the_old_figures_stand_and_the_next_are_the_same(before):
    """A run at its beginning, in its middle and at its end, by its own steps and by the clock;
    the second pass amid its units and when all is written."""
    old = bytes_of(before)
    projects = UnitScore.objects.filter(run=before, stage="").values("unit__kind")
    leaves = projects.filter(unit__kind="project").count()

    for point in ("scoring.begun:1", "scoring.summed:1", "scoring.written:1"):
        assert in_a_process(score, fault=f"{point}:kill") == signal.SIGKILL, point
        old_figures_stand(before, old)
    began = time.monotonic()
    assert in_a_process(score) == 0
    took = time.monotonic() - began
    before = the_wave().run
    analyse(before, resamples=RESAMPLES)
    assert bytes_of(before) == old

    for share in (0.10, 0.50, 0.99):
        in_a_process(score, after=share * took)  # the last may just have come to its end
        if the_wave().run_id != before.pk:
            before = the_wave().run
            analyse(before, resamples=RESAMPLES)
        old_figures_stand(before, old)

    run = score()
    units = [max(1, round(share * leaves)) for share in (0.10, 0.50, 0.99)]
    points = [f"analysis.unit:{number}" for number in units]
    for point in (*points, "analysis.computed:1", "analysis.written:1"):
        killed = in_a_process(lambda: analyse(run, resamples=RESAMPLES), fault=f"{point}:kill")
        assert killed == signal.SIGKILL, point
        assert not Driver.objects.filter(run=run).exists()
        assert not run.units.exclude(dual_low=None).exists()
        assert Analysis.objects.get(run=run).state == RunState.RUNNING
    analyse(run, resamples=RESAMPLES)
    assert bytes_of(run) == old


def old_figures_stand(run: ScoringRun, figures: list) -> None:
    """What was shown is shown; of the killed run there is a row without figures, and no more."""
    assert the_wave().run_id == run.pk
    assert bytes_of(run) == figures
    killed = ScoringRun.objects.exclude(state=RunState.DONE)
    assert not UnitScore.objects.filter(run__in=killed).exists()
    assert killed.filter(state=RunState.RUNNING).count() <= 1  # the next one gives it up
