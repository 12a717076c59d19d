"""Pages: one's own notices, a bell that counts, an outbox without texts, secrets shown once."""

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import LoginKind, LoginRecord
from core.models import Notice, NoticeChoice, OutboxMessage, OutboxState, WebhookTarget
from core.notices import notify
from core.notices.secrets import secret_of

pytestmark = pytest.mark.django_db


def tell(user, key="k", url="/help/", **context) -> Notice:
    facts = {"rows": 3, "outcome": "done"} | context
    notify([user], "core.export_ready", key=key, url=url, **facts)
    return Notice.objects.get(user=user, key=key)


@pytest.fixture
def clerk(client, world):
    client.force_login(world.north_clerk)
    return world.north_clerk


@pytest.fixture
def admin(client, world):
    client.force_login(world.admin)
    return world.admin


def test_the_bell_counts_up_to_99(client, clerk):
    def count() -> str:
        return client.get("/notifications/count/", headers={"X-Poll": "1"}).content.decode()

    assert count().strip() == ""
    tell(clerk)
    assert 'data-bell-count="1"' in count()
    assert "1 条未读" in count()
    Notice.objects.bulk_create(
        Notice(user=clerk, kind="core.export_ready", key=str(number)) for number in range(200)
    )
    assert "99+" in count()


def test_the_poll_is_no_sign_of_presence(client, clerk):
    LoginRecord.objects.all().delete()
    session = client.session
    session.pop("seen_on", None)
    session.save()
    before = client.session.get_expiry_date()

    client.get("/notifications/count/", headers={"X-Poll": "1"})
    assert not LoginRecord.objects.filter(kind=LoginKind.DAY).exists()
    assert abs((client.session.get_expiry_date() - before).total_seconds()) < 5
    client.get("/notifications/count/")
    assert LoginRecord.objects.filter(kind=LoginKind.DAY).exists()


def test_opening_marks_read_and_leads_on(client, clerk):
    notice = tell(clerk)
    address = reverse("core:notification-open", args=[notice.pk])

    assert client.head(address).status_code == 302
    notice.refresh_from_db()
    assert notice.read_at is None
    answer = client.get(address)
    notice.refresh_from_db()
    assert (answer.status_code, answer["Location"]) == (302, "/help/")
    assert notice.read_at is not None


@pytest.mark.parametrize("url", ["https://evil.example/", "//evil.example/", "\\\\evil", ""])
def test_a_stored_address_outside_leads_nowhere(client, clerk, url):
    notice = tell(clerk)
    Notice.objects.update(url=url)

    answer = client.get(reverse("core:notification-open", args=[notice.pk]))
    assert answer["Location"] == "/notifications/"


def test_the_list_shows_only_ones_own_and_narrows(client, clerk, world):
    read, unread = tell(clerk, "a", rows=11), tell(clerk, "b", rows=22)
    foreign = tell(world.north_head, "c", rows=33)
    client.post(reverse("core:notification-read", args=[read.pk]))

    def shown(query="") -> set[int]:
        html = client.get(f"/notifications/{query}").content.decode()
        return {one.pk for one in (read, unread, foreign) if f'data-notice="{one.pk}"' in html}

    assert shown() == {read.pk, unread.pk}
    assert shown("?state=unread") == {unread.pk}
    assert shown("?kind=core.import_finished") == set()
    client.post("/notifications/read/")
    assert shown("?state=unread") == set()
    foreign.refresh_from_db()
    assert foreign.read_at is None


def test_the_list_asks_as_often_for_many_as_for_one(client, clerk):
    def queries() -> int:
        with CaptureQueriesContext(connection) as log:
            client.get("/notifications/")
        return len(log)

    tell(clerk, "0")
    client.get("/notifications/")
    few = queries()
    for number in range(1, 30):
        tell(clerk, str(number))
    assert queries() == few


def test_texts_of_notices_are_escaped(client, clerk):
    notify(
        [clerk],
        "core.import_finished",
        key="k",
        file="<script>alert(1)</script>",
        act="apply",
        outcome="done",
        accepted=1,
        rejected=0,
    )
    for address in ("/notifications/", "/notifications/latest/"):
        html = client.get(address).content.decode()
        assert "<script>alert" not in html
        assert "&lt;script&gt;alert" in html


