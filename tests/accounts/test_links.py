"""One-time links: 24 hours, once, the newest only; the key leaves the address at once (row 9)."""

import json
from datetime import timedelta

import pytest
import time_machine
from django.core.management import call_command

from accounts import lockout, services
from accounts.links import find_link, issue_link
from accounts.models import LoginKind, LoginRecord, PasswordLink
from audit.models import Entry
from core.errors import Refused
from regions.models import OrgUnit

NEW = "Tall-Tree-9-Meadow"
FORM = {"password1": NEW, "password2": NEW}


def opens(client, key):
    return client.get(f"/login/link/{key}/", follow=True).status_code == 200


def test_a_link_sets_a_password_and_logs_in(client, world):
    key = issue_link(world.north_clerk, by=world.admin)
    first = client.get(f"/login/link/{key}/")

    assert (first.status_code, first["Location"]) == (302, "/login/link/set/")
    page = client.get("/login/link/set/")
    assert key not in page.content.decode()
    assert client.post("/login/link/set/", FORM).status_code == 302
    assert client.get("/account/").wsgi_request.user == world.north_clerk
    world.north_clerk.refresh_from_db()
    assert world.north_clerk.check_password(NEW)
    assert Entry.objects.get(action="user.password_set").by == world.north_clerk


def test_only_a_hash_is_stored_and_the_audit_holds_no_key(world):
    key = issue_link(world.north_clerk, by=world.admin)

    link = PasswordLink.objects.get()
    assert len(link.key_hash) == 64
    assert key not in f"{link.key_hash} {Entry.objects.get().detail}"


def test_opening_a_link_does_not_use_it_up(client, world):
    key = issue_link(world.north_clerk, by=None)

    assert opens(client, key)
    assert opens(client, key)


def test_a_link_works_once(client, world):
    key = issue_link(world.north_clerk, by=None)
    client.get(f"/login/link/{key}/")
    client.post("/login/link/set/", FORM)
    client.logout()

    assert client.get(f"/login/link/{key}/").status_code == 410


def test_two_browsers_with_one_link_set_one_password(client, world):
    key = issue_link(world.north_clerk, by=None)
    other = client.__class__()
    client.get(f"/login/link/{key}/")
    other.get(f"/login/link/{key}/")
    client.post("/login/link/set/", FORM)
    late = {"password1": "Long-Road-4-Lantern", "password2": "Long-Road-4-Lantern"}

    assert other.post("/login/link/set/", late).status_code == 410
    world.north_clerk.refresh_from_db()
    assert world.north_clerk.check_password(NEW)


def test_the_newest_link_replaces_older_ones(client, world):
    older = issue_link(world.north_clerk, by=None)
    newer = issue_link(world.north_clerk, by=None)

    assert not opens(client, older)
    assert opens(client, newer)


def test_links_of_others_stay(client, world):
    theirs = issue_link(world.south_clerk, by=None)
    issue_link(world.north_clerk, by=None)

    assert opens(client, theirs)


@pytest.mark.parametrize(("hours", "works"), [(23.9, True), (24.1, False)])
def test_a_link_works_for_24_hours(client, world, hours, works):
    with time_machine.travel("2026-11-20 09:00+08:00", tick=False) as clock:
        key = issue_link(world.north_clerk, by=None)
        clock.shift(timedelta(hours=hours))

        assert (find_link(key) is not None) == works
        assert opens(client, key) == works


@pytest.mark.parametrize("key", ["set", "x", "k" * 43])
def test_an_invented_key_opens_nothing(client, world, key):
    answer = client.get(f"/login/link/{key}/")

    assert answer.status_code == 410
    assert client.post("/login/link/set/", FORM).status_code == 410


def test_frozen_people_get_no_link_and_cannot_use_one(client, world):
    key = issue_link(world.north_clerk, by=None)
    services.freeze(world.north_clerk, by=None, reason="")

    assert not opens(client, key)
    with pytest.raises(Refused):
        issue_link(world.north_clerk, by=None)


