"""Mails that come in: fetched once from a real IMAP server, sorted, and settled by one person."""

import os
import signal
import subprocess
import sys
import threading
from contextlib import closing

import pytest
from django.conf import settings as current
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from audit.models import Entry
from complaints.doctor import mailbox as doctor
from complaints.models import (
    Case,
    CaseEntry,
    CaseFile,
    Complainant,
    IncomingFile,
    IncomingMail,
    Mailbox,
)
from complaints.services import make_move
from complaints.services.incoming import dismiss_mail, join_mail, register_mail, restore_mail
from complaints.services.mailbox import delete_old_mail, fetch_mail
from core.attachments.store import path_of, root
from core.doctor import Level
from core.errors import Refused
from core.models import Notice, OutboxMessage, OutboxState, SubjectKey
from core.notices.outbox import finish
from regions.models import OrgUnit
from regions.policies import policy
from tests.attached import picture
from tests.complaints.mails import OWNER, Server, mail
from tests.factories import make_case, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def imap():
    server = Server()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def server(imap, settings, tmp_path):
    """The server with an empty INBOX, named in the settings."""
    with imap.box() as box:
        box.uid("STORE", "1:*", "+FLAGS", "(\\Deleted)")
        box.expunge()
    settings.CRM_MAILBOX = imap.account
    settings.CRM_MAILBOX_UNITS = {}
    settings.PRIVATE_FILES = tmp_path
    return imap


@pytest.fixture
def officer(world):
    return make_user(unit=world.group, role="hotline", no="G-400", name="孙悦")


def take(server, *mails):
    """Deliver and fetch; the rows in the order of arrival."""
    server.deliver(*mails)
    fetch_mail()
    return list(IncomingMail.objects.order_by("pk"))


def values(world, **more):
    return {"unit": world.n1a, "content": "卫生间漏水", "name": "陈志远"} | more


# --- fetching -------------------------------------------------------------------------------------


def test_a_mail_is_taken_over_once_and_marked(server, world):
    [row] = take(server, mail(files=(("漏水.jpg", picture(), "image/jpeg"),)))

    assert (row.state, row.title, row.sender_name) == ("waiting", "卫生间漏水", "陈志远")
    assert (row.clear_sender(), row.unit) == (OWNER, world.group)
    assert row.text.startswith("卫生间漏水，请尽快处理")
    assert OWNER.encode() not in bytes(row.sender_cipher)
    assert b"13812345507" not in bytes(row.text_cipher)
    [file] = row.files.all()
    assert (file.name, file.mime) == ("漏水.jpg", "image/jpeg")
    assert path_of(file.stored_name).exists()
    assert server.seen() == [True]

    assert fetch_mail().total == 0
    assert IncomingMail.objects.count() == 1


def test_a_gbk_mail_and_a_second_one(server, world):
    rows = take(server, mail("第一封", number="1"))
    gbk = "楼上噪音".encode("gb18030")
    header = b"From: w@qq.com\r\nMessage-ID: <2@x>\r\nSubject: =?gb2312?B?"
    header += b"wrHJz9Tr0vQ=?=\r\nContent-Type: text/plain; charset=gb2312\r\n\r\n"
    rows = take(server, header + gbk)

    assert [row.text for row in rows] == ["第一封", "楼上噪音"]
    assert Mailbox.objects.get().last_uid > 0


def test_without_a_mailbox_nothing_happens(settings, world):
    settings.CRM_MAILBOX = None

    assert fetch_mail().total == 0
    assert not Mailbox.objects.exists()
    assert list(doctor()) == []


def test_a_wrong_password_is_one_clear_sentence_without_the_password(server, world, settings):
    from dataclasses import replace

    settings.CRM_MAILBOX = replace(server.account, password="verysecret")

    with pytest.raises(Refused) as refusal:
        fetch_mail()

    assert "CRM_MAILBOX_URL" in str(refusal.value)
    assert "verysecret" not in str(refusal.value)
    [finding] = doctor()
    assert (finding.level, finding.sentence) == (Level.ERROR, str(refusal.value))