def test_preferences_are_saved(client, clerk):
    page = client.get("/account/notifications/")
    data = {field.html_name: field.value() for field in page.context["form"].kind_fields()}
    data |= {"digest_at": "07:45", "quiet_from": "", "quiet_until": ""}
    data["kind-core-export_ready"] = "digest"

    assert client.post("/account/notifications/", data).status_code == 302
    wish = clerk.notice_preference
    assert (wish.digest_at.isoformat(), wish.quiet_from, wish.working_days_only) == (
        "07:45:00",
        None,
        False,
    )
    assert NoticeChoice.objects.get().kind == "core.export_ready"
    for wrong in ({"quiet_from": "20:00"}, {"digest_at": "23:58"}):
        assert client.post("/account/notifications/", data | wrong).status_code == 422


def test_the_outbox_shows_no_text_and_no_whole_address(client, admin):
    message = OutboxMessage.objects.create(
        channel="mail",
        dedupe_key="k",
        to="zhangsan@example.cn",
        subject="主题",
        text="one-time-link",
        html="one-time-link",
        state=OutboxState.FAILED,
        last_error="550 no",
    )
    for address in ("/system/outbox/", f"/system/outbox/{message.pk}/"):
        html = client.get(address).content.decode()
        assert "one-time-link" not in html
        assert "zhangsan@example.cn" not in html
        assert "z***@example.cn" in html
        assert "550 no" in html

    answer = client.post("/system/outbox/resend/", {"pick": str(message.pk)}, follow=True)
    message.refresh_from_db()
    assert message.state == OutboxState.WAITING
    assert "1 条消息等待发送" in answer.content.decode()
    client.post("/system/outbox/confirm/", {"pick": str(message.pk)})
    message.refresh_from_db()
    assert message.state == OutboxState.WAITING


def test_ticks_that_are_no_numbers_are_left_out(client, admin):
    answer = client.post("/system/outbox/cancel/", {"pick": ["x", "9" * 18]}, follow=True)

    assert answer.status_code == 200
    assert "请重新查看" in answer.content.decode()


def test_a_secret_is_shown_once(client, admin, settings):
    settings.CRM_WEBHOOK_NETWORKS = ["127.0.0.0/8"]
    data = {
        "name": "总线",
        "url": "http://127.0.0.1:9/",
        "kinds": ["core.export_ready"],
        "is_active": "on",
    }
    page = client.post("/system/webhooks/new/", data)
    target = WebhookTarget.objects.get()
    secret = secret_of(target).decode()

    assert secret in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    for address in ("/system/webhooks/", f"/system/webhooks/{target.pk}/"):
        assert secret not in client.get(address).content.decode()
    renewed = client.post(f"/system/webhooks/{target.pk}/secret/").content.decode()
    assert secret not in renewed
    target.refresh_from_db()
    assert secret_of(target).decode() in renewed


def test_a_closed_network_is_refused_in_the_form(client, admin):
    data = {"name": "x", "url": "http://169.254.169.254/", "kinds": ["core.export_ready"]}

    answer = client.post("/system/webhooks/new/", data)

    assert answer.status_code == 422
    assert "CRM_WEBHOOK_NETWORKS" in answer.content.decode()
    assert not WebhookTarget.objects.exists()


def test_the_command_tells_and_sends(world, settings):
    settings.CRM_HAS_MAIL_SERVER = False
    OutboxMessage.objects.create(channel="mail", dedupe_key="k", state=OutboxState.DOUBT)
    out = StringIO()
    call_command("outbox", "--json", "--send", stdout=out)

    answer = json.loads(out.getvalue())
    assert answer["states"]["doubt"] == 1
    assert answer["sent_now"] == {"sent": 0, "waiting": 0, "failed": 0, "doubt": 0}
    assert [one["level"] for one in answer["findings"]] == ["warning", "warning"]
