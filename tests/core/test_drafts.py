"""Drafts of forms: nothing typed is lost, two windows keep apart, nothing lies there in clear."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from core.attachments.store import root
from core.drafts import services
from core.drafts.forms import form_of
from core.drafts.services import (
    attach_to_draft,
    body_of,
    delete_old_drafts,
    drop_draft,
    find_draft,
    hand_over,
    offered_drafts,
    save_draft,
)
from core.errors import Refused
from core.models import Draft, DraftFile, SubjectKey
from tests import attached

INTAKE = "complaints.intake"
PHONE = "13812345507"


@pytest.fixture(autouse=True)
def private(settings, tmp_path):
    settings.PRIVATE_FILES = tmp_path


@pytest.fixture
def clerk(world):
    return world.north_clerk


def save(user, body="content=a", *, key: UUID | None = None, version=0, form=INTAKE):
    return save_draft(user=user, form=form, key=key or uuid4(), version=version, body=body)


def upload(user, key, content=None, name="a.jpg"):
    file = SimpleUploadedFile(name, attached.photo() if content is None else content)
    form = form_of(INTAKE)
    return attach_to_draft(user=user, form=form, name=INTAKE, key=key, file=file, file_name=name)


def lying() -> int:
    return sum(path.is_file() for path in root().rglob("*")) if root().is_dir() else 0


# --- what is typed --------------------------------------------------------------------------------


def test_what_is_typed_comes_back_and_lies_encrypted(clerk):
    draft = save(clerk, f"phone={PHONE}")

    assert body_of(Draft.objects.get()) == f"phone={PHONE}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT d::text, encode(d.body, 'escape') FROM core_draft d")
        assert all(PHONE not in text for text in cursor.fetchone())
    assert draft.version == 1


def test_saving_again_changes_the_same_draft(clerk):
    first = save(clerk)

    second = save(clerk, "content=b", key=first.key, version=1)

    assert (second.key, second.version) == (first.key, 2)
    assert (Draft.objects.count(), SubjectKey.objects.filter(pk=first.subject_id).count()) == (1, 1)
    assert body_of(Draft.objects.get()) == "content=b"


def test_two_windows_have_two_drafts(clerk):
    one, two = save(clerk, "content=one"), save(clerk, "content=two")

    save(clerk, "content=one more", key=one.key, version=1)

    assert [body_of(row) for row in Draft.objects.order_by("pk")] == [
        "content=one more",
        "content=two",
    ]
    assert body_of(find_draft(user=clerk, form=INTAKE, key=two.key)) == "content=two"


def test_two_windows_that_restored_the_same_draft_do_not_eat_each_other(clerk):
    draft = save(clerk, "content=old")
    save(clerk, "content=left", key=draft.key, version=1)

    other = save(clerk, "content=right", key=draft.key, version=1)

    assert other.key != draft.key
    assert {body_of(row) for row in Draft.objects.all()} == {"content=left", "content=right"}


def test_a_saving_under_way_does_not_bring_back_what_was_sent(clerk):
    draft = save(clerk)
    with transaction.atomic():
        hand_over(draft)

    assert save(clerk, key=draft.key, version=1) is None
    assert Draft.objects.count() == 0


def test_drafts_are_their_users_alone(clerk, world):
    draft = save(clerk)

    assert find_draft(user=world.north_head, form=INTAKE, key=draft.key) is None
    assert offered_drafts(user=world.north_head, form=INTAKE) == []
    assert offered_drafts(user=clerk, form="complaints.move:1:plan") == []
    assert offered_drafts(user=clerk, form=INTAKE) == [draft]


def test_a_long_form_is_refused_and_drafts_of_one_person_are_limited(clerk, monkeypatch):
    with pytest.raises(Refused):
        save(clerk, "x" * (services.MOST_BYTES + 1))
    monkeypatch.setattr(services, "MOST_DRAFTS", 2)
    for body in "abc":
        save(clerk, body)

    assert [body_of(row) for row in Draft.objects.order_by("pk")] == ["b", "c"]


def test_a_draft_whose_key_was_destroyed_is_empty(clerk):
    draft = save(clerk)
    SubjectKey.objects.filter(pk=draft.subject_id).update(wrapped=None, destroyed_at=timezone.now())

    assert body_of(Draft.objects.select_related("subject").get()) == ""


def test_drafts_go_after_a_week_with_key_and_files(clerk, django_capture_on_commit_callbacks):
    old, young = save(clerk, "content=old"), save(clerk, "content=young")
    upload(clerk, old.key)
    Draft.objects.filter(pk=old.pk).update(updated_at=timezone.now() - timedelta(days=7, hours=1))

    with django_capture_on_commit_callbacks(execute=True):
        assert delete_old_drafts() == 1

    assert list(Draft.objects.all()) == [young]
    assert not SubjectKey.objects.filter(pk=old.subject_id).exists()
    assert (DraftFile.objects.count(), lying(), delete_old_drafts()) == (0, 0, 0)


# --- files ----------------------------------------------------------------------------------------


def test_a_file_before_the_first_saving_begins_the_draft(clerk):
    key = uuid4()

    upload(clerk, key)
    draft = save(clerk, key=key, version=0)  # the page has seen no saving yet

    assert (draft.key, draft.files.count()) == (key, 1)


def test_the_same_file_twice_lies_once(clerk):
    key = uuid4()

    assert upload(clerk, key) == upload(clerk, key, name="b.jpg")
    assert (DraftFile.objects.count(), lying()) == (1, 3)


def test_a_file_that_cannot_be_attached_leaves_nothing(clerk):
    with pytest.raises(Refused):
        upload(clerk, uuid4(), b"MZ\0\1program")
    assert (Draft.objects.count(), lying()) == (0, 0)


def test_of_two_who_send_a_draft_one_gets_the_files(clerk):
    key = uuid4()
    draft = upload(clerk, key).draft

    with transaction.atomic():
        first = hand_over(draft)
        second = hand_over(draft)

    assert (len(first), second, lying()) == (1, [], 3)


def test_a_dropped_draft_takes_its_files_along(clerk, django_capture_on_commit_callbacks):
    draft = upload(clerk, uuid4()).draft

    with django_capture_on_commit_callbacks(execute=True):
        drop_draft(draft)

    assert (Draft.objects.count(), DraftFile.objects.count(), lying()) == (0, 0, 0)


# --- pages ----------------------------------------------------------------------------------------


def post(client, name, *args, **data):
    return client.post(reverse(f"core:{name}", args=args), data, headers={"hx-request": "true"})


def test_the_page_saves_what_is_typed_and_nothing_else(client, clerk):
    client.force_login(clerk)
    key = str(uuid4())

    response = post(
        client,
        "draft-save",
        draft=key,
        draft_version="0",
        draft_form=INTAKE,
        csrfmiddlewaretoken="secret",
        content="渗水",
    )

    assert response.status_code == 200
    assert f'name="draft" value="{key}"' in response.content.decode()
    assert 'name="draft_version" value="1"' in response.content.decode()
    assert body_of(Draft.objects.get()) == "content=%E6%B8%97%E6%B0%B4"


@pytest.mark.parametrize(
    ("form", "status"),
    [("no.such.form", 404), ("", 404), (f"{INTAKE}{'x' * 90}", 404)],
)
def test_forms_that_nobody_registered(client, clerk, form, status):
    client.force_login(clerk)

    assert post(client, "draft-save", draft=str(uuid4()), draft_form=form).status_code == status


def test_a_form_without_the_right_to_it(client, world):
    client.force_login(world.reader)

    answer = post(client, "draft-save", draft=str(uuid4()), draft_form=INTAKE)

    assert answer.status_code == 403


def test_files_of_a_draft_are_shown_to_nobody_else(client, clerk, world):
    file = upload(clerk, uuid4())
    address = reverse("core:draft-file", args=[file.pk])
    client.force_login(clerk)
    assert b"".join(client.get(address).streaming_content)[:3] == b"\xff\xd8\xff"
    assert b"".join(client.get(f"{address}?thumb=1").streaming_content)

    for other in (world.north_head, world.admin):
        client.force_login(other)
        assert client.get(address).status_code == 404
        assert post(client, "draft-file-remove", file.pk).status_code == 404
        assert post(client, "draft-drop", file.draft.key).status_code == 200
    assert DraftFile.objects.count() == 1


def test_uploads_of_the_page_answer_with_the_list(client, clerk):
    client.force_login(clerk)
    files = [SimpleUploadedFile("a.jpg", attached.photo()), SimpleUploadedFile("b.jpg", b"MZ\0")]

    answer = post(client, "draft-files", draft=str(uuid4()), draft_form=INTAKE, files=files)

    text = answer.content.decode()
    file = DraftFile.objects.get()
    assert reverse("core:draft-file", args=[file.pk]) in text
    assert "b.jpg：不能添加这种文件" in text
    assert file.name == "a.jpg"
    answer = post(client, "draft-file-remove", file.pk)
    assert "a.jpg" not in answer.content.decode()
