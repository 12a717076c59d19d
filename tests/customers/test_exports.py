"""The export: exactly the filtered rows, masked, as texts, under the rights of the moment."""

import json
from datetime import timedelta
from functools import partial
from io import BytesIO, StringIO

import openpyxl
import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.services import freeze, leave
from audit.models import Entry
from core import jobs
from core.errors import Refused
from core.exports import folder, start
from core.files.writer import SheetWriter
from core.models import Job, JobState
from customers.exports import CUSTOMERS
from customers.models import CustomerUnit, Ownership, Property
from customers.services import create_customer
from tests.customers.files import identity, phone

HEADS = 20


@pytest.fixture
def archive(world):
    """Four people of the north, one of them old, and one of the south."""
    for number, (name, unit) in enumerate(
        [
            ("张三", world.n1a),
            ("=1+1", world.n1a),
            ("@SUM(A1)", world.n1b),
            ("李四", world.n1a),
            ("南方人", world.s1a),
        ]
    ):
        customer, _new = create_customer(
            unit=unit,
            by=None,
            kind="person",
            name=name,
            keeper=world.north_clerk if unit == world.n1a else None,
            phone=f"+86{phone(number)}",
            identity=identity(number),
            level="A类" if number % 2 else "-B类",
        )
        flat = Property(
            building="3", building_unit="2", room=str(number), label=f"3栋2单元{number}"
        )
        flat.place_in(unit)
        flat.save()
        owned = Ownership(customer=customer, property=flat)
        owned.place_in(unit)
        owned.save()
    long_ago = timezone.now() - timedelta(days=200)
    CustomerUnit.objects.filter(name="李四").update(last_contact_at=long_ago)
    return world


def run_export(user, query=""):
    """Ask for an export and do its job; returns the job."""
    return jobs.work(start(CUSTOMERS, by=user, filter=query).pk)


def cells(source):
    page = openpyxl.load_workbook(source).worksheets[0]
    return [list(row) for row in page.iter_rows(values_only=True)]


def names(job):
    return [row[1] for row in cells(folder() / job.payload["file"])[1:]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["=1+1", "@SUM(A1)", "张三", "李四"]),
        ("q=张三", ["张三"]),
        ("quiet=90", ["李四"]),
        ("unit=N1B", ["@SUM(A1)"]),
        ("keeper=N-CLERK&level=A类", ["=1+1", "李四"]),
        ("unkept=on", ["@SUM(A1)"]),
        ("q=不存在", []),
    ],
)
def test_exactly_the_filtered_rows_of_the_list(client, archive, query, expected):
    job = run_export(archive.north_head, query)

    assert (job.state, sorted(names(job))) == (JobState.DONE, expected)
    client.force_login(archive.north_head)
    listed = client.get(f"/customers/?{query}").context["page"]
    assert names(job) == [row.name for row in listed]


def test_the_sort_of_the_list_is_kept(archive):
    assert names(run_export(archive.north_head, "sort=last_contact"))[0] == "李四"
    assert names(run_export(archive.north_head, "sort=-last_contact"))[-1] == "李四"


def test_numbers_are_masked_and_texts_stay_texts(archive):
    job = run_export(archive.north_head)
    path = folder() / job.payload["file"]

    rows = {row[1]: row for row in cells(path)[1:]}
    assert rows["张三"][10] == "139****0000"
    assert rows["=1+1"][:7] == [
        rows["=1+1"][0],
        "=1+1",
        rows["张三"][2],
        "北方区域",
        "北方公司",
        "北方花园",
        "北方花园3栋2单元1",
    ]
    book = openpyxl.load_workbook(path)
    types = {cell.data_type for row in book.worksheets[0].iter_rows() for cell in row}
    assert "f" not in types
    text = str(cells(path))
    for number in range(5):
        assert phone(number) not in text
        assert identity(number) not in text
    assert path.stat().st_mode & 0o777 == 0o600


def test_own_reach_exports_own_customers(archive):
    assert sorted(names(run_export(archive.north_clerk))) == ["=1+1", "张三", "李四"]


def test_rights_taken_away_while_queued_refuse_the_job(archive):
    user = archive.north_head
    job = start(CUSTOMERS, by=user, filter="")
    user.grants.update(valid_until=timezone.localdate())

    ended = jobs.work(job.pk)

    assert ended.state == JobState.FAILED
    assert ended.message
    assert not (folder() / job.payload["file"]).exists()
    assert not Entry.objects.filter(action="customer.exported").exists()