def test_a_server_that_is_down_is_told_and_tried_again(server, world, settings):
    from dataclasses import replace

    settings.CRM_MAILBOX = replace(server.account, port=1)
    with pytest.raises(Refused):
        fetch_mail()
    assert [finding.level for finding in doctor()] == [Level.ERROR]

    settings.CRM_MAILBOX = server.account
    assert len(take(server, mail())) == 1
    assert [finding.level for finding in doctor()] == [Level.OK]


def test_a_folder_that_does_not_exist(server, world, settings):
    from dataclasses import replace

    settings.CRM_MAILBOX = replace(server.account, folder="Nowhere")

    with pytest.raises(Refused, match="CRM_MAILBOX_URL"):
        fetch_mail()


def test_mails_numbered_anew_are_recognised(server, world):
    take(server, mail(number="1"), mail("二", number="2"))
    # The server forgets its numbers, as after a move: what it has is read again.
    Mailbox.objects.update(uid_validity=1, last_uid=999_999)

    rows = take(server, mail("三", number="3"))

    assert [row.message_id[:2] for row in rows] == ["<1", "<2", "<3"]
    assert SubjectKey.objects.count() == 3
    assert Mailbox.objects.get().uid_validity > 1


def test_a_mail_of_thirty_megabytes_is_listed_with_a_reason(server, world):
    huge = mail(title="视频", files=(("v.mp4", b"\x00" * 22_000_000, "video/mp4"),))
    assert len(huge) > 29_000_000

    first, second = take(server, huge, mail(number="2"))

    assert (first.state, first.reason, first.title) == ("refused", "too_large", "视频")
    assert (first.clear_sender(), first.text) == (OWNER, "")
    assert not IncomingFile.objects.exists()
    assert second.state == "waiting"


def test_a_hostile_mail_is_listed_and_those_behind_it_are_read(server, world):
    parts = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 500

    first, second = take(server, b"From: w@qq.com\r\nSubject: bad\r\n" + parts, mail())

    assert (first.state, first.reason, first.title) == ("refused", "broken", "bad")
    assert second.state == "waiting"


def test_files_that_are_not_accepted_are_left_out_with_a_sentence(server, world):
    files = (("a.jpg", picture(), "image/jpeg"), ("b.exe", b"MZ\x00\x01", "image/jpeg"))

    [row] = take(server, mail(files=files))

    assert [file.name for file in row.files.all()] == ["a.jpg"]
    [(name, sentence)] = row.left_out
    assert name == "b.exe"
    assert sentence


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({"Auto_Submitted": "auto-replied"}, "auto_reply"),
        ({"Return_Path": "<>"}, "bounce"),
        ({"sender": "crm@localhost"}, "own"),
    ],
)
def test_mails_of_programs_are_filed(server, world, headers, reason):
    case = make_case(unit=world.n1a)

    [row] = take(server, mail(title=f"Re: {case.number}", **headers))

    assert (row.state, row.reason) == ("automatic", reason)
    assert not CaseEntry.objects.filter(kind="mail_in").exists()


def test_the_address_of_a_unit_gives_the_mail_to_the_unit(server, world, settings):
    settings.CRM_MAILBOX_UNITS = {"n1a@example.cn": world.n1a.code}

    own, groups = take(server, mail(to="n1a@example.cn"), mail(number="2"))

    assert (own.unit, own.project_id) == (world.n1a, world.n1a.pk)
    assert groups.unit == world.group
    assert set(IncomingMail.objects.visible_to(world.north_head)) == {own}
    assert not IncomingMail.objects.visible_to(world.south_head).exists()


