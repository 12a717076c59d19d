"""The broker of background jobs."""

from collections.abc import Iterator
from typing import Any, cast

import redis
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.doctor import Finding, error, ok, register, warning
from core.health import broker_client

OLDEST = 7  # major version of Redis and Valkey


@register("broker.answers", gettext_lazy("Broker"))
def broker() -> Iterator[Finding]:
    """It answers, is new enough, and throws nothing away when its memory is full."""
    try:
        with broker_client(settings.BROKER_URL) as client:
            facts = cast(dict[str, Any], client.info("server"))
            policy = _eviction(client)
    except (redis.RedisError, ValueError) as problem:
        advice = _("Start it (manage.py services start), or mend REDIS_URL.")
        sentence = _("The broker does not answer ({reason}): background jobs stand still.")
        yield error(sentence.format(reason=type(problem).__name__), advice)
        return
    yield _version(facts)
    yield _policy(policy)


def _version(facts: dict[str, Any]) -> Finding:
    name = "Valkey" if "valkey_version" in facts else "Redis"
    version = str(facts.get("valkey_version") or facts.get("redis_version") or "0")
    words = {"name": name, "version": version}
    if int(version.partition(".")[0]) < OLDEST:
        advice = _("Install version 7 or newer.")
        return warning(_("{name} {version} is too old.").format(**words), advice)
    return ok(_("{name} {version} answers.").format(**words))


def _eviction(client: redis.Redis) -> str:
    """The eviction policy, or an empty text where asking is forbidden (a managed server)."""
    try:
        return str(cast(dict[str, str], client.config_get("maxmemory-policy"))["maxmemory-policy"])
    except (redis.ResponseError, KeyError):
        return ""


def _policy(policy: str) -> Finding:
    if policy == "noeviction":
        return ok(_("A full broker refuses messages instead of losing old ones."))
    advice = _("Set maxmemory-policy to noeviction in the configuration of the broker.")
    if not policy:
        return warning(_("The broker does not say what it does when its memory is full."), advice)
    sentence = _("A full broker throws messages away ({policy}).")
    return error(sentence.format(policy=policy), advice)
