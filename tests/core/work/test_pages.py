"""System › Jobs and manage.py jobs: what administrators see and do."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone, translation

from audit.models import Entry
from core import jobs, periodic
from core.clock import database_now
from core.models import Job, JobState, Pulse, Queue, Timetable
from core.work.findings import findings
from crm_site.schedule import SCHEDULE

pytestmark = pytest.mark.django_db
KIND = "core.delete_old_jobs"


@pytest.fixture
def admin(client, world):
    client.force_login(world.admin)
    return client


def make_job(**facts):
    return Job.objects.create(**{"kind": "customers.export", "key": "k", "payload": {}} | facts)


def page(client, address):
    answer = client.get(address)
    assert answer.status_code == 200
    return answer


def test_the_schedule_says_when_each_work_runs(admin):
    lines = {line.kind: line for line in page(admin, "/system/jobs/").context["lines"]}

    assert set(lines) == {entry.task for entry in SCHEDULE}
    line = lines[KIND]
    assert (line.enabled, line.last, line.live) == (True, None, False)
    assert line.next_at > timezone.now()


def test_the_schedule_asks_as_often_with_many_runs_as_with_few(
    admin, django_assert_max_num_queries
):
    periodic.ask_for_run(KIND, database_now())
    for n in range(5):
        periodic.ask_for_run(KIND, database_now() - timedelta(days=n + 1))
    with django_assert_max_num_queries(25):
        page(admin, "/system/jobs/")


def test_run_now_queues_one_run_and_is_recorded(admin, world):
    answer = admin.post(f"/system/jobs/run/{KIND}/")

    job = Job.objects.get(kind=KIND)
    assert answer["Location"] == f"/system/jobs/{job.pk}/"
    assert (job.actor, job.scheduled_for, job.state) == (world.admin, None, JobState.QUEUED)
    entry = Entry.objects.get(action="job.started")
    assert (entry.by, entry.detail) == (world.admin, {"kind": KIND})
    assert admin.post(f"/system/jobs/run/{KIND}/").status_code == 409
    assert admin.post("/system/jobs/run/no.such/").status_code == 409
    assert Job.objects.filter(kind=KIND).count() == 1


def test_runs_are_filtered_and_paged(admin, world):
    for n in range(60):
        make_job(key=f"k{n}", actor=world.north_clerk, state="done")
    make_job(key="failed", state="failed", kind="imports.apply")

    first = page(admin, "/system/jobs/?tab=runs").context["page"]
    assert (len(first.rows), first.previous) == (50, "")
    assert first.rows[0].job.key == "failed"
    rest = page(admin, f"/system/jobs/?tab=runs&after={first.next}").context["page"]
    assert [row.job.key for row in rest.rows][-1] == "k0"
    failed = page(admin, "/system/jobs/?tab=runs&state=failed").context["page"]
    assert [row.job.key for row in failed.rows] == ["failed"]
    kind = page(admin, "/system/jobs/?tab=runs&kind=imports.apply").context["page"]
    assert [row.job.key for row in kind.rows] == ["failed"]


def test_a_dead_letter_is_found_read_and_put_aside(admin):
    job = make_job(state="failed", given_up=True, failure=jobs.WORKER_LOST, attempts=3)
    job.history.create(number=1, worker="host:1", started_at=database_now())

    dead = page(admin, "/system/jobs/?tab=dead").context["page"]
    assert [row.job for row in dead.rows] == [job]
    answer = page(admin, f"/system/jobs/{job.pk}/")
    assert [one["number"] for one in answer.context["attempts"]] == [1]
    assert jobs.WORKER_LOST not in answer.content.decode()
    admin.post(f"/system/jobs/{job.pk}/put-aside/")

    job.refresh_from_db()
    assert (job.state, job.given_up) == (JobState.FAILED, False)
    assert Entry.objects.filter(action="job.put_aside", subject_id=job.pk).count() == 1


def test_retry_and_stop_are_recorded(admin):
    job = make_job(state="failed", given_up=True, strikes=3)
    admin.post(f"/system/jobs/{job.pk}/retry/")
    job.refresh_from_db()
    assert (job.state, job.given_up, job.strikes) == (JobState.QUEUED, False, 0)

    admin.post(f"/system/jobs/{job.pk}/stop/")
    job.refresh_from_db()
    assert job.state == JobState.STOPPED
    acts = Entry.objects.filter(subject_id=job.pk).order_by("pk").values_list("action", flat=True)
    assert list(acts) == ["job.retried", "job.stopped"]
    admin.post(f"/system/jobs/{job.pk}/stop/")
    assert Entry.objects.filter(subject_id=job.pk).count() == 2


def test_the_progress_is_polled_until_the_end(admin):
    job = make_job(state="running", done=1, total=4)
    poll = {"HX-Request": "true"}

    answer = admin.get(f"/system/jobs/{job.pk}/", headers=poll)
    assert (answer.status_code, answer.has_header("HX-Refresh")) == (200, False)
    Job.objects.filter(pk=job.pk).update(state="done")
    answer = admin.get(f"/system/jobs/{job.pk}/", headers=poll)
    assert (answer.status_code, answer["HX-Refresh"]) == (286, "true")


def test_the_command_lists_and_runs(world):
    out = StringIO()
    call_command("jobs", "--json", stdout=out)
    listed = {one["name"]: one for one in json.loads(out.getvalue())["jobs"]}
    assert set(listed) == {entry.task for entry in SCHEDULE}

    out = StringIO()
    call_command("jobs", "run", KIND, "--json", stdout=out)
    assert json.loads(out.getvalue())["state"] == "done"
    with pytest.raises(SystemExit, match="2"):
        call_command("jobs", "run", "no.such", stderr=StringIO())


def answer_everywhere():
    """Scheduler and workers answered just now, and all that is due was done."""
    for name in ("beat", *(f"queue:{one}" for one in Queue)):
        periodic.beat_pulse(name)
    Timetable.objects.update(settled_through=database_now())


def sentences():
    with translation.override("en"):
        return [(str(one.level), one.sentence) for one in findings()]


def test_findings_about_the_scheduler_and_the_queues():
    assert sentences()[0] == ("error", "The scheduler has never run.")
    answer_everywhere()
    assert sentences() == [("ok", "Scheduler and workers answer, and no periodic work is overdue.")]

    Pulse.objects.update(at=database_now() - timedelta(minutes=11))
    assert sentences()[:2] == [
        ("error", "The scheduler has been silent for 11 minutes."),
        ("error", "No worker has answered the queue Short work for 11 minutes."),
    ]
    make_job(state="running", queue="default", lease_until=database_now() + timedelta(minutes=1))
    assert [one for one in sentences() if "Short work" in one[1]] == []


def test_findings_about_overdue_work_and_dead_letters():
    answer_everywhere()
    Timetable.objects.filter(kind=KIND).update(settled_through=database_now() - timedelta(days=2))
    make_job(state="failed", given_up=True)

    assert sentences() == [
        ("warning", "Periodic work that is overdue: Delete old jobs."),
        ("warning", "1 job was given up after several attempts."),
    ]
    periodic.catch_up([KIND])
    assert len(sentences()) == 1
