"""The receiver of docs/api.md, as it stands there, with messages as they come."""

import re
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as project
from django.utils import timezone

from core.models import OutboxMessage, OutboxState, WebhookTarget
from core.notices import notify, outbox, webhooks

pytestmark = pytest.mark.django_db
PAGE = (project.BASE_DIR / "docs" / "api.md").read_text(encoding="utf-8")


@pytest.fixture
def accept() -> Callable[..., int]:
    (recipe,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict[str, Any] = {}
    exec(recipe, names)  # noqa: S102 - our own documentation
    found: Callable[..., int] = names["accept"]
    return found


@pytest.fixture
def secret(receiver, world) -> str:
    return webhooks.save_target(
        WebhookTarget(), by=world.admin, name="总线", url=receiver.url, kinds=["core.export_ready"],
        is_active=True,
    )  # fmt: skip


def tell(world, key: str = "k") -> None:
    facts = {"rows": 3, "outcome": "done"}
    notify([world.north_clerk], "core.export_ready", key=key, url="/exports/1/", **facts)
    outbox.deliver()


def test_the_recipe_takes_what_is_ours_once_and_nothing_else(accept, receiver, secret, world):
    tell(world)
    ((headers, body),) = receiver.got
    seen: set[str] = set()

    assert accept(secret, headers, body + b" ", seen) == 503
    assert accept(secret[::-1], headers, body, seen) == 503
    number = headers["X-CRM-Nonce"]
    assert accept(secret, headers | {"X-CRM-Nonce": "1"}, body, seen) == 503
    fresher = str(int(headers["X-CRM-Timestamp"]) + 1)
    assert accept(secret, headers | {"X-CRM-Timestamp": fresher}, body, seen) == 503
    assert accept(secret, headers, body, seen, now=time.time() + 301) == 400
    assert seen == set()
    assert accept(secret, headers, body, seen) == 200
    assert accept(secret, headers, body, seen) == 204
    assert seen == {number}


def test_nothing_is_lost_while_the_secret_changes(accept, receiver, secret, world):
    """The receiver still has the old one: it answers 503, and the repetition fits the new one."""
    target = WebhookTarget.objects.get()
    fresh = webhooks.renew_secret(target, by=world.admin)
    receiver.answers = [503]
    tell(world)
    ((headers, body),) = receiver.got
    assert (accept(secret, headers, body, set()), headers["X-CRM-Signature"][:3]) == (503, "v1=")
    waiting = OutboxMessage.objects.get()
    assert (waiting.state, waiting.attempts) == (OutboxState.WAITING, 1)
    assert waiting.tries.get().answer.startswith("503")

    OutboxMessage.objects.update(next_try_at=timezone.now() - timedelta(seconds=1))
    outbox.deliver()

    again, body = receiver.got[1]
    assert again["X-CRM-Nonce"] == headers["X-CRM-Nonce"]
    assert accept(fresh, again, body, set()) == 200
    assert OutboxMessage.objects.get().state == OutboxState.SENT


def test_the_page_tells_the_pauses_there_are():
    said = "after 1, 5 and 30 minutes, 2, 4, 8 and 24 hours"

    assert said in PAGE
    assert outbox.PAUSES == (60, 300, 1800, 7200, 14400, 28800, 86400)
