"""The rules that exist: each is declared once in code, beside what it rules.

A number of a regulation is never written where it is used. The app that uses it declares a `Policy`
in its `policies.py`; what the group and its units say about it lies in the table of values, and
`regions.policies.policy` gives what holds for one unit on one day.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from regions.policies.types import Type

Words = str | Promise

TOPICS: dict[str, Words] = {
    "organisation": pgettext_lazy("menu", "Organisation"),
    "calendar": _("Working time"),
    "accounts": _("Accounts and log-in duty"),
    "security": _("Security"),
    "privacy": _("Personal data"),
    "customers": _("Customers"),
    "complaints": _("Complaints"),
    "satisfaction": _("Satisfaction"),
    "expenses": _("Expenses"),
    "compliance": _("Compliance"),
    "approvals": _("Approvals"),
    "notices": _("Notices"),
    "jobs": _("Jobs and files"),
}
KEY = re.compile(r"[a-z_]+(\.[a-z0-9_]+)+")


class Below(Enum):
    """Who may say something else than the group does."""

    NOBODY = _("only the group")
    GROUP = _("the group, for single units")
    UNITS = _("each unit for itself and below")


@dataclass(frozen=True)
class Policy:
    """One rule with its meaning, its source and what it may say.

    `key` is "app.name". `source` names document and article. `group` is one of TOPICS. `below` says
    whether units may differ; rules of security never do unless they say so. `prepared` marks a rule
    that nothing asks yet, because the part of the product that will comes later: the pages say so.
    """

    key: str
    title: Words
    meaning: Words
    source: Words
    type: Type
    default: Any
    group: str
    below: Below | None = None
    prepared: bool = False
    # What the documents say, where they disagree: pairs of a source and a value of the type, or
    # words (translated lazily) where a document gives none.
    variants: tuple[tuple[Words, Any], ...] = ()

    @property
    def differs_below(self) -> bool:
        """Whether units below the group may have values of their own."""
        return self.who_may is not Below.NOBODY

    @property
    def who_may(self) -> Below:
        """Who may differ, with the default by topic."""
        if self.below is not None:
            return self.below
        return Below.NOBODY if self.group == "security" else Below.UNITS

    @property
    def topic(self) -> Words:
        """The heading under which the rule stands."""
        return TOPICS[self.group]

    def words(self, value: Any) -> str:
        """A value of this rule, or words in its place, as a reader sees it."""
        return str(value) if isinstance(value, Promise) else self.type.words(value)


REGISTRY: dict[str, Policy] = {}


def register(policy: Policy) -> Policy:
    """Make a rule known. Raises ImproperlyConfigured for a bad key, topic or a second one."""
    if not KEY.fullmatch(policy.key):
        raise ImproperlyConfigured(f"{policy.key!r} is not a key like 'app.name'")
    if policy.group not in TOPICS:
        raise ImproperlyConfigured(f"{policy.key}: {policy.group!r} is not one of {list(TOPICS)}")
    if REGISTRY.get(policy.key, policy) is not policy:
        raise ImproperlyConfigured(f"the policy {policy.key} is registered twice")
    REGISTRY[policy.key] = policy
    return policy


def find(key: str) -> Policy:
    """The rule of a key. Raises LookupError for a key that nobody registered."""
    try:
        return REGISTRY[key]
    except KeyError:
        raise LookupError(f"{key!r} is not a registered policy") from None


def policies() -> list[Policy]:
    """Every rule, by topic in their order, then in the order of registration."""
    order = list(TOPICS)
    return sorted(REGISTRY.values(), key=lambda one: order.index(one.group))


def broken() -> Iterator[tuple[Policy, str]]:
    """Rules whose default or variants their own type refuses, with its sentence.

    Not looked at while registering: choices may be rows of the database.
    """
    for one in policies():
        said = [value for _source, value in one.variants if not isinstance(value, Promise)]
        for value in (one.default, *said):
            try:
                one.type.check(value)
            except ValidationError as error:
                yield one, " ".join(error.messages)
