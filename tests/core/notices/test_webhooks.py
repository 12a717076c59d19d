"""Webhooks against a real receiver: signed, repeated under one number, into no closed network."""

import hashlib
import hmac
import json
import socket
import time
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from audit.models import Entry
from core.errors import Refused
from core.models import OutboxMessage, OutboxState, SubjectKey, WebhookTarget
from core.notices import notify, outbox, webhooks
from core.notices.channels import webhook as channel
from core.notices.channels.base import InDoubt, NotNow, Rejected
from core.notices.secrets import secret_of

pytestmark = pytest.mark.django_db


def make(url, by, kinds=("core.export_ready",), **more):
    target = WebhookTarget()
    values = {"name": "总线", "url": url, "kinds": list(kinds), "is_active": True} | more
    secret = webhooks.save_target(target, by=by, **values)
    return target, secret


def tell(user, key="k") -> None:
    notify([user], "core.export_ready", key=key, url="/exports/1/", rows=3, outcome="done")


def again() -> None:
    OutboxMessage.objects.update(next_try_at=timezone.now() - timedelta(seconds=1))


def test_a_receiver_can_check_what_it_gets(receiver, world):
    _target, secret = make(receiver.url, world.admin)
    tell(world.north_clerk)
    message = OutboxMessage.objects.get()

    assert outbox.deliver().counts["sent"] == 1

    ((headers, body),) = receiver.got
    signed = f"{headers['X-CRM-Timestamp']}.{headers['X-CRM-Nonce']}.".encode() + body
    wanted = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    assert headers["X-CRM-Signature"] == f"v1={wanted}"
    assert abs(int(headers["X-CRM-Timestamp"]) - time.time()) < 30
    assert headers["Idempotency-Key"] == headers["X-CRM-Nonce"] == str(message.number)
    answer = json.loads(body)
    assert answer.pop("at")
    assert answer == {
        "version": 1,
        "id": str(message.number),
        "kind": "core.export_ready",
        "key": "k",
        "subject": "您的导出已完成",
        "text": "工作簿共 3 行。",
        "url": "http://127.0.0.1:8000/exports/1/",
        "people": 1,
    }
    message.refresh_from_db()
    assert (message.state, message.payload) == (OutboxState.SENT, {})
    assert message.tries.get().answer == "200 noted"


def test_only_chosen_kinds_and_active_targets_are_told_once_an_event(receiver, world):
    make(receiver.url, world.admin, name="a")
    make(receiver.url, world.admin, name="b", is_active=False)
    make(receiver.url, world.admin, name="c", kinds=["core.import_finished"])

    tell(world.north_clerk)
    tell(world.north_head)
    tell(world.north_clerk)

    assert [one.target.name for one in OutboxMessage.objects.all()] == ["a"]


@pytest.mark.parametrize(
    ("status", "state"),
    [(204, "sent"), (500, "waiting"), (429, "waiting"), (408, "waiting"), (0, "waiting"),
     (400, "failed"), (404, "failed"), (410, "failed"), (302, "failed")],
)  # fmt: skip
def test_what_becomes_of_a_message_by_the_answer(receiver, world, status, state):
    make(receiver.url, world.admin)
    receiver.answers = [status]
    tell(world.north_clerk)

    outbox.deliver()

    assert OutboxMessage.objects.get().state == state


def test_a_repetition_carries_the_same_number_and_a_fresh_time(receiver, world):
    make(receiver.url, world.admin)
    receiver.answers = [0, 503]
    tell(world.north_clerk)
    for _try in range(3):
        again()
        outbox.deliver()

    numbers = [headers["Idempotency-Key"] for headers, _body in receiver.got]
    assert len(numbers) == 3
    assert len(set(numbers)) == 1
    assert OutboxMessage.objects.get().state == OutboxState.SENT


def test_a_dead_sender_leaves_a_webhook_waiting_and_not_in_doubt(receiver, world):
    make(receiver.url, world.admin)
    tell(world.north_clerk)
    past = timezone.now() - timedelta(seconds=1)
    OutboxMessage.objects.update(state=OutboxState.SENDING, lease_until=past)

    assert outbox.deliver().counts["sent"] == 1


def test_redirects_are_not_followed(receiver, world):
    make(receiver.url, world.admin)
    receiver.answers, receiver.location = [302], receiver.url
    tell(world.north_clerk)

    outbox.deliver()

    assert len(receiver.got) == 1


