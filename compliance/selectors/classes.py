"""Which class a customer belongs to, from counts and flags, with the reasons (CUS-05).

Pure: who asks brings the facts and what the policies say. The proposal binds nobody; the committee
decides.
"""

from collections.abc import Collection
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from customers.models import CLASS_WORDS
from customers.policies import TESTS

STRATEGIC, KEY, GENERAL, POTENTIAL = (
    CLASS_WORDS[name][0] for name in ("strategic", "key", "general", "potential")
)
ALONE = ("agreement", "influence", "key_role")
TOGETHER = ("cooperations", "follow_up", "sound", "willing")
FLAGS = tuple(choice for choice in TESTS if choice[0] != "cooperations")
LABELS = dict(TESTS)


@dataclass(frozen=True, slots=True)
class Facts:
    """How often the company worked with a customer, and which tests of FLAGS hold for him."""

    cooperations: int = 0
    flags: Collection[str] = ()

    def holds(self, test: str, needed: int) -> bool:
        """Whether a test is passed; `needed` cooperations are often enough."""
        if test == "cooperations":
            return self.cooperations >= needed
        return test in self.flags


@dataclass(frozen=True, slots=True)
class Proposal:
    """The class with what speaks for it, and what a higher class would need."""

    level: str
    reasons: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def propose(facts: Facts, *, tests: Collection[str], needed: int) -> Proposal:
    """The class that facts speak for. `tests` and `needed` are what the policies
    `customers.strategic_tests` and `customers.strategic_cooperations` say."""
    alone = [test for test in ALONE if test in tests and facts.holds(test, needed)]
    if alone:
        return Proposal(STRATEGIC, [_reason(test, facts) for test in alone])
    together = [test for test in TOGETHER if test in tests]
    missing = [_lack(test, facts, needed) for test in together if not facts.holds(test, needed)]
    if together and not missing:
        return Proposal(STRATEGIC, [_reason(test, facts) for test in together])
    key = ("follow_up", "sound", "willing")
    if facts.cooperations and all(facts.holds(test, needed) for test in key):
        return Proposal(KEY, [_reason(test, facts) for test in ("cooperations", *key)], missing)
    if facts.cooperations:
        reasons = [_reason("cooperations", facts)]
        if not facts.holds("follow_up", needed):
            reasons.append(_("Follow-up projects are unclear."))
        return Proposal(GENERAL, reasons, missing)
    return Proposal(POTENTIAL, [_("There was no cooperation yet.")], missing)


def _reason(test: str, facts: Facts) -> str:
    if test == "cooperations":
        return _("{count} cooperations so far.").format(count=facts.cooperations)
    return {
        "follow_up": _("There are follow-up projects."),
        "sound": _("The fundamentals are sound."),
        "willing": _("Both sides are willing."),
        "agreement": _("A strategic agreement was signed."),
        "influence": _("The customer has major influence on the goal of this stage."),
        "key_role": _("The customer plays a key role for future development."),
    }[test]


def _lack(test: str, facts: Facts, needed: int) -> str:
    if test == "cooperations":
        words = _("{count} cooperations; {needed} are needed.")
        return words.format(count=facts.cooperations, needed=needed)
    return {
        "follow_up": _("No follow-up projects are known."),
        "sound": _("The fundamentals are not known to be sound."),
        "willing": _("Both sides are not known to be willing."),
    }[test]