@pytest.mark.django_db(transaction=True)
def test_two_fetchers_at_once_take_each_mail_over_once(server, world):
    server.deliver(*(mail(f"第{number}封", number=str(number)) for number in range(6)))
    failures = []

    def fetch():
        try:
            fetch_mail()
        except Exception as error:  # noqa: BLE001 a thread hands it to the test
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=fetch) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert sorted(IncomingMail.objects.values_list("message_id", flat=True)) == [
        f"<{number}@mail.example.cn>" for number in range(6)
    ]
    assert SubjectKey.objects.count() == 6


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("place", ["mail.read:2", "files.kept:2", "mail.stored:2"])
def test_a_fetcher_that_is_killed_loses_and_repeats_nothing(server, world, place, settings):
    server.deliver(
        *(
            mail(
                f"第{n}封",
                number=str(n),
                files=((f"{n}.jpg", picture(size=(9 + n, 9)), "image/jpeg"),),
            )
            for n in range(3)
        )
    )
    code = (
        "import django; django.setup();"
        "from django.conf import settings; from core.mailbox.account import Account;"
        f"settings.CRM_MAILBOX = Account('imap', '127.0.0.1', {server.port}, "
        f"{server.account.user!r}, {server.account.password!r}, 'INBOX');"
        f"settings.PRIVATE_FILES = {str(settings.PRIVATE_FILES)!r};"
        f"settings.DATABASES['default']['NAME'] = {connection.settings_dict['NAME']!r};"
        "from complaints.services.mailbox import fetch_mail; fetch_mail()"
    )
    killed = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ
        | {"CRM_FAULTS": f"{place}:kill", "DJANGO_SETTINGS_MODULE": "crm_site.settings_test"},
        cwd=current.BASE_DIR,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    before = IncomingMail.objects.count()
    assert before == (2 if place.startswith("mail.stored") else 1)

    fetch_mail()

    texts = [row.text for row in IncomingMail.objects.order_by("pk")]
    assert texts == ["第0封", "第1封", "第2封"]
    assert IncomingFile.objects.count() == 3
    for file in IncomingFile.objects.all():
        assert path_of(file.stored_name).exists()


# --- what becomes of a mail -----------------------------------------------------------------------


def test_a_mail_becomes_a_case_with_its_files_and_its_time(server, world, officer):
    [row] = take(server, mail(files=(("漏水.jpg", picture(), "image/jpeg"),)))
    stored = row.files.get().stored_name

    case = register_mail(row, by=officer, **values(world))

    row.refresh_from_db()
    assert (row.state, row.case, row.settled_by) == ("registered", case, officer)
    assert (case.channel, case.taken_in_at) == ("mail", row.received_at)
    file = CaseFile.objects.get(case=case)
    assert (file.stored_name, file.role) == (stored, "owner")
    assert path_of(stored).exists()
    assert not IncomingFile.objects.exists()
    assert Entry.objects.filter(action="mail.registered", by=officer).count() == 1
    assert not OutboxMessage.objects.exists()  # no acknowledgement unless the rule says so


