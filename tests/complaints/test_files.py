"""Files of cases: who attaches, sees and removes them; each once; never a row without its file."""

import io
import os
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.models import Entry
from complaints.models import Case, CaseEntry, CaseFile, FileRole
from complaints.services import make_move
from complaints.services.files import INTAKE, MOVE, attach_file, remove_file
from complaints.services.second_call import register_into
from core.attachments.store import delete_strays, path_of, root
from core.drafts.services import attach_to_draft, save_draft
from core.errors import Refused
from core.faults import Fault
from core.models import Draft, DraftFile
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
    assert (file.entry, entry.by) == (entry, world.north_clerk)
    assert Entry.objects.get(action="case.file_attached").subject_id == case.pk


def test_what_one_person_attaches_in_a_row_shares_a_line(case, world):
    one = attach(case, by=world.north_clerk)
    two = attach(case, attached.picture("red"), by=world.north_clerk)
    three = attach(case, attached.picture("blue"), by=world.north_head)
    four = attach(case, attached.picture("teal"), by=world.north_clerk)

    assert one.entry == two.entry
    assert len({row.entry for row in (one, two, three, four)}) == 3


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

    with pytest.raises(Refused, match="最多 1 个附件"):
        attach(case, attached.picture("red"))

    assert (lying(), CaseFile.objects.count()) == (before, 1)
    assert attach(case) == CaseFile.objects.get()  # the one it has already


def test_the_limit_of_size_is_a_rule_of_the_unit(case, world):
    say(world.n1a, "complaints.file_megabytes", 1)

    with pytest.raises(Refused, match="超过 1 MB"):
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
        with pytest.raises(Refused, match="不能为此工单添加附件"):
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
    assert said.startswith("b.jpg：不能添加这种文件")


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
    with pytest.raises(Refused, match="不能移除"):
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


@pytest.mark.django_db(transaction=True)
def test_killed_between_file_and_row_leaves_no_row_and_the_file_goes(case, monkeypatch):
    monkeypatch.setenv("CRM_FAULTS", "files.kept:*:raise")
    with pytest.raises(Fault):
        attach(case)
    monkeypatch.delenv("CRM_FAULTS")
    assert (CaseFile.objects.count(), lying()) == (0, 3)
    for path in root().rglob("*.jpg"):
        os.utime(path, (0, 0))

    assert delete_strays() == 3
    assert lying() == 0


def test_files_with_rows_are_no_strays(case):
    file = attach(case)
    draft_file = upload_to_draft(make_user(unit=case.unit))
    for path in root().rglob("*.jpg"):
        os.utime(path, (0, 0))

    assert delete_strays() == 0
    assert path_of(file.stored_name).is_file()
    assert path_of(draft_file.stored_name).is_file()


# --- with a form ----------------------------------------------------------------------------------


def upload_to_draft(user, content=None, *, form=INTAKE, name="", key=None, file_name="a.jpg"):
    return attach_to_draft(
        user=user,
        form=form,
        name=name or form.name,
        key=key or uuid4(),
        file=io.BytesIO(attached.photo() if content is None else content),
        file_name=file_name,
    )


def call(**more):
    """What an officer fills in for a new caller."""
    return {
        "name": "陈志远", "kind": "complaint", "content": "卫生间渗水", "channel": "hotline"
    } | more  # fmt: skip


def test_files_uploaded_at_intake_become_files_of_the_case(client, world):
    client.force_login(world.north_clerk)
    photo = upload_to_draft(world.north_clerk)
    letter = upload_to_draft(
        world.north_clerk, attached.pdf(), key=photo.draft.key, file_name="b.pdf"
    )
    data = call(unit=world.n1a.code, draft=photo.draft.key)

    assert client.post(reverse("complaints:intake"), data).status_code == 302

    case = Case.objects.get()
    found = {(file.name, file.role, file.entry.kind, file.stored_name) for file in case.files.all()}
    assert found == {
        ("a.jpg", "before", "register", photo.stored_name),
        ("b.pdf", "general", "register", letter.stored_name),
    }
    assert (Draft.objects.count(), DraftFile.objects.count(), lying()) == (0, 0, 4)
    assert "a.jpg" in client.get(case.get_absolute_url()).content.decode()


def test_a_refused_intake_keeps_what_was_typed_and_the_files(client, world):
    client.force_login(world.north_clerk)
    data = call(unit="", content="渗水严重", draft=str(uuid4()))
    files = [SimpleUploadedFile("a.jpg", attached.photo())]

    page = client.post(reverse("complaints:intake"), data | {"files": files})

    file = DraftFile.objects.get()
    assert page.status_code == 422
    assert "渗水严重" in page.content.decode()
    assert reverse("core:draft-file", args=[file.pk]) in page.content.decode()
    assert str(file.draft.key) == data["draft"]
    client.post(reverse("complaints:intake"), data | {"unit": world.n1a.code})
    assert Case.objects.get().files.count() == 1


def test_a_new_visit_offers_the_draft_and_restores_it(client, world):
    client.force_login(world.north_clerk)
    file = upload_to_draft(world.north_clerk)
    key = file.draft.key
    body = QueryDict(mutable=True)
    body.update(call(unit=world.n1a.code, content="半夜漏水"))
    save_draft(user=world.north_clerk, form=INTAKE.name, key=key, version=0, body=body.urlencode())
    client.logout()
    client.force_login(world.north_clerk)

    fresh = client.get(reverse("complaints:intake")).content.decode()
    assert (f"?draft={key}" in fresh, "半夜漏水" in fresh) == (True, False)
    restored = client.get(reverse("complaints:intake"), {"draft": str(key)}).content.decode()
    assert "半夜漏水" in restored
    assert f'value="{key}"' in restored
    assert reverse("core:draft-file", args=[file.pk]) in restored
    assert "aria-invalid" not in restored