CLOSED = [
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "0.0.0.0", "224.0.0.1", "255.255.255.255", "::1", "fe80::1", "fc00::1", "::",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::", "64:ff9b::7f00:1", "fe80::1%eth0",
]  # fmt: skip


@pytest.mark.parametrize("address", CLOSED)
def test_closed_addresses(address):
    assert channel.may_reach(address) is False


@pytest.mark.parametrize("address", ["1.1.1.1", "223.5.5.5", "2400:3200::1", "64:ff9b::101:101"])
def test_public_addresses(address):
    assert channel.may_reach(address) is True


def test_an_operator_opens_a_network(settings):
    settings.CRM_WEBHOOK_NETWORKS = ["10.2.0.0/16"]

    assert channel.may_reach("10.2.3.4") is True
    assert channel.may_reach("10.3.3.4") is False


def test_a_closed_address_is_refused_when_it_is_entered_and_when_it_is_used(
    receiver, world, settings
):
    make(receiver.url, world.admin)
    tell(world.north_clerk)
    settings.CRM_WEBHOOK_NETWORKS = []

    outbox.deliver()

    assert receiver.got == []
    assert OutboxMessage.objects.get().state == OutboxState.FAILED
    for url in (receiver.url, "http://localhost/", "http://[::1]/", "http://169.254.169.254/"):
        with pytest.raises(Refused, match="CRM_WEBHOOK_NETWORKS"):
            make(url, world.admin, name=url)


@pytest.mark.parametrize(
    "url",
    ["ftp://example.cn/", "file:///etc/passwd", "https://", "https://a:b@example.cn/",
     "https://example.cn:abc/", "gopher://example.cn"],
)  # fmt: skip
def test_odd_addresses_are_refused(world, url):
    with pytest.raises(Refused):
        webhooks.check_address(url)
    with pytest.raises(Rejected):
        channel.post(url, b"", {})


def test_a_name_that_answers_both_ways_is_refused(monkeypatch):
    """DNS rebinding: one closed answer closes the name, and the checked address is the one used."""
    answers = [(2, 1, 6, "", ("1.1.1.1", 80)), (2, 1, 6, "", ("127.0.0.1", 80))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **more: answers)
    with pytest.raises(channel.Forbidden):
        channel.resolve("rebind.example", 80)

    calls, connected = [], []
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda *args, **more: calls.append(args) or answers[:1]
    )

    def connect(address, timeout):
        connected.append(address)
        raise OSError("no network in tests")

    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(NotNow):
        channel.post("http://rebind.example/", b"{}", {})
    assert (len(calls), connected) == (1, [("1.1.1.1", 80)])


def test_a_receiver_that_drips_is_cut_off(monkeypatch, settings):
    settings.CRM_WEBHOOK_NETWORKS = ["127.0.0.0/8"]
    monkeypatch.setattr(channel, "WHOLE_SECONDS", 0.6)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        begun = time.monotonic()
        with pytest.raises(InDoubt):
            channel.post(f"http://127.0.0.1:{silent.getsockname()[1]}/", b"{}", {})
    assert time.monotonic() - begun < 3


def test_the_secret_is_ciphertext_and_goes_with_its_target(receiver, world):
    target, secret = make(receiver.url, world.admin)
    with connection.cursor() as cursor:
        cursor.execute("SELECT encode(secret, 'hex') FROM core_webhooktarget")
        stored = cursor.fetchone()[0]
    assert len(secret) == 64
    assert secret not in stored
    assert secret.encode().hex() not in stored
    assert secret_of(target) == secret.encode()

    fresh = webhooks.renew_secret(target, by=world.admin)
    assert fresh != secret
    assert secret_of(WebhookTarget.objects.get()) == fresh.encode()

    key = target.key_id
    webhooks.delete_target(target, by=world.admin)
    assert not SubjectKey.objects.filter(pk=key).exists()
    actions = Entry.objects.filter(action__startswith="webhook.").order_by("pk")
    assert list(actions.values_list("action", flat=True)) == [
        "webhook.created",
        "webhook.secret_renewed",
        "webhook.deleted",
    ]
    assert not any(secret in str(entry.detail) for entry in actions)


def test_a_test_message_shows_in_the_log(receiver, world):
    target, _secret = make(receiver.url, world.admin)

    message = webhooks.send_test(target, by=world.admin)
    outbox.deliver()

    message.refresh_from_db()
    assert (message.state, message.kind) == (OutboxState.SENT, "core.test")
    target.is_active = False
    with pytest.raises(Refused):
        webhooks.send_test(target, by=world.admin)
