"""Files on their way in: stored apart, named as data, limited, deleted in time."""

from datetime import timedelta
from io import BytesIO

import pytest
from django.utils import timezone

from core import jobs
from core.errors import Refused
from core.files.parts import written_whole
from core.files.problems import FileProblem
from core.imports import runs
from core.imports.kinds import KINDS, kind_named
from core.imports.report import Report
from core.models import ImportRun, ImportState, Job, JobState
from tests.customers.files import OWNER_HEADS, owner, phone, table, write_csv


@pytest.fixture
def private(settings, tmp_path):
    """Private files of this test alone."""
    settings.PRIVATE_FILES = tmp_path / "private"
    return settings.PRIVATE_FILES


@pytest.fixture
def upload(db, private, tmp_path):
    """Store a small file of owners: `upload(name)` returns the run."""

    def store(name="业主.csv", by=None):
        path = write_csv(
            tmp_path / "x.csv", table(OWNER_HEADS, [owner(手机号码=phone(1))]), "utf-8"
        )
        return runs.create_run(kind_named("owners"), BytesIO(path.read_bytes()), name, by=by)

    return store


def test_the_kinds_and_who_may_bring_them():
    assert {name: kind.permission for name, kind in KINDS.items()} == {
        "owners": "customers.import_customer",
        "organisations": "customers.import_customer",
        "org": "accounts.import_organisation",
        "complaints": "complaints.import_case",
        "survey": "satisfaction.import_response",
        "expenses": "expenses.import_application",
        "public_days": "regions.change_publicday",
        "transactions": "customers.import_transaction",
        "logins": "compliance.import_log_ins",
        "trips": "compliance.import_absence",
    }
    with pytest.raises(FileProblem, match="owners"):
        kind_named("nonsense")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("业主.csv", "业主.csv"),
        ("../../etc/passwd.csv", "passwd.csv"),
        ("C:\\资料\\业主.csv", "业主.csv"),
        ("a\r\nSet-Cookie: x.csv", "aSet-Cookie: x.csv"),
        ("业主\u202egnp.csv", "业主gnp.csv"),
        ('"><svg onload=x>.csv', '"><svg onload=x>.csv'),
        ("x" * 5000 + ".csv", "x" * 196 + ".csv"),
    ],
)
def test_names_are_data_and_never_places(upload, private, given, kept):
    run = upload(given)

    assert run.file_name == kept
    stored = list((private / "imports").iterdir())
    assert [path.name for path in stored] == [run.stored_name]
    assert len(run.stored_name) == 32 + len(".csv")
    assert stored[0].stat().st_mode & 0o777 == 0o600
    assert stored[0].parent.stat().st_mode & 0o777 == 0o700


def test_a_file_that_cannot_be_read_leaves_nothing(db, private):
    for content, name in ((b"", "x.csv"), (b"PK\x03\x04broken", "x.xlsx"), (b"a,b", "x.exe")):
        with pytest.raises(FileProblem):
            runs.create_run(kind_named("owners"), BytesIO(content), name, by=None)
    assert list((private / "imports").iterdir()) == []
    assert ImportRun.objects.count() == 0


def test_a_file_over_the_limit_is_refused_while_it_is_stored(db, private, settings):
    settings.IMPORT_MAX_BYTES = 3 << 20

    with pytest.raises(FileProblem, match="3 MB"):
        runs.create_run(kind_named("owners"), BytesIO(bytes((3 << 20) + 1)), "x.csv", by=None)
    assert list((private / "imports").iterdir()) == []


def test_the_recognised_header_shows_masked_samples(upload):
    run = upload()

    sheet = run.header["owners"]
    assert (sheet["header_row"], sheet["rows"], sheet["missing"]) == (1, 1, [])
    columns = {column["head"]: column for column in sheet["columns"]}
    assert (columns["手机号码"]["field"], columns["手机号码"]["samples"]) == (
        "phone",
        ["139****0001"],
    )
    assert columns["业主姓名"]["samples"] == ["张三"]


def test_an_applied_file_is_not_mapped_or_written_again(upload):
    run = upload()
    for state in (ImportState.APPLYING, ImportState.APPLIED):
        run.state = state
        with pytest.raises(Refused):
            runs.correct_mapping(run, {"备注": ""})
        with pytest.raises(Refused):
            runs.start_apply(run, by=None)
    run.state = ImportState.UPLOADED
    with pytest.raises(Refused):
        runs.start_apply(run, by=None)