def test_a_second_call_brings_its_files_to_the_open_case(world):
    target = make_case(unit=world.n1a, handler=world.north_clerk)
    draft = upload_to_draft(world.north_clerk).draft

    register_into(
        target,
        by=world.north_clerk,
        draft=draft,
        unit=world.n1a,
        content="又漏了",
        name="王丹",
        channel="hotline",
    )

    assert [file.entry.kind for file in target.files.all()] == ["merged_in"]


def test_a_case_of_which_the_intake_failed_keeps_the_draft(world):
    say(world.n1a, "complaints.files_per_case", 1)
    first = upload_to_draft(world.north_clerk)
    upload_to_draft(world.north_clerk, attached.pdf(), key=first.draft.key, file_name="b.pdf")

    with pytest.raises(Refused, match="最多 1 个附件"):
        make_case(unit=world.n1a, by=world.north_clerk, draft=first.draft)

    assert (Case.objects.count(), DraftFile.objects.count(), lying()) == (0, 2, 4)


def in_progress(world, **more):
    return stand(make_case(unit=world.n1a, assign=False, **more), "in_progress", world.north_clerk)


def test_photographs_of_the_finished_work_come_with_the_move(client, world):
    case = in_progress(world)
    client.force_login(world.north_clerk)
    name = f"{MOVE.name}:{case.pk}:resolve"
    key = upload_to_draft(world.north_clerk, form=MOVE, name=name).draft.key
    address = reverse("complaints:move", args=[case.pk, "resolve"])
    data = {"version": case.version, "resolution": "", "draft": str(key)}

    assert client.post(address, data).status_code == 422
    assert DraftFile.objects.count() == 1
    assert client.post(address, data | {"resolution": "已补防水"}).status_code == 302

    file = CaseFile.objects.get()
    assert (file.role, file.entry.kind) == ("after", "resolve")


def test_a_restored_move_stands_on_the_present_version(client, world):
    case = in_progress(world)
    client.force_login(world.north_clerk)
    name = f"{MOVE.name}:{case.pk}:resolve"
    key = uuid4()
    body = "version=1&resolution=fixed+it"
    save_draft(user=world.north_clerk, form=name, key=key, version=0, body=body)

    address = reverse("complaints:move", args=[case.pk, "resolve"])
    page = client.get(address, {"draft": str(key)}).content.decode()

    assert "fixed it" in page
    assert f'name="version" value="{case.version}"' in page


def test_a_rule_asks_for_a_photograph_of_the_finished_work(world):
    case, free = in_progress(world, kind="repair"), in_progress(world)
    say(world.n1a, "complaints.photos_after_resolve", ("repair",))
    make_move(free, "resolve", by=None, resolution="ok")

    with pytest.raises(Refused, match="完工照片"):
        make_move(case, "resolve", by=world.north_clerk, resolution="ok")
    attach(case, role=FileRole.BEFORE)
    with pytest.raises(Refused, match="完工照片"):
        make_move(case, "resolve", by=world.north_clerk, resolution="ok")

    name = f"{MOVE.name}:{case.pk}:resolve"
    draft = upload_to_draft(world.north_clerk, attached.picture("red"), form=MOVE, name=name).draft
    moved = make_move(case, "resolve", by=world.north_clerk, resolution="ok", draft=draft)
    assert moved.state == "resolved"


# --- the page -------------------------------------------------------------------------------------


def test_photographs_stand_side_by_side_and_are_leafed_through(client, case, world):
    before = attach(case, role=FileRole.BEFORE)
    after = attach(case, attached.picture("red"), "b.jpg", role=FileRole.AFTER)
    letter = attach(case, attached.pdf(), "c.pdf")
    client.force_login(world.north_clerk)

    page = client.get(case.get_absolute_url()).content.decode()
    preview = client.get(address("file-preview", after)).content.decode()
    part = client.get(address("file-preview", letter), headers={"hx-request": "true"})

    assert page.index("files-before") < page.index("files-after")
    assert all(address("file-preview", one) in page for one in (before, after, letter))
    assert address("file-preview", before) in preview
    assert address("file-preview", letter) in preview
    assert "2 / 3" in preview
    assert "<html" not in part.content.decode()


def test_the_number_of_queries_does_not_grow_with_files(client, case, world):
    client.force_login(world.north_clerk)

    def queries():
        client.get(case.get_absolute_url())
        with CaptureQueriesContext(connection) as captured:
            client.get(case.get_absolute_url())
        return len(captured)

    attach(case, by=world.north_clerk)
    with_one = queries()
    for colour in ("red", "blue"):
        attach(case, attached.picture(colour), by=world.north_clerk)

    assert queries() == with_one


def test_the_question_before_a_removal(client, case, world):
    file = attach(case, by=world.north_clerk)
    client.force_login(world.north_clerk)

    assert "a.jpg" in client.get(address("file-remove", file)).content.decode()
    assert client.post(address("file-remove", file)).status_code == 302
    assert CaseFile.objects.count() == 0
    client.force_login(world.south_head)
    assert client.post(address("file-remove", file)).status_code == 404