def test_reach_that_shrinks_while_queued_shrinks_the_file(archive):
    user = archive.north_head
    job = start(CUSTOMERS, by=user, filter="")
    user.grants.update(unit=archive.n1b)

    assert names(jobs.work(job.pk)) == ["@SUM(A1)"]


def test_a_frozen_person_gets_no_file(archive):
    user = archive.north_head
    job = start(CUSTOMERS, by=user, filter="")
    user.state = "frozen"
    user.save()

    assert jobs.work(job.pk).state == JobState.FAILED


def test_files_of_somebody_who_leaves_are_deleted_at_once(
    archive, django_capture_on_commit_callbacks
):
    theirs, others = run_export(archive.north_head), run_export(archive.boss)
    with django_capture_on_commit_callbacks(execute=True):
        leave(archive.north_head, by=None)

    assert not (folder() / theirs.payload["file"]).exists()
    assert (folder() / others.payload["file"]).exists()


@pytest.mark.parametrize("close", [partial(freeze, reason="离职"), leave])
@pytest.mark.parametrize(("after", "batches"), [(2, 2), (5, 4)])
def test_an_export_stops_at_the_next_batch_when_its_asker_is_out(
    archive, monkeypatch, close, after, batches
):
    """Closed in the middle, and closed after the last batch but before the file is ready."""
    write_sheet, seen = SheetWriter.write_sheet, []

    def in_small_batches(self, title, columns, rows, *, progress):
        def watched():
            for number, row in enumerate(rows, 1):
                if number > 1:
                    progress(number - 1)
                seen.append(row)
                if number == after:
                    close(archive.north_head, by=None)
                yield row
            if after > number:
                close(archive.north_head, by=None)

        return write_sheet(self, title, columns, watched())

    monkeypatch.setattr(SheetWriter, "write_sheet", in_small_batches)
    job = run_export(archive.north_head)

    assert (job.state, len(seen)) == (JobState.STOPPED, batches)
    assert list(folder().glob(f"*{job.payload['file']}*")) == []
    assert not Entry.objects.filter(action="customer.exported").exists()


def test_one_export_at_a_time(archive):
    start(CUSTOMERS, by=archive.north_head, filter="")

    with pytest.raises(Refused):
        start(CUSTOMERS, by=archive.north_head, filter="")
    assert start(CUSTOMERS, by=archive.boss, filter="")
    assert Job.objects.count() == 2


def test_a_full_number_in_the_filter_is_refused(archive):
    job = run_export(archive.north_head, f"q={phone(0)}")

    assert job.state == JobState.FAILED
    assert phone(0) not in job.message


def test_the_export_is_recorded_and_is_its_askers_alone(client, archive):
    client.force_login(archive.north_head)
    answer = client.post("/customers/export/", {"filter": "q=张三"})
    job = Job.objects.get()
    assert answer["Location"] == f"/customers/export/{job.pk}/"
    assert client.get(f"{answer['Location']}file/").status_code == 404
    jobs.work(job.pk)

    page = client.get(answer["Location"])
    file = client.get(page.context["result_url"])
    assert [row[1] for row in cells(BytesIO(b"".join(file.streaming_content)))[1:]] == ["张三"]
    assert Entry.objects.get(action="customer.exported").detail == {"rows": 1}
    for person in (archive.boss, archive.north_keeper):
        client.force_login(person)
        assert client.get(answer["Location"]).status_code == 404
        assert client.get(f"{answer['Location']}file/").status_code == 404
    client.force_login(archive.reader)
    assert client.post("/customers/export/", {"filter": ""}).status_code == 403
    assert client.get(f"{answer['Location']}file/").status_code == 403


def test_the_command_writes_a_branch(archive, tmp_path):
    out = StringIO()
    target = tmp_path / "x.xlsx"
    call_command("export", "customers", "--unit", "n", "--out", str(target), "--json", stdout=out)

    assert json.loads(out.getvalue()) == {"kind": "customers", "rows": 4, "file": str(target)}
    assert len(cells(target)) == 5
    assert {len(row) for row in cells(target)} == {HEADS}
    assert all(row[6] for row in cells(target)[1:])


@pytest.mark.parametrize(
    "arguments",
    [["nonsense"], ["customers", "--unit", "XX"], ["customers", "--out", "/no/where/x"]],
)
def test_wrong_arguments_are_one_sentence_and_status_2(db, arguments, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CommandError) as error:
        call_command("export", *arguments, stdout=StringIO())

    assert error.value.returncode == 2
    assert list(tmp_path.iterdir()) == []
