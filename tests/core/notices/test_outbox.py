"""The outbox against a real mail server: each mail once, whatever breaks."""

import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from datetime import timedelta

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings as django_settings
from django.db import connection
from django.utils import timezone

from audit.models import Entry
from core import leaving
from core.errors import Refused
from core.models import OutboxMessage, OutboxState, OutboxTry
from core.notices import findings, outbox
from core.notices.channels import channel_named
from core.notices.render import Words
from tests.worker import environment

pytestmark = pytest.mark.django_db

WORDS = Words("标题", "第一行\n.\n第三行", "<p>正文</p>")


def write(key="k", to="li@example.cn", **more) -> OutboxMessage:
    message = outbox.mail(to=to, words=WORDS, key=key, kind="core.export_ready", user=None)
    for name, value in more.items():
        setattr(message, name, value)
    outbox.post([message])
    return OutboxMessage.objects.get(dedupe_key=f"mail:{key}")


def again(*messages: OutboxMessage) -> None:
    """Let the pauses pass."""
    past = timezone.now() - timedelta(seconds=1)
    OutboxMessage.objects.filter(pk__in=[one.pk for one in messages]).update(next_try_at=past)


def state(message: OutboxMessage) -> tuple[str, int]:
    message.refresh_from_db()
    return message.state, message.attempts


def test_a_mail_arrives_as_it_was_meant(post_office):
    message = write()

    assert outbox.deliver().as_json() == {"sent": 1, "waiting": 0, "failed": 0, "doubt": 0}

    (mail,) = post_office.taken
    assert (mail["To"], mail["Subject"]) == ("li@example.cn", "标题")
    assert mail["From"].addresses[0].addr_spec == "crm@example.cn"
    assert mail["From"].addresses[0].display_name == "客户关系系统"
    assert mail["Message-ID"] == f"<{message.number}@example.cn>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["List-Id"] == "<notices.example.cn>"
    assert mail["Date"].datetime == timezone.localtime(message.created_at).replace(microsecond=0)
    text, html = (part.get_content() for part in mail.iter_parts())
    assert text.replace("\r\n", "\n").strip() == "第一行\n.\n第三行"
    assert html.strip() == "<p>正文</p>"


def test_what_was_sent_is_emptied_and_not_sent_again(post_office):
    message = write()
    outbox.deliver()
    outbox.deliver()

    assert state(message) == (OutboxState.SENT, 1)
    assert (message.text, message.html, message.last_error) == ("", "", "")
    assert message.sent_at is not None
    assert len(post_office.taken) == 1
    (attempt,) = message.tries.all()
    assert (attempt.state, attempt.answer) == (OutboxState.SENT, "250 OK")


def test_the_same_key_is_written_once(post_office):
    write()
    write()

    assert OutboxMessage.objects.count() == 1


def test_one_line_serves_a_whole_batch(post_office):
    for number in range(15):
        write(str(number))

    outbox.deliver()

    assert (len(post_office.taken), post_office.lines) == (15, 1)


def test_a_temporary_refusal_is_tried_again_with_growing_pauses(post_office):
    post_office.answers = ["451 later", "451 later"]
    message = write()

    outbox.deliver()
    assert state(message) == (OutboxState.WAITING, 1)
    first = message.next_try_at - timezone.now()
    assert timedelta(seconds=45) < first < timedelta(seconds=75)
    assert message.last_error == "451 later"
    assert outbox.deliver().counts.total() == 0  # not before its time

    again(message)
    outbox.deliver()
    assert message.number == OutboxMessage.objects.get().number
    message.refresh_from_db()
    assert timedelta(seconds=230) < message.next_try_at - timezone.now() < timedelta(seconds=370)

    again(message)
    outbox.deliver()
    assert state(message) == (OutboxState.SENT, 3)
    assert [one.state for one in message.tries.all()] == ["waiting", "waiting", "sent"]


def test_a_permanent_refusal_fails_at_once_and_stops_nobody(post_office):
    post_office.refused["gone@example.cn"] = "550 no such person"
    bad, good = write("bad", to="gone@example.cn"), write("good")

    outbox.deliver()

    assert state(bad) == (OutboxState.FAILED, 1)
    assert bad.last_error == "550 no such person"
    assert state(good) == (OutboxState.SENT, 1)


