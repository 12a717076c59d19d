"""Files on their way in: stored apart, named as data, limited, deleted in time."""

from datetime import timedelta
from io import BytesIO

import pytest
from django.utils import timezone

from core.errors import Refused
from core.files.problems import FileProblem
from core.imports import runs
from core.imports.kinds import KINDS, kind_named
from core.imports.report import Report
from core.models import ImportRun, ImportState
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
        "public_days": "regions.change_publicday",
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
