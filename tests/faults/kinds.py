"""Kinds of jobs that only the fault lab has. Its workers load this module (CRM_TEST_LOAD).

Each writes its effects into the table `staging.effect (key, step)`, which the invariants count.
"""

import os
import time

from django.db import connection, transaction
from django.utils import timezone

from core import periodic
from core.faults import fault_point
from core.jobs import Running, handles
from core.periodic import CatchUp, Periodic

STEPS = 5
TICK = 5  # seconds
TICKING = Periodic("Ticking", "core.lab_tick", "A test.", seconds=TICK, catch_up=CatchUp.ALL)
NIGHTLY = Periodic(
    "Half-hourly", "core.lab_half_hour", "A test.", crontab=("*/30", "*"), catch_up=CatchUp.ALL
)


def effect(key: str, step: int) -> None:
    """Leave one trace; nothing keeps it from being left twice but the job itself."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO staging.effect (key, step) VALUES (%s, %s)", [key, step])


@handles("lab.steps", title="Steps")
def steps(running: Running) -> str:
    """Five steps, each committed with its checkpoint in the job's payload."""
    first = running.payload.get("done", 0)
    for step in range(first, STEPS):
        fault_point("lab.before")
        with transaction.atomic():
            running.hold()
            effect(running.job.key, step)
            fault_point("lab.inside")
            type(running.job).objects.filter(pk=running.job.pk).update(
                payload=running.payload | {"done": step + 1}
            )
        fault_point("lab.after")
        time.sleep(running.payload.get("pause", 0))
        running.progress(step + 1, STEPS)
    return "done"


@handles("lab.careless", title="Careless")
def careless(running: Running) -> str:
    """The broken twin: it neither holds the job nor remembers how far it was."""
    for step in range(STEPS):
        fault_point("lab.before")
        effect(running.job.key, step)
        fault_point("lab.after")
        time.sleep(running.payload.get("pause", 0))
    return "done"


@handles("lab.slow", title="Slow")
def slow(running: Running) -> str:
    """One effect at the end of a long wait in which nothing is reported."""
    time.sleep(running.payload["seconds"])
    running.progress(1, 1)
    effect(running.job.key, 0)
    return "done"


@handles("lab.abort", title="Crash")
def crash(running: Running) -> str:
    """A crash in C."""
    os.abort()


@handles("lab.endless", title="Endless")
def endless(running: Running) -> str:
    """It never ends by itself."""
    while True:
        time.sleep(0.05)


@handles("lab.raise", title="Bug")
def bug(running: Running) -> str:
    """A bug."""
    raise ZeroDivisionError("张三 13800000000")


@handles(TICKING.task, pauses=periodic.PAUSES, in_turn=True)
def tick(running: Running) -> None:
    """Leave a trace of the period."""
    fault_point("lab.before")
    effect(running.job.key, 0)
    fault_point("lab.after")


@handles(NIGHTLY.task, pauses=periodic.PAUSES, in_turn=True)
def half_hour(running: Running) -> None:
    """Leave a trace of the period, with the time at which it was run."""
    effect(f"{running.job.key} {timezone.now().isoformat()}", 0)
