"""Files of cases: who attaches, sees and removes them; each once; never a row without its file."""

import io
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.urls import reverse

from audit.models import Entry
from complaints.models import CaseEntry, CaseFile, FileRole
from complaints.services.files import attach_file, remove_file
from core.attachments.store import path_of, root
from core.errors import Refused
from core.faults import Fault
from tests import attached
from tests.complaints.cases import stand
from tests.factories import make_case, make_user, say


@pytest.fixture(autouse=True)
def private(settings, tmp_path):
    settings.PRIVATE_FILES = tmp_path


@pytest.fixture
def case(world):
    return make_case(unit=world.n1a, handler=world.north_clerk)


def attach(case, content=None, name="a.jpg", **more):
    content = attached.photo() if content is None else content
    return attach_file(case, io.BytesIO(content), name, **{"by": None} | more)


def lying() -> int:
    return sum(path.is_file() for path in root().rglob("*")) if root().is_dir() else 0


def address(name, file):
    return reverse(f"complaints:{name}", args=[file.case_id, file.pk])


def fetch(client, url):
    """The answer to a browser that reads it to its end."""
    response = client.get(url)
    if response.streaming:
        response.body = b"".join(response.streaming_content)
    return response


# --- attaching ------------------------------------------------------------------------------------


def test_a_file_is_attached_with_a_line_in_the_log(case, world):
    file = attach(case, by=world.north_clerk, role=FileRole.BEFORE, caption=" 主卧 ")

    file.refresh_from_db()
    assert (file.case, file.role, file.caption, file.mime) == (case, "before", "主卧", "image/jpeg")
    assert (file.uploaded_by, file.name) == (world.north_clerk, "a.jpg")
    assert path_of(file.stored_name).is_file()
    entry = CaseEntry.objects.get(case=case, kind="attached")
    assert (file.entry, entry.by, entry.facts) == (entry, world.north_clerk, {"count": 1})
    assert Entry.objects.get(action="case.file_attached").subject_id == case.pk


def test_the_same_content_is_kept_once_whatever_its_name(case):
    first = attach(case)

    second = attach(case, name="b.jpg", role=FileRole.AFTER)

    assert second == first
    assert CaseFile.objects.get().role == FileRole.GENERAL
    assert (lying(), CaseEntry.objects.filter(kind="attached").count()) == (3, 1)


def test_another_case_has_its_own_copy(case, world):
    other = make_case(unit=world.n1a)

    one, two = attach(case), attach(other)

    assert one.stored_name != two.stored_name


def test_a_full_case_takes_no_more(case, world):
    say(world.n1a, "complaints.files_per_case", 1)
    attach(case)
    before = lying()

    with pytest.raises(Refused, match="can have 1 file"):
        attach(case, attached.picture("red"))

    assert (lying(), CaseFile.objects.count()) == (before, 1)
    assert attach(case) == CaseFile.objects.get()  # the one it has already


def test_the_limit_of_size_is_a_rule_of_the_unit(case, world):
    say(world.n1a, "complaints.file_megabytes", 1)

    with pytest.raises(Refused, match="larger than 1 MB"):
        attach(case, b"x" * (1024 * 1024 + 1))

    assert lying() == 0


@pytest.mark.parametrize("content", [b"<svg onload=alert(1)>", b"MZ\x90\0\3\0", attached.bomb()])
def test_a_hostile_file_leaves_nothing(case, content):
    with pytest.raises(Refused):
        attach(case, content)

    assert (lying(), CaseFile.objects.count()) == (0, 0)


def test_who_may_attach(case, world):
    officer = make_user(unit=world.group, role="hotline")
    mine = make_case(unit=world.n1a, by=officer)
    attach(mine, by=officer)
    attach(case, by=world.north_head)

    for person in (world.reader, world.south_head, world.south_clerk):
        with pytest.raises(Refused, match="may not attach"):
            attach(case, by=person)
    assert case.files.count() == 1


def test_a_merged_case_takes_no_files(case, world):
    case = stand(make_case(unit=world.n1a, assign=False), "merged", world.north_clerk)

    with pytest.raises(Refused):
        attach(case)


# --- seeing ---------------------------------------------------------------------------------------


