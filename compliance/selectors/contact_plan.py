"""The contact plan of a unit: for each class who, how often, by what means, watching what."""

from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from core.display import listed
from customers.models import CLASS_WORDS
from customers.policies import FOCUS, MEANS, SPANS, WHO, WHOM
from customers.selectors.rhythm import FREQUENCY
from regions.models import OrgUnit
from regions.policies import policy


@dataclass(frozen=True, slots=True)
class ClassPlan:
    """What the rules say about one class of customers (CUS-06, CUS-31)."""

    title: Any
    words: tuple[str, ...]
    contacts: list[str] = field(default_factory=list)
    means: str = ""
    focus: str = ""


def contact_plan(unit: OrgUnit | None) -> list[ClassPlan]:
    """The plan of a unit, class by class; empty where nothing is laid down."""
    if unit is None:
        return []
    often = policy(FREQUENCY, unit=unit)
    means = policy("customers.contact_means", unit=unit)
    focus = policy("customers.contact_focus", unit=unit)
    who, spans, by, on = dict(WHO), dict(SPANS), dict(MEANS), dict(FOCUS)
    sentence = _("{who}: at least {times} within {span}")
    return [
        ClassPlan(
            title,
            CLASS_WORDS[whom],
            [
                sentence.format(who=who[row["who"]], times=row["times"], span=spans[row["span"]])
                for row in often
                if row["whom"] == whom
            ],
            listed(by[row["means"]] for row in means if row["whom"] == whom),
            listed(on[row["focus"]] for row in focus if row["whom"] == whom),
        )
        for whom, title in WHOM
        if whom in CLASS_WORDS
    ]