def test_a_weak_password_is_refused_and_the_link_stays(client, world):
    key = issue_link(world.north_clerk, by=None)
    client.get(f"/login/link/{key}/")
    answer = client.post("/login/link/set/", {"password1": "12345678", "password2": "12345678"})

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == ["password1"]
    assert opens(client, key)


def test_a_link_ends_the_lock_of_too_many_failures(client, world):
    LoginRecord.objects.bulk_create(
        LoginRecord(kind=LoginKind.FAILED, employee_no="N-CLERK", user=world.north_clerk)
        for _ in range(20)
    )
    assert lockout.needs_unlocking(world.north_clerk)
    client.get(f"/login/link/{issue_link(world.north_clerk, by=None)}/")
    client.post("/login/link/set/", FORM)

    assert not lockout.needs_unlocking(world.north_clerk)


def test_other_sessions_end_when_a_link_sets_a_password(client, world):
    other = client.__class__()
    other.force_login(world.north_clerk)
    client.get(f"/login/link/{issue_link(world.north_clerk, by=None)}/")
    client.post("/login/link/set/", FORM)

    assert other.get("/account/").status_code == 302


def test_somebody_elses_open_session_becomes_the_links_persons(client, world):
    client.force_login(world.south_clerk)
    client.get(f"/login/link/{issue_link(world.north_clerk, by=None)}/")
    client.post("/login/link/set/", FORM)

    assert client.get("/account/").wsgi_request.user == world.north_clerk


def test_a_link_within_reach_only(world):
    with pytest.raises(Refused):
        services.send_link(world.south_clerk, by=world.north_head)
    assert not PasswordLink.objects.exists()


def test_the_command_prints_the_address(world, capsys):
    call_command("login_link", "n-clerk", base="https://crm.example/", json=True)

    answer = json.loads(capsys.readouterr().out)
    assert answer["employee_no"] == "N-CLERK"
    assert answer["url"].startswith("https://crm.example/login/link/")
    assert find_link(answer["url"].split("/")[-2]).user == world.north_clerk


def test_the_command_knows_its_port(world, capsys, monkeypatch):
    monkeypatch.setenv("PORT", "9123")
    call_command("login_link", "N-CLERK")

    assert capsys.readouterr().out.startswith("http://127.0.0.1:9123/login/link/")


def test_the_command_says_who_is_missing(world, capsys):
    with pytest.raises(SystemExit) as stop:
        call_command("login_link", "NOBODY")

    printed = capsys.readouterr()
    assert (stop.value.code, printed.out) == (2, "")
    assert "NOBODY" in printed.err


def bootstrap(capsys, *args, **options):
    call_command("bootstrap_admin", *args, json=True, **options)
    return json.loads(capsys.readouterr().out)


def test_the_first_administrator_gets_a_group_a_role_and_a_link(client, db, capsys):
    answer = bootstrap(capsys, "a1", name="王芳", group="远岸地产集团")
    client.get(f"/login/link/{answer['url'].split('/')[-2]}/")
    client.post("/login/link/set/", FORM)

    assert OrgUnit.objects.get().name == "远岸地产集团"
    assert client.get("/admin/").status_code == 200
    assert client.get("/admin/").wsgi_request.user.name == "王芳"


def test_a_second_bootstrap_is_refused_unless_forced(world, capsys):
    with pytest.raises(SystemExit) as stop:
        call_command("bootstrap_admin", "B1")
    assert (stop.value.code, capsys.readouterr().out) == (2, "")

    answer = bootstrap(capsys, "B1", force=True)
    assert answer["employee_no"] == "B1"
    assert OrgUnit.objects.filter(kind="group").count() == 1


def test_no_account_has_a_password_after_migrate(db):
    from accounts.models import User

    assert not User.objects.exists()
