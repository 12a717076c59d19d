"""Asking and reminding: everybody once, nobody who refused, also when a run is killed."""

from datetime import timedelta

import pytest
from django.utils import timezone
from python_calamine import CalamineWorkbook

from audit.models import Entry
from core import jobs
from core.errors import Refused
from core.exports import folder
from core.faults import Fault, _passed
from core.models import JobState, OutboxMessage
from satisfaction import link_files
from satisfaction.models import Sample, SurveyLink
from satisfaction.services import invitations
from satisfaction.services.drawing import draw, drop
from satisfaction.services.invitations import invite, remind
from satisfaction.services.links import link_of
from satisfaction.services.waves import open_wave
from tests.factories import make_contact
from tests.satisfaction.waves import make_owner, make_wave, quota

LATER = timezone.now() + timedelta(days=6)
MUCH_LATER = LATER + timedelta(days=6)


def make_firm(unit, number):
    firm = make_owner(unit, kind="organisation", phone=False)
    make_contact(customer=firm, email=f"owner{number}@example.cn")
    return firm


@pytest.fixture
def wave(world):
    """An open wave: three firms with an e-mail and two people with a number are drawn."""
    firms = [make_firm(world.n1a, number) for number in range(3)]
    people = [make_owner(world.n1a) for _n in range(2)]
    wave = make_wave(world.n1a, reserve_share=0, reminder_days=5)
    quota(wave, world.n1a, 5)
    draw(wave, by=None, seed=3)
    wave = open_wave(wave, by=None)
    wave.firms, wave.people = firms, people
    return wave


def tokens():
    return [
        mail.text.split("/s/")[1].split("/")[0] for mail in OutboxMessage.objects.order_by("pk")
    ]


def customers(tokens):
    """Whom these tokens ask."""
    asked = [link_of(token).sample for token in tokens]
    return set(Sample.objects.filter(pk__in=asked).values_list("customer", flat=True))


def states(wave):
    rows = Sample.objects.filter(wave=wave).order_by("pk")
    return [rows.get(customer=one).state for one in (*wave.firms, *wave.people)]


def test_who_has_an_e_mail_is_invited_once(wave):
    assert invite(wave, by=None) == 3
    assert invite(wave, by=None) == 0

    assert states(wave) == ["invited"] * 3 + ["drawn"] * 2
    assert customers(tokens()) == {one.pk for one in wave.firms}
    kept = b"".join(bytes(link.token_hash) for link in SurveyLink.objects.all())
    assert not any(token.encode() in kept for token in tokens())
    assert {mail.to for mail in OutboxMessage.objects.all()} == {
        f"owner{n}@example.cn" for n in range(3)
    }


def test_a_run_that_is_killed_goes_on_where_it_stood(wave, monkeypatch):
    monkeypatch.setattr(invitations, "BATCH", 1)
    monkeypatch.setenv("CRM_FAULTS", "invitations.batch:2:raise")
    _passed.clear()
    with pytest.raises(Fault):
        invite(wave, by=None)
    assert states(wave).count("invited") == OutboxMessage.objects.count() == 1
    monkeypatch.delenv("CRM_FAULTS")

    assert invite(wave, by=None) == 2

    assert OutboxMessage.objects.count() == SurveyLink.objects.count() == 3


def test_reminders_go_twice_at_most_to_those_who_have_not_answered(wave, monkeypatch):
    invite(wave, by=None)
    answered, refused, silent = (Sample.objects.get(wave=wave, customer=one) for one in wave.firms)
    Sample.objects.filter(pk=answered.pk).update(state="answered")
    drop(refused, "refused", by=None)
    OutboxMessage.objects.all().delete()

    assert remind(wave, by=None) == 0  # too early
    monkeypatch.setenv("CRM_FAULTS", "invitations.batch:1:raise")
    _passed.clear()
    with pytest.raises(Fault):
        remind(wave, by=None, now=LATER)
    monkeypatch.delenv("CRM_FAULTS")
    assert not OutboxMessage.objects.exists()
    assert [remind(wave, by=None, now=LATER) for _n in range(2)] == [1, 0]
    assert [remind(wave, by=None, now=when) for when in (LATER, MUCH_LATER)] == [0, 1]
    Sample.objects.filter(pk=silent.pk).update(reminded_at=LATER - timedelta(days=30))
    assert remind(wave, by=None, now=MUCH_LATER) == 0  # the rule says twice

    assert [link_of(token).sample for token in tokens()] == [silent.pk, silent.pk]


def test_numbers_and_links_leave_in_one_file_on_the_record(wave, world, monkeypatch):
    with pytest.raises(Refused):
        link_files.start_file(wave, "invite", by=world.south_keeper)
    monkeypatch.setenv("CRM_FAULTS", "links.written:1:raise")
    _passed.clear()
    job = link_files.start_file(wave, "invite", by=world.north_keeper)
    with pytest.raises(Fault):
        jobs.work(job.pk)
    assert states(wave)[3:] == ["drawn", "drawn"]
    monkeypatch.delenv("CRM_FAULTS")
    job.refresh_from_db()
    job.not_before = None
    job.save()

    assert jobs.work(job.pk).state == JobState.DONE

    book = CalamineWorkbook.from_path(folder() / job.payload["file"])
    rows = book.get_sheet_by_index(0).to_python()[1:]
    numbers = {row[1].replace(" ", "") for row in rows}
    assert numbers == {one.clear("phone").replace(" ", "") for one in wave.people}
    assert customers(row[2].split("/s/")[1].strip("/") for row in rows) == {
        one.pk for one in wave.people
    }
    assert SurveyLink.objects.count() == 2  # those of the killed run are gone
    assert states(wave)[3:] == ["invited", "invited"]
    entry = Entry.objects.get(action="satisfaction.links_file")
    assert (entry.by, entry.detail["count"]) == (world.north_keeper, 2)
    job.refresh_from_db()
    type(job).objects.filter(pk=job.pk).update(finished_at=timezone.now() - timedelta(hours=25))
    assert link_files.delete_old_files() == 1
    assert not (folder() / job.payload["file"]).exists()