def test_a_refused_sender_is_a_mistake_of_the_settings_and_kills_no_mail(post_office):
    post_office.senders_refused = "550 who are you"
    message = write()

    outbox.deliver()

    assert state(message) == (OutboxState.WAITING, 1)
    assert message.last_error == "550 who are you"


def test_after_the_last_try_a_message_is_a_dead_letter(post_office):
    tries = len(outbox.PAUSES) + 1
    post_office.answers = ["451 later"] * tries
    message = write()
    for _try in range(tries):
        again(message)
        outbox.deliver()

    assert state(message) == (OutboxState.FAILED, tries)
    again(message)
    assert outbox.deliver().counts.total() == 0
    assert any("failed" in str(one) or one.level == "warning" for one in findings())


def test_a_line_that_breaks_after_the_mail_left_leaves_it_in_doubt(post_office):
    post_office.answers = ["drop"]
    doubtful, next_one = write("a"), write("b")

    outbox.deliver()
    outbox.deliver()

    assert state(doubtful) == (OutboxState.DOUBT, 1)
    assert state(next_one) == (OutboxState.SENT, 1)
    assert len(post_office.taken) == 2  # once each


@pytest.mark.parametrize("to", ["a@b.cn\nBcc: all@example.cn", "a@b.cn\r\nDATA", "a\x00@b.cn"])
def test_an_address_cannot_begin_a_header(to):
    with pytest.raises(ValueError, match="one line"):
        outbox.mail(to=to, words=WORDS, key="k", kind="x", user=None)


def test_a_poisonous_row_fails_and_the_others_go(post_office):
    injected = write("subject")
    OutboxMessage.objects.filter(pk=injected.pk).update(subject="a\nBcc: all@example.cn")
    headers = write("header", headers={"X-Note": "a\r\nBcc: all@example.cn"})
    nonsense = write("address", to="not an address")
    good = write("good")

    outbox.deliver()

    assert [state(one)[0] for one in (injected, headers, nonsense, good)] == [
        "failed",
        "failed",
        "failed",
        "sent",
    ]
    assert [mail["To"] for mail in post_office.taken] == ["li@example.cn"]
    assert post_office.taken[0]["Bcc"] is None


def test_a_server_that_is_away_is_no_failure_of_the_mail(post_office, settings):
    message = write()
    settings.EMAIL_PORT = 1  # nobody listens there

    outbox.deliver()

    assert state(message) == (OutboxState.WAITING, 0)
    assert "ConnectionRefusedError" in message.last_error
    assert (message.holder, message.lease_until) == (None, None)


def test_without_a_server_mails_wait_three_days_and_an_operator_is_told(settings):
    settings.CRM_HAS_MAIL_SERVER = False
    fresh = write("fresh")
    old = write("old", due_at=timezone.now() - timedelta(days=3, minutes=1))

    outbox.deliver()

    assert state(fresh) == (OutboxState.WAITING, 0)
    assert state(old) == (OutboxState.FAILED, 0)
    assert str(next(iter(findings())).sentence).startswith("尚未配置邮件服务器")


def test_a_mail_held_back_over_a_holiday_is_sent(post_office):
    due = timezone.now() - timedelta(minutes=1)
    words = {"to": "li@example.cn", "words": WORDS, "kind": "core.export_ready", "user": None}
    message = outbox.mail(**words, key="holiday", at=due)
    message.created_at = timezone.now() - timedelta(days=8)
    outbox.post([message])

    outbox.deliver()

    sent = OutboxMessage.objects.get(dedupe_key="mail:holiday")
    assert (sent.state, sent.attempts) == (OutboxState.SENT, 1)


def test_a_mail_that_was_given_up_can_be_sent_after_all(post_office, settings, world):
    settings.CRM_HAS_MAIL_SERVER = False
    message = write(due_at=timezone.now() - timedelta(days=8))
    outbox.deliver()
    assert state(message)[0] == OutboxState.FAILED
    settings.CRM_HAS_MAIL_SERVER = True

    outbox.resend(OutboxMessage.objects.all(), by=world.admin)
    outbox.deliver()

    assert state(message) == (OutboxState.SENT, 1)


