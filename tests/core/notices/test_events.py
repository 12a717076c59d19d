"""Events of the business for other systems: who is told, what, and what if nobody takes it."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from api.services.hooks import stop_failing_webhooks
from complaints.models import Deadline
from complaints.services import escalate
from core.errors import Refused
from core.models import Notice, OutboxMessage, OutboxState, WebhookTarget
from core.notices import EVENTS, Happening, announce, outbox, webhooks
from core.notices.events import EventKind, register_event
from customers.services import change_customer
from satisfaction.services.loop import follow_up
from satisfaction.services.scoring import score_wave
from tests.complaints.cases import fresh, stand
from tests.factories import make_case, make_customer, make_place, make_user
from tests.satisfaction.test_loop import answered, survey

pytestmark = pytest.mark.django_db
PERSONAL = ("张小美", "13812345678", "漏水到楼下", "3-2-1201")


@pytest.fixture
def hook(receiver, world) -> Any:
    """Make a target that is told of events of a unit."""

    def make(unit: Any = None, events: Any = tuple(EVENTS), **more: Any) -> WebhookTarget:
        target = WebhookTarget()
        name = f"总线{WebhookTarget.objects.count()}"
        values = {"name": name, "url": receiver.url, "kinds": [], "is_active": True} | more
        webhooks.save_target(target, by=world.admin, events=list(events), unit=unit, **values)
        return target

    return make


def told(target: WebhookTarget) -> list[str]:
    return [row.kind for row in OutboxMessage.objects.filter(target=target).order_by("pk")]


def test_a_receiver_gets_keys_and_addresses_and_nothing_of_a_person(hook, receiver, world):
    hook(events=["case.registered"])
    case = make_case(unit=world.n1a, name="张小美", phone="13812345678", content="漏水到楼下",
                     room="3-2-1201")  # fmt: skip
    assert outbox.deliver().counts["sent"] == 1

    ((headers, body),) = receiver.got
    said = json.loads(body)
    assert headers["X-CRM-Signature"].startswith("v1=")
    assert said.pop("at")
    assert said == {
        "version": 1,
        "id": headers["Idempotency-Key"],
        "event": "case.registered",
        "key": f"{case.pk}:registered",
        "units": ["N1A"],
        "object": {"type": "case", "id": case.pk},
        "facts": {"number": case.number, "state": "assigned", "kind": "complaint",
                  "channel": case.channel},
        "url": f"http://127.0.0.1:8000/complaints/{case.pk}/",
        "api": f"http://127.0.0.1:8000/api/v1/cases/{case.pk}/",
    }  # fmt: skip
    assert not [word for word in PERSONAL if word in body.decode()]


def test_a_target_hears_of_its_unit_and_those_below_it_alone(hook, world):
    north, south, whole = hook(world.north), hook(world.south), hook()
    customer = make_customer(unit=world.n1a, name="张小美", phone="+8613812345678")
    make_place(customer=customer, unit=world.s1a)
    change_customer(customer, by=world.boss, remark="新")

    assert told(north) == ["customer.created", "customer.changed"]
    assert told(south) == ["customer.changed"]
    assert told(whole) == ["customer.created", "customer.changed"]
    units = {
        row.target_id: row.payload["units"]
        for row in OutboxMessage.objects.filter(kind="customer.changed")
    }
    assert units == {north.pk: ["N1A"], south.pk: ["S1A"], whole.pk: ["N1A", "S1A"]}
    sent = str(list(OutboxMessage.objects.values_list("payload", flat=True)))
    assert not [word for word in PERSONAL if word in sent]
    assert "remark" in sent  # which fields changed, not to what


def test_a_change_of_nothing_is_no_event(hook, world):
    target = hook(events=["customer.changed"])
    customer = make_customer(unit=world.n1a, remark="旧")

    change_customer(customer, by=world.boss, remark="旧")
    assert told(target) == []


def test_the_life_of_a_case_is_told_once_a_step(hook, world):
    target = hook(world.n1, ["case.registered", "case.overdue", "case.closed", "case.reopened"])
    case = make_case(unit=world.n1a)
    Deadline.objects.filter(case=case).update(due_at=timezone.now())
    escalate(timezone.now() + timedelta(days=60))
    escalate(timezone.now() + timedelta(days=90))
    overdue = told(target).count("case.overdue")
    limits = OutboxMessage.objects.filter(kind="case.overdue").values_list("payload", flat=True)
    assert overdue == len({one["facts"]["limit"] for one in limits}) > 0

    handler = make_user(unit=world.n1a)
    stand(fresh(case), "closed", handler)
    assert told(target) == ["case.registered", *["case.overdue"] * overdue, "case.closed"]


def test_a_low_answer_and_published_results_are_told(hook, world):
    north = hook(world.n1, ["case.low_answer", "survey.scored", "case.registered"])
    wave = survey(world)
    answered(wave, world.n1a, overall=1)
    follow_up()

    assert sorted(told(north)) == ["case.low_answer", "case.registered"]
    low = OutboxMessage.objects.get(kind="case.low_answer").payload
    assert (low["object"]["type"], low["facts"]["cause"]) == ("case", "overall")

    score_wave(wave, by=None)
    scored = OutboxMessage.objects.get(kind="survey.scored").payload
    # The wave is the group's, and concerns every unit below it.
    assert (scored["object"], scored["units"]) == ({"type": "survey", "id": wave.pk}, ["G"])


def test_what_is_rolled_back_was_never_told(hook, world):
    hook()
    with transaction.atomic():
        make_case(unit=world.n1a)
        assert OutboxMessage.objects.exists()
        transaction.set_rollback(True)
    assert not OutboxMessage.objects.exists()


def test_the_same_event_is_told_once_and_costs_one_query_while_nobody_asks(hook, world):
    event = Happening("case.closed", "1:x", 1, [world.n1a], "/complaints/1/")
    with CaptureQueriesContext(connection) as queries:
        announce(*[event] * 3)
    assert len(queries) == 1

    target = hook(events=["case.closed"])
    announce(event)
    announce(event)
    assert told(target) == ["case.closed"]
    with pytest.raises(LookupError):
        announce(Happening("case.exploded", "1", 1, [world.n1a], "/"))
    for key, title in (("Case.closed", "x"), ("case.closed", "another")):
        with pytest.raises(ValueError, match="must read|registered twice"):
            register_event(EventKind(key, title))


def test_a_target_without_anything_to_tell_or_into_the_house_is_refused(hook, settings, world):
    with pytest.raises(Refused):
        hook(events=[])
    settings.CRM_WEBHOOK_NETWORKS = []
    with pytest.raises(Refused):
        hook()
    assert not WebhookTarget.objects.exists()


# --- targets that fail --------------------------------------------------------------------------


def fail(receiver: Any, target: WebhookTarget, world: Any) -> OutboxMessage:
    """A message that the receiver has no time for."""
    receiver.answers = [503]
    make_case(unit=world.n1a)
    outbox.deliver()
    target.refresh_from_db()
    return OutboxMessage.objects.filter(target=target).latest("pk")


def test_a_target_that_took_nothing_for_three_days_is_switched_off_and_told(hook, receiver, world):
    target = hook(events=["case.registered"])
    message = fail(receiver, target, world)
    since = target.failing_since
    assert since is not None
    assert stop_failing_webhooks(since + timedelta(days=2, hours=23)) == 0

    assert stop_failing_webhooks(since + timedelta(days=3, minutes=1)) == 1
    assert stop_failing_webhooks(since + timedelta(days=4)) == 0

    target.refresh_from_db()
    message.refresh_from_db()
    assert not target.is_active
    assert (message.state, message.last_error) == (
        OutboxState.FAILED,
        "the webhook was switched off",
    )
    notices = Notice.objects.filter(kind="api.webhook_stopped")
    assert [one.user for one in notices] == [world.admin]
    make_case(unit=world.n1a)
    assert OutboxMessage.objects.count() == 1


def test_a_success_in_between_begins_the_patience_anew(hook, receiver, world):
    target = hook(events=["case.registered"])
    fail(receiver, target, world)
    OutboxMessage.objects.update(next_try_at=timezone.now() - timedelta(seconds=1))
    assert outbox.deliver().counts["sent"] == 1

    target.refresh_from_db()
    assert target.failing_since is None
    assert stop_failing_webhooks(timezone.now() + timedelta(days=9)) == 0


def test_what_was_missed_is_sent_again_from_the_page(client, hook, receiver, world):
    target = hook(events=["case.registered"])
    message = fail(receiver, target, world)
    stop_failing_webhooks(timezone.now() + timedelta(days=4))
    client.force_login(world.admin)
    page, again = f"/system/webhooks/{target.pk}/", f"/system/webhooks/{target.pk}/resend/"
    assert f'name="message" value="{message.pk}"' in client.get(page).content.decode()

    client.post(again, {"message": message.pk})
    message.refresh_from_db()
    assert message.state == OutboxState.FAILED  # as long as it is switched off

    target.refresh_from_db()
    webhooks.save_target(
        target, by=world.admin, name=target.name, url=target.url, kinds=[], is_active=True,
        events=target.events,
    )  # fmt: skip
    client.post(again, {"message": message.pk})
    assert outbox.deliver().counts["sent"] == 1
    assert json.loads(receiver.got[-1][1])["event"] == "case.registered"


def test_a_log_does_not_send_what_is_another_targets(client, hook, receiver, world):
    ours, other = hook(events=["case.registered"]), hook(events=["customer.created"])
    message = fail(receiver, ours, world)
    OutboxMessage.objects.update(state=OutboxState.FAILED)
    client.force_login(world.admin)

    client.post(f"/system/webhooks/{other.pk}/resend/", {"message": message.pk})
    assert OutboxMessage.objects.get(pk=message.pk).state == OutboxState.FAILED


def test_the_page_saves_events_and_the_unit(client, hook, receiver, world):
    client.force_login(world.admin)
    data = {"name": "新", "url": receiver.url, "events": ["case.closed"], "unit": "N1",
            "is_active": "on"}  # fmt: skip
    answer = client.post("/system/webhooks/new/", data)

    assert answer.status_code == 200, answer.content.decode()[:3000]
    target = WebhookTarget.objects.get()
    assert (target.events, target.unit, target.kinds) == (["case.closed"], world.n1, [])
    page = client.get(f"/system/webhooks/{target.pk}/").content.decode()
    assert '<option value="N1" selected' in page
    assert (
        client.post("/system/webhooks/new/", data | {"name": "旧", "events": []}).status_code == 422
    )
