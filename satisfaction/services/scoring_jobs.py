"""Scoring as background work: on demand, after an import, every night; the analysis follows.

The scoring of a wave and the analysis of a run are jobs of their own, so that figures are there
while their intervals are still being resampled. Either may be killed: the job is rung again, the
scoring begins a new run, the analysis begins anew with the seed of its run.
"""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.errors import Refused
from core.jobs import Running, enqueue, handles
from core.models import Job, Queue
from satisfaction.models import ScoringRun, Wave, WaveState
from satisfaction.models.questionnaires import SCORED_KINDS
from satisfaction.services.analysing import analyse
from satisfaction.services.scoring import score_wave
from satisfaction.services.tones import read_remarks

SCORE = "satisfaction.score"
ANALYSE = "satisfaction.analyse"
PATIENCE = 60  # seconds that a job waits for a run that the command line has begun


def ask_for_scoring(wave: Wave, *, by: Any) -> Job:
    """Ask a worker to score a wave; while one is asked for, it is returned instead of a second.

    Raises Refused for what is never scored.
    """
    if wave.version.questionnaire.kind not in SCORED_KINDS:
        raise Refused(_("What this wave asks never enters satisfaction, so it is not scored."))
    return enqueue(SCORE, key=f"{SCORE}:{wave.pk}", by=by, payload={"wave": wave.pk})


def ask_for_analysis(run: ScoringRun) -> Job:
    """Ask a worker for the second pass over a run."""
    return enqueue(ANALYSE, key=f"{ANALYSE}:{run.pk}", by=run.by, payload={"run": run.pk})


def job_of(wave: Wave) -> Job | None:
    """The latest scoring of a wave that was asked for."""
    return Job.objects.filter(kind=SCORE, key=f"{SCORE}:{wave.pk}").order_by("-pk").first()


def analysis_job_of(run: ScoringRun) -> Job | None:
    """The job of a run's second pass."""
    return Job.objects.filter(kind=ANALYSE, key=f"{ANALYSE}:{run.pk}").order_by("-pk").first()


@handles(SCORE, title=gettext_lazy("Score a wave"), queue=Queue.SCORES)
def _score(running: Running) -> str:
    wave = Wave.objects.select_related("version__questionnaire", "unit").get(
        pk=running.payload["wave"]
    )
    read_remarks(wave, progress=running.progress)
    run = score_wave(wave, by=running.job.actor, progress=running.progress, patience=PATIENCE)
    ask_for_analysis(run)
    return _("The wave {code} was scored.").format(code=wave.code)


@handles(ANALYSE, title=gettext_lazy("Analyse the answers of a wave"), queue=Queue.SCORES)
def _analyse(running: Running) -> str:
    run = ScoringRun.objects.select_related("wave__version__questionnaire").get(
        pk=running.payload["run"]
    )
    analyse(run, progress=running.progress, hold=running.hold)
    return _("The answers of the wave {code} were analysed.").format(code=run.wave.code)


def score_open_waves() -> int:
    """Ask for the scoring of every open wave that has answers. Returns how many."""
    asked = 0
    waves = Wave.objects.filter(
        state=WaveState.OPEN, version__questionnaire__kind__in=SCORED_KINDS
    ).select_related("version__questionnaire")
    for wave in waves.order_by("pk"):
        if wave.responses.exists():
            ask_for_scoring(wave, by=None)
            asked += 1
    return asked