# --- the end of a sender's time -----------------------------------------------------------------


def free_again(*messages: OutboxMessage) -> bool:
    """Whether another sender may take them at once."""
    rows = OutboxMessage.objects.filter(pk__in=[one.pk for one in messages])
    found = set(rows.values_list("state", "attempts", "holder", "lease_until"))
    return found == {(OutboxState.WAITING, 0, None, None)}


def test_a_sender_that_is_shut_down_gives_back_what_it_has_not_begun(post_office, monkeypatch):
    first, second, third = write("a"), write("b"), write("c")
    one_more = outbox.finish

    def finish(*args, **more):
        one_more(*args, **more)
        leaving.announce()

    monkeypatch.setattr(outbox, "finish", finish)
    try:
        outbox.deliver()
    finally:
        leaving.take_back()

    assert state(first) == (OutboxState.SENT, 1)
    assert free_again(second, third)
    assert len(post_office.taken) == 1


def test_the_clock_is_read_before_each_mail(post_office, monkeypatch):
    first, second = write("a"), write("b")
    one_more = outbox.finish
    now = [time.monotonic()]

    def finish(*args, **more):
        one_more(*args, **more)
        now[0] += 241

    monkeypatch.setattr(outbox, "finish", finish)
    monkeypatch.setattr(outbox, "monotonic", lambda: now[0])
    outbox.deliver()

    assert state(first) == (OutboxState.SENT, 1)
    assert free_again(second)


def test_a_time_limit_while_the_server_answers_leaves_the_mail_in_doubt(post_office):
    """The limit strikes as an exception out of nowhere, at the very moment of waiting."""
    post_office.answers = ["hold"]
    message = write()

    def strike(*_signal):
        raise SoftTimeLimitExceeded

    before = signal.signal(signal.SIGUSR1, strike)
    watch = threading.Thread(
        target=lambda: post_office.arrived.wait(30) and os.kill(os.getpid(), signal.SIGUSR1)
    )
    try:
        watch.start()
        outbox.deliver()
        watch.join(5)
    finally:
        signal.signal(signal.SIGUSR1, before)

    assert state(message) == (OutboxState.DOUBT, 1)
    assert "SoftTimeLimitExceeded" in message.last_error


# --- two senders, dead senders ------------------------------------------------------------------


def test_a_reservation_ends_with_its_lease(post_office):
    message = write()
    assert [row.pk for row in outbox.claim(uuid.uuid4())] == [message.pk]
    assert outbox.claim(uuid.uuid4()) == []

    OutboxMessage.objects.update(lease_until=timezone.now() - timedelta(seconds=1))

    assert [row.pk for row in outbox.claim(uuid.uuid4())] == [message.pk]


def test_who_lost_the_reservation_sends_nothing(post_office):
    """The broken twin: without `holder` in the mark before sending, this mail leaves twice."""
    write()
    slow, quick = uuid.uuid4(), uuid.uuid4()
    rows = outbox.claim(slow)
    OutboxMessage.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    outbox._send_batch(outbox.claim(quick), quick, outbox.Delivered(), lambda: True)
    outbox._send_batch(rows, slow, outbox.Delivered(), lambda: True)

    assert len(post_office.taken) == 1


def test_a_message_cancelled_after_the_reservation_is_not_sent(post_office, world):
    message = write()
    holder = uuid.uuid4()
    rows = outbox.claim(holder)
    outbox.cancel(OutboxMessage.objects.all(), by=world.admin)
    outbox._send_batch(rows, holder, outbox.Delivered(), lambda: True)

    assert post_office.taken == []
    assert state(message) == (OutboxState.CANCELLED, 0)


@pytest.mark.django_db(transaction=True)
def test_many_senders_at_once_send_each_mail_once(post_office):
    for number in range(60):
        write(str(number))
    results = []

    def send() -> None:
        try:
            results.append(outbox.deliver().counts["sent"])
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert sum(results) == 60
    assert len({mail["Message-ID"] for mail in post_office.taken}) == len(post_office.taken) == 60
    assert OutboxTry.objects.count() == 60