def test_old_files_are_deleted_and_their_reports_stay(upload, private):
    old, fresh = upload(), upload()
    ImportRun.objects.filter(pk=old.pk).update(
        created_at=timezone.now() - timedelta(days=31), report={"rows": 1}
    )

    assert runs.delete_old_files() == 1
    old.refresh_from_db()
    assert (old.stored_name, old.report) == ("", {"rows": 1})
    assert [path.name for path in (private / "imports").iterdir()] == [fresh.stored_name]
    assert runs.delete_old_files() == 0
    with pytest.raises(FileProblem):
        runs.open_source(old, kind_named("owners"))


def test_a_report_counts_each_row_once():
    report = Report()
    report.rows, report.accepted = 3, 1
    report.reject(2, "date", "wrong")
    report.skip(3, "duplicate_row", "again")
    report.warn(4, "room", "look")

    document = report.as_json()
    assert document["rows"] == document["accepted"] + document["rejected"] + document["skipped"]
    assert [problem["row"] for problem in document["errors"]] == [2, 3]
    assert document["warnings"] == [{"row": 4, "code": "room", "message": "look"}]
    resumed = Report.from_counts({"created": {"customers": 5}, "updated": {}})
    assert (resumed.created["customers"], resumed.rows, resumed.errors) == (5, 0, [])


@pytest.mark.django_db(transaction=True)
def test_the_bell_finds_the_run_with_its_job(upload, world, monkeypatch):
    """A worker that answers at once must not be overwritten by the page that asked."""
    run = upload(by=world.north_keeper)
    seen = []

    def ring(pk, queue, kind):
        seen.append(ImportRun.objects.values_list("job_id", "state").get(pk=run.pk) == (pk, state))

    state = ImportState.CHECKING
    monkeypatch.setattr(jobs, "_ring", ring)
    runs.start_check(run, by=world.north_keeper)

    assert seen == [True]


def test_work_and_its_run_are_asked_for_together_or_not_at_all(upload, world, monkeypatch):
    run = upload(by=world.north_keeper)

    def fail(*args, **more):
        raise ZeroDivisionError

    monkeypatch.setattr(ImportRun, "save", fail)
    with pytest.raises(ZeroDivisionError):
        runs.start_check(run, by=world.north_keeper)

    assert Job.objects.count() == 0


@pytest.mark.parametrize("ended", [JobState.FAILED, JobState.STOPPED])
def test_a_check_that_ended_early_is_done_again_and_never_written(upload, world, client, ended):
    run = upload(by=world.north_keeper)
    job = runs.start_check(run, by=world.north_keeper)
    Job.objects.filter(pk=job.pk).update(state=ended)  # given up: its handler said nothing
    run.refresh_from_db()

    assert runs.settled_state(run) == ended
    with pytest.raises(Refused):
        runs.start_apply(run, by=world.north_keeper)
    client.force_login(world.north_keeper)
    page = client.get(run.get_absolute_url()).content.decode()
    assert f"/imports/{run.pk}/mapping/" in page
    assert f"/imports/{run.pk}/apply/" not in page
    assert runs.start_check(run, by=world.north_keeper).pk != job.pk


def test_writing_that_was_given_up_can_go_on(upload, world, client):
    run = upload(by=world.north_keeper)
    ImportRun.objects.filter(pk=run.pk).update(state=ImportState.CHECKED)
    run.refresh_from_db()
    job = runs.start_apply(run, by=world.north_keeper)
    Job.objects.filter(pk=job.pk).update(state=JobState.FAILED, given_up=True)
    run.refresh_from_db()
    client.force_login(world.north_keeper)

    assert f"/imports/{run.pk}/apply/" in client.get(run.get_absolute_url()).content.decode()
    assert runs.start_apply(run, by=world.north_keeper).pk != job.pk


def test_a_check_that_is_about_to_end_is_not_taken_for_the_writing(upload, world):
    run = upload(by=world.north_keeper)
    runs.start_check(run, by=world.north_keeper)
    run.state = ImportState.CHECKED  # its report is there, its job has not ended

    with pytest.raises(Refused):
        runs.start_apply(run, by=world.north_keeper)


def test_a_check_writes_only_what_it_found(upload, world):
    run = upload(by=world.north_keeper)
    ImportRun.objects.filter(pk=run.pk).update(message="by somebody else")

    runs.check_run(run, runs.context_of(run))

    run.refresh_from_db()
    assert (run.state, run.message) == (ImportState.CHECKED, "by somebody else")


def test_a_file_has_its_name_when_it_is_whole(upload, private, settings, monkeypatch):
    settings.IMPORT_MAX_BYTES = 10
    with pytest.raises(FileProblem):
        upload()
    assert [path for path in private.rglob("*") if path.is_file()] == []

    def half(path):
        with written_whole(path) as part:
            part.write_bytes(b"half")
            assert [one.name for one in private.iterdir() if one.is_file()] == [".part-a.xlsx"]
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half(private / "a.xlsx")
    assert [path for path in private.rglob("*") if path.is_file()] == []