def test_the_file_goes_to_readers_of_the_case_and_nobody_else(client, case, world):
    file = attach(case)

    def status(person):
        client.force_login(person)
        return {fetch(client, address(name, file)).status_code for name in ("file", "file-thumb")}

    assert status(world.north_clerk) == status(world.north_head) == status(world.boss) == {200}
    assert status(world.south_head) == status(world.south_clerk) == {404}
    client.logout()
    assert client.get(address("file", file)).status_code == 302


def test_a_file_is_not_found_under_another_case(client, case, world):
    file = attach(case)
    other = make_case(unit=world.n1a, handler=world.north_clerk)
    client.force_login(world.north_clerk)

    assert client.get(reverse("complaints:file", args=[other.pk, file.pk])).status_code == 404


def test_a_file_follows_its_case_to_another_branch(client, case, world):
    file = attach(case)
    case.place_in(world.s1a)
    case.save()
    client.force_login(world.north_head)

    assert client.get(address("file", file)).status_code == 404


def test_the_headers_of_a_file_survive_the_middleware(client, case, world):
    file = attach(case, attached.pdf(), "信函.pdf")
    client.force_login(world.north_head)

    response = fetch(client, address("file", file))

    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"].startswith("inline; filename*=utf-8''")
    assert "sandbox" in response["Content-Security-Policy"]
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"
    assert response["Cache-Control"] == "private, no-cache"


# --- the form -------------------------------------------------------------------------------------


def post(client, case, *contents, **data):
    files = [SimpleUploadedFile(name, content) for name, content in contents]
    url = reverse("complaints:file-add", args=[case.pk])
    return client.post(url, {"files": files, **data}, follow=True)


def test_of_several_files_the_good_ones_are_kept(client, case, world):
    client.force_login(world.north_clerk)

    response = post(
        client,
        case,
        ("a.jpg", attached.photo()),
        ("b.jpg", b"MZ\x90\0\3\0program"),
        ("c.pdf", attached.pdf()),
        role="before",
    )

    assert [file.name for file in case.files.order_by("pk")] == ["a.jpg", "c.pdf"]
    assert {file.role for file in case.files.all()} == {"before"}
    (said,) = [str(one) for one in response.context["messages"]]
    assert said.startswith("b.jpg: Files of this kind")


def test_files_for_a_case_out_of_reach(client, case, world):
    client.force_login(world.south_head)

    assert post(client, case, ("a.jpg", attached.photo())).status_code == 404
    assert lying() == 0


# --- removing -------------------------------------------------------------------------------------


def test_whoever_attached_it_removes_it_for_a_day(
    client, case, world, django_capture_on_commit_callbacks
):
    young, old = (
        attach(case, by=world.north_clerk),
        attach(case, attached.picture("red"), "b.jpg", by=world.north_clerk),
    )
    with django_capture_on_commit_callbacks(execute=True):
        remove_file(young, by=world.north_clerk)

    assert CaseFile.objects.get() == old
    assert lying() == 3
    assert CaseEntry.objects.get(kind="file_removed").facts == {"file": "a.jpg"}
    CaseFile.objects.update(uploaded_at=old.uploaded_at.replace(year=2020))
    old.refresh_from_db()
    with pytest.raises(Refused, match="not remove"):
        remove_file(old, by=world.north_clerk)
    remove_file(old, by=world.north_head)
    assert CaseFile.objects.count() == 0


def test_nobody_else_removes_it(case, world):
    file = attach(case, by=world.north_head)

    for person in (world.north_clerk, world.reader, world.south_head):
        with pytest.raises(Refused):
            remove_file(file, by=person)


def test_evidence_of_an_ended_case_stays(world):
    case = stand(make_case(unit=world.n1a, assign=False), "closed", world.north_clerk)
    file = attach(case, by=world.north_clerk)

    with pytest.raises(Refused):
        remove_file(file, by=world.north_clerk)


def test_a_removal_that_is_rolled_back_keeps_the_file(case):
    file = attach(case)

    def remove_and_fail():
        with transaction.atomic():
            remove_file(file, by=None)
            raise Fault

    with pytest.raises(Fault):
        remove_and_fail()

    assert path_of(file.stored_name).is_file()
    assert CaseFile.objects.count() == 1


# --- at the same time -----------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_two_who_attach_the_same_picture_attach_it_once(case):
    def work(_number):
        try:
            return attach(case).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        keys = set(pool.map(work, range(4)))

    assert keys == {CaseFile.objects.get().pk}
    assert lying() == 3