@pytest.mark.django_db(transaction=True)
def test_a_sender_killed_on_the_wire_leaves_doubt_and_no_second_mail(post_office):
    post_office.answers = ["hold"]
    on_the_wire, behind = write("a"), write("b")
    server = f"smtp://{django_settings.EMAIL_HOST}:{django_settings.EMAIL_PORT}"
    process = subprocess.Popen(
        [sys.executable, "manage.py", "outbox", "--send"],
        cwd=django_settings.BASE_DIR,
        env=environment() | {"EMAIL_URL": server, "CRM_MAIL_FROM": "crm@example.cn"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert post_office.arrived.wait(60)
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait(10)
    post_office.release.set()
    assert state(on_the_wire) == (OutboxState.SENDING, 1)

    assert outbox.deliver().counts.total() == 0  # both are still reserved
    OutboxMessage.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    outbox.deliver()

    assert state(on_the_wire) == (OutboxState.DOUBT, 1)
    assert state(behind) == (OutboxState.SENT, 1)
    numbers = [mail["Message-ID"] for mail in post_office.taken]
    assert sorted(numbers) == sorted(f"<{one.number}@example.cn>" for one in (on_the_wire, behind))


def test_a_slow_sender_that_did_send_settles_the_doubt(post_office):
    message = write()
    holder = uuid.uuid4()
    (row,) = outbox.claim(holder)
    OutboxMessage.objects.update(
        state=OutboxState.SENDING, lease_until=timezone.now() - timedelta(seconds=1)
    )
    outbox.recover()
    assert state(message)[0] == OutboxState.DOUBT

    outbox.finish(row, OutboxState.SENT, "250 OK", holder=holder)

    assert state(message)[0] == OutboxState.SENT


@pytest.mark.django_db(transaction=True)
def test_the_bell_rings_after_commit(monkeypatch):
    rung = []
    monkeypatch.setattr(outbox, "ring", lambda: rung.append(time.monotonic()))

    write("now")
    assert len(rung) == 1
    write("later", next_try_at=timezone.now() + timedelta(hours=1))
    assert len(rung) == 1


# --- by an administrator ------------------------------------------------------------------------


def test_resend_confirm_and_cancel_follow_the_state(world):
    rows = {value: write(value, state=value) for value in OutboxState.values}

    def only(value: str):
        return OutboxMessage.objects.filter(pk=rows[value].pk)

    for value in ("waiting", "sending", "sent"):
        with pytest.raises(Refused):
            outbox.resend(only(value), by=world.admin)
    for value in ("waiting", "sending", "sent", "failed", "cancelled"):
        with pytest.raises(Refused):
            outbox.confirm(only(value), by=world.admin)
    for value in ("sending", "sent", "cancelled"):
        with pytest.raises(Refused):
            outbox.cancel(only(value), by=world.admin)
    assert not Entry.objects.filter(action__startswith="outbox.").exists()

    assert outbox.resend(only("failed"), by=world.admin) == 1
    assert outbox.confirm(only("doubt"), by=world.admin) == 1
    assert outbox.cancel(only("waiting"), by=world.admin) == 1
    states = [state(rows[value])[0] for value in ("failed", "doubt", "waiting")]
    assert states == ["waiting", "sent", "cancelled"]
    entries = Entry.objects.filter(action__startswith="outbox.").order_by("pk")
    assert [(one.action, one.by, one.detail) for one in entries] == [
        ("outbox.resent", world.admin, {"count": 1}),
        ("outbox.confirmed", world.admin, {"count": 1}),
        ("outbox.cancelled", world.admin, {"count": 1}),
    ]


def test_pauses_grow_and_scatter():
    pauses = [outbox.pause_after(1).total_seconds() for _number in range(50)]

    assert len(set(pauses)) > 40
    assert 48 <= min(pauses) <= max(pauses) <= 72
    assert outbox.pause_after(99) > timedelta(hours=19)


def test_channels_are_known_by_name():
    assert channel_named("mail").idempotent is False
    assert channel_named("webhook").idempotent is True
    with pytest.raises(LookupError):
        channel_named("pigeon")