def test_who_is_second_is_told_who_was_quicker(server, world, officer):
    [row] = take(server, mail())
    case = register_mail(row, by=officer, **values(world))

    for late in (
        lambda: register_mail(row, by=world.admin, **values(world)),
        lambda: join_mail(row, by=officer, case=case),
        lambda: dismiss_mail(row, by=officer, reason="spam"),
    ):
        with pytest.raises(Refused) as refusal:
            late()
        if "孙悦" in str(refusal.value):
            assert case.number in str(refusal.value)
    assert Case.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_people_on_one_mail_make_one_case(server, world, officer):
    [row] = take(server, mail())
    other = make_user(unit=world.group, role="hotline", no="G-401", name="吴敏")
    begin, refused = threading.Barrier(2), []

    def register(person):
        begin.wait()
        try:
            register_mail(row, by=person, **values(world))
        except Refused as refusal:
            refused.append(str(refusal))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=register, args=(one,)) for one in (officer, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert Case.objects.count() == 1
    row.refresh_from_db()
    [sentence] = refused
    assert row.settled_by.name in sentence


def test_a_mail_out_of_reach_cannot_be_settled(server, world):
    [row] = take(server, mail())

    for person in (world.north_head, world.south_head):
        with pytest.raises(Refused):
            dismiss_mail(row, by=person, reason="spam")
        with pytest.raises(Refused):
            register_mail(row, by=person, **values(world))
    row.refresh_from_db()
    assert row.is_waiting


def test_a_mail_is_put_aside_with_a_reason_and_taken_back(server, world, officer):
    [row] = take(server, mail())
    with pytest.raises(Refused):
        dismiss_mail(row, by=officer, reason="broken")

    aside = dismiss_mail(row, by=officer, reason="spam", note="广告")
    assert (aside.state, aside.reason, aside.settled_by) == ("dismissed", "spam", officer)

    back = restore_mail(row, by=officer)
    assert (back.state, back.reason, back.settled_by, back.settled_at) == (
        "waiting",
        "",
        None,
        None,
    )
    with pytest.raises(Refused):
        restore_mail(row, by=officer)


# --- answers --------------------------------------------------------------------------------------


@pytest.fixture
def case(server, world, officer):
    [row] = take(server, mail())
    return register_mail(row, by=officer, handler=world.north_clerk, **values(world))


def answer(case, text="还在漏水\n\n> 旧文", **more):
    return mail(text, title=f"回复：{case.number} 卫生间漏水", number="9", **more)


def test_an_answer_of_the_complainant_goes_to_his_case(server, world, case):
    file = ("还漏.jpg", picture("red"), "image/jpeg")

    row = take(server, answer(case, files=(file,)))[-1]

    assert (row.state, row.case, row.settled_by) == ("joined", case, None)
    entry = CaseEntry.objects.get(case=case, kind="mail_in")
    assert (entry.text, entry.internal, entry.by) == ("还在漏水", False, None)
    assert CaseFile.objects.get(case=case).entry == entry
    notice = Notice.objects.get(kind="complaints.mail_came")
    assert notice.user == world.north_clerk


@pytest.mark.parametrize(
    "sender", ["别人 <other@example.cn>", f"{OWNER} <other@example.cn>", "nobody"]
)
def test_an_answer_of_somebody_else_waits_for_a_person(server, world, case, sender):
    row = take(server, answer(case, sender=sender))[-1]

    assert (row.state, row.case) == ("waiting", None)
    assert not CaseEntry.objects.filter(kind="mail_in").exists()


def test_a_mail_that_joined_by_itself_does_not_vouch_for_an_address(server, world, case):
    """Only what a person looked at says whose an address is."""
    IncomingMail.objects.update(settled_by=None)

    row = take(server, answer(case))[-1]

    assert row.state == "waiting"


def test_an_answer_to_a_case_that_has_ended_waits_for_a_person(server, world, case):
    for name, facts in (("ask_reject", {"reason": "x"}), ("reject", {})):
        make_move(case, name, by=None, **facts)

    assert take(server, answer(case))[-1].state == "waiting"


def test_an_answer_to_a_merged_case_goes_where_that_went(server, world, case):
    into = make_case(unit=world.n1a)
    make_move(case, "merge", by=None, into=into)

    row = take(server, answer(case))[-1]

    assert (row.state, row.case) == ("joined", into)


def test_a_person_adds_a_mail_to_a_case(server, world, officer, case):
    row = take(server, answer(case, sender="儿子 <son@example.cn>"))[-1]

    join_mail(row, by=officer, case=case)

    row.refresh_from_db()
    assert (row.state, row.case, row.settled_by) == ("joined", case, officer)
    # From now on the address is known in this case.
    again = mail("谢谢", title=case.number, number="10", sender="儿子 <son@example.cn>")
    assert take(server, again)[-1].case == case


def test_a_mail_is_not_added_to_a_case_out_of_reach(server, world, settings):
    settings.CRM_MAILBOX_UNITS = {"n1a@example.cn": world.n1a.code}
    [row] = take(server, mail(to="n1a@example.cn"))

    with pytest.raises(Refused):
        join_mail(row, by=world.north_head, case=make_case(unit=world.s1a))


# --- acknowledging, tidying up --------------------------------------------------------------------


@pytest.fixture
def acknowledging(monkeypatch):
    import complaints.services.incoming as incoming

    def rule(key, unit):
        return True if key == "complaints.mail_acknowledgement" else policy(key, unit)

    monkeypatch.setattr(incoming, "policy", rule)


def test_the_sender_is_told_his_number(server, world, officer, acknowledging):
    [row] = take(server, mail())

    case = register_mail(row, by=officer, **values(world))

    [message] = OutboxMessage.objects.all()
    assert message.to == OWNER
    assert case.number in message.subject
    assert case.number in message.text
    assert message.headers["Reply-To"] == server.account.address
    assert message.headers["In-Reply-To"] == row.message_id
    # Once it is sent, the address is of no use to anybody.
    OutboxMessage.objects.update(state=OutboxState.SENDING)
    finish(message, OutboxState.SENT, "", holder=None)
    message.refresh_from_db()
    assert OWNER not in message.to


def test_programs_that_write_to_each_other_stop_soon(server, world, officer, acknowledging):
    rows = take(server, *(mail(f"第{n}封", number=str(n)) for n in range(6)))

    for row in rows:
        register_mail(row, by=officer, **values(world))

    assert OutboxMessage.objects.count() == 3


def test_what_became_no_case_is_deleted_after_ninety_days(server, world, officer):
    file = ("a.jpg", picture(), "image/jpeg")
    spam, kept, waits = take(
        server, mail(files=(file,)), mail("b", number="2"), mail("c", number="3")
    )
    dismiss_mail(spam, by=officer, reason="spam")
    register_mail(kept, by=officer, **values(world))
    assert delete_old_mail() == 0

    old = timezone.now() - timezone.timedelta(days=91)
    IncomingMail.objects.exclude(pk=waits.pk).update(settled_at=old)
    assert delete_old_mail() == 1

    assert set(IncomingMail.objects.all()) == {kept, waits}
    assert not SubjectKey.objects.filter(pk=spam.subject_id).exists()


# --- pages ----------------------------------------------------------------------------------------


def page(client, name, *args, **query):
    return client.get(reverse(f"complaints:{name}", args=args), query)


def test_the_number_of_queries_of_the_list_does_not_grow(client, server, world, officer):
    client.force_login(officer)

    def queries():
        page(client, "incoming")
        with CaptureQueriesContext(connection) as captured:
            answer = page(client, "incoming")
        return len(captured), answer.content.decode()

    take(server, mail())
    with_one, _text = queries()
    take(server, mail("二", title="第二", number="2"), mail("三", title="第三", number="3"))
    with_three, text = queries()

    assert with_three == with_one
    assert "第三" in text


def test_the_intake_form_is_filled_in_and_registers(client, server, world, officer):
    [row] = take(server, mail(files=(("漏水.jpg", picture(), "image/jpeg"),)))
    client.force_login(officer)

    form = page(client, "intake", mail=row.pk)
    text = form.content.decode()
    assert f'name="mail" value="{row.pk}"' in text
    assert 'value="13812345507"' in text  # the number that stands in the mail
    assert "请尽快处理" in text
    done = client.post(
        reverse("complaints:intake"),
        {
            "mail": row.pk,
            "find": "",
            "name": "陈志远",
            "unit": world.n1a.code,
            "kind": "repair",
            "content": "卫生间漏水",
            "channel": "mail",
        },
    )

    case = Case.objects.get()
    assert done.status_code == 302
    assert (case.kind, case.channel, case.entered_by) == ("repair", "mail", officer)
    assert case.files.count() == 1
    assert Complainant.objects.get().name == "陈志远"
    assert page(client, "intake", mail=row.pk).status_code == 302  # it waits no longer


def test_the_second_one_reads_who_was_quicker_and_keeps_what_he_typed(
    client, server, world, officer
):
    [row] = take(server, mail())
    register_mail(row, by=officer, **values(world))
    client.force_login(make_user(unit=world.group, role="hotline", no="G-402"))

    late = client.post(
        reverse("complaints:intake"),
        {
            "mail": row.pk,
            "name": "陈志远",
            "unit": world.n1a.code,
            "kind": "repair",
            "content": "我写的话",
            "channel": "mail",
        },
    )

    assert late.status_code == 422
    assert "孙悦" in late.content.decode()
    assert "我写的话" in late.content.decode()
    assert Case.objects.count() == 1


def test_a_mail_of_another_unit_does_not_exist(client, server, world, settings):
    settings.CRM_MAILBOX_UNITS = {"s1a@example.cn": world.s1a.code}
    file = ("a.jpg", picture(), "image/jpeg")
    southern, groups = take(
        server,
        mail(title="南方的信", to="s1a@example.cn", files=(file,)),
        mail("二", title="集团的信", number="2"),
    )
    client.force_login(world.north_head)

    text = page(client, "incoming").content.decode()
    assert "南方的信" not in text
    assert "集团的信" not in text
    for row in (southern, groups):
        assert page(client, "incoming-mail", row.pk).status_code == 404
        assert (
            f'name="mail" value="{row.pk}"'
            not in page(client, "intake", mail=row.pk).content.decode()
        )
        post = client.post(row.get_absolute_url(), {"act": "dismiss", "reason": "spam"})
        assert post.status_code == 404
    address = [southern.pk, southern.files.get().pk]
    assert page(client, "incoming-file", *address).status_code == 404
    client.force_login(world.south_head)
    with closing(page(client, "incoming-file", *address)) as shown:
        assert shown.status_code == 200
        assert shown.getvalue().startswith(b"\xff\xd8")


def test_a_page_puts_a_mail_aside_and_takes_it_back(client, server, world, officer):
    [row] = take(server, mail())
    client.force_login(officer)

    empty = client.post(row.get_absolute_url(), {"act": "dismiss"})
    assert empty.status_code == 422
    done = client.post(row.get_absolute_url(), {"act": "dismiss", "reason": "spam"})
    assert done.status_code == 302
    assert "卫生间漏水" in page(client, "incoming", show="aside").content.decode()
    client.post(row.get_absolute_url(), {"act": "restore"})
    row.refresh_from_db()
    assert row.is_waiting


def test_the_page_offers_the_case_that_the_subject_names(client, server, world, officer, case):
    row = take(server, answer(case, sender="别人 <other@example.cn>"))[-1]
    client.force_login(officer)

    assert f'value="{case.number}"' in page(client, "incoming-mail", row.pk).content.decode()
    done = client.post(row.get_absolute_url(), {"act": "join", "number": case.number.lower()})
    assert done.status_code == 302
    row.refresh_from_db()
    assert row.case == case
    wrong = take(server, mail("x", number="77"))[-1]
    refused = client.post(wrong.get_absolute_url(), {"act": "join", "number": "TS0"})
    assert refused.status_code == 422


def test_html_of_a_mail_reaches_no_page(client, server, world, officer):
    [row] = take(server, mail("<script>alert(1)</script>", title="<img src=x onerror=1>"))
    client.force_login(officer)

    for name, args in (("incoming", ()), ("incoming-mail", (row.pk,))):
        text = page(client, name, *args).content.decode()
        assert "<script>alert" not in text
        assert "<img src=x" not in text


def test_files_lie_under_the_private_folder(server, world):
    take(server, mail(files=(("../../x.jpg", picture(), "image/jpeg"),)))

    assert str(path_of(IncomingFile.objects.get().stored_name)).startswith(str(root()))
    assert OrgUnit.objects.exists()
