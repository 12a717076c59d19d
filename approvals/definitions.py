"""What a flow is: steps with who decides, how, and when; pure data without a database (WF-02).

A definition is kept as JSON in a flow version and written by the flow editor or by a file of the
library. `parse` turns it into the frozen classes below and refuses what the engine could not run,
with a sentence that names the step; `to_json` is its inverse.

    {"steps": [{"key": "manager", "name": "总经理", "how": "one",
                "who": [{"kind": "post", "name": "总经理", "level": "group"}],
                "condition": {"all": [{"field": "amount", "is": "gt", "value": "3000"}]},
                "limit": {"amount": "2", "unit": "working_days"}, "on_timeout": "remind"}],
     "rules": {"no_approver": "escalate"}}
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from approvals.conditions import Condition, Given, holds, parse_condition, policies_in
from core.errors import Refused
from regions.models import Kind
from regions.policies.types import Duration, Span

MAX_STEPS = 30
MAX_UP = 3  # project → city → region → group
NAME_LENGTH = 60
KEY = re.compile(r"[a-z][a-z0-9_-]{0,39}")
LIMIT = Duration(maximum=400)

C = TypeVar("C", bound=TextChoices)


class WhoKind(TextChoices):
    """Ways to say who decides. `name` means something else in each."""

    POST = "post", gettext_lazy("Holder of a function")  # name: the function
    HEAD = "head", gettext_lazy("Head of the unit")
    BODY = "body", gettext_lazy("Body")  # name: key of the body; its quorum decides (ORG-28)
    ROLE = "role", gettext_lazy("Role")  # name: code of the role, held for the unit
    PERSON = "person", gettext_lazy("Named person")  # name: employee number
    APPLICANT_CHOICE = "applicant_choice", gettext_lazy("Chosen by the applicant")
    PREVIOUS_CHOICE = "previous_choice", gettext_lazy("Chosen by the previous approver")
    APPLICANT = "applicant", gettext_lazy("The applicant")
    SPECIALIST = "specialist", gettext_lazy("Specialist of the customer")  # of the paper's customer


NAMED = frozenset({WhoKind.POST, WhoKind.BODY, WhoKind.ROLE, WhoKind.PERSON})
PLACED = frozenset({WhoKind.POST, WhoKind.HEAD, WhoKind.ROLE})  # `up` and `level` say where


class How(TextChoices):
    """How many of the people found must decide."""

    ONE = "one", gettext_lazy("One person")  # the first one found
    ANY = "any", gettext_lazy("Any one signs")
    ALL = "all", gettext_lazy("All sign")
    IN_ORDER = "in_order", pgettext_lazy("way to sign", "In order")
    SHARE = "share", gettext_lazy("A share of them")


class OnTimeout(TextChoices):
    """What happens when nobody decided within the limit."""

    REMIND = "remind", pgettext_lazy("when late", "Remind")
    PASS = "pass", pgettext_lazy("when late", "Count as approved")  # noqa: S105
    REJECT = "reject", pgettext_lazy("when late", "Reject")
    ESCALATE = "escalate", pgettext_lazy("when late", "Escalate to the superior")


class NoApprover(TextChoices):
    PASS = "pass", pgettext_lazy("no approver", "Skip the step")  # noqa: S105
    ESCALATE = "escalate", pgettext_lazy("no approver", "Ask the unit above")
    ADMINISTRATOR = "administrator", pgettext_lazy("no approver", "Ask an administrator")
    REFUSE = "refuse", pgettext_lazy("no approver", "Refuse the submission")


class OwnPaper(TextChoices):
    SKIP = "skip", pgettext_lazy("own paper", "Leave him out")
    ALLOW = "allow", pgettext_lazy("own paper", "Let him decide")
    SUPERIOR = "superior", pgettext_lazy("own paper", "Ask his superior")


class Repeated(TextChoices):
    ONCE = "once", pgettext_lazy("same approver", "Asked once")
    AGAIN = "again", pgettext_lazy("same approver", "Asked again")


class Left(TextChoices):
    SUPERIOR = "superior", pgettext_lazy("approver left", "Ask the superior")
    ADMINISTRATOR = "administrator", pgettext_lazy("approver left", "Ask an administrator")


class DefinitionError(Refused):
    """A definition that cannot run.

    `position` is the step's, from 0, or None for the whole flow; `part` the key of its JSON where
    the mistake lies; `sentence` the problem without the step's name, for a form's field.
    """

    def __init__(
        self, sentence: str, position: int | None = None, part: str = "", step: str = ""
    ) -> None:
        whole = _("Step “%(step)s”: %(problem)s") % {"step": step, "problem": sentence}
        super().__init__(whole if step else sentence)
        self.sentence = sentence
        self.position = position
        self.part = part


@dataclass(frozen=True, slots=True)
class Who:
    """One way to find people. Of PLACED kinds: `up` levels above the applying unit (0: itself), or,
    where `level` is given, the unit of that level (a `Kind`) on the way up from it."""

    kind: WhoKind
    name: str = ""
    up: int = 0
    level: str = ""

    def to_json(self) -> dict[str, Any]:
        """Without what is not said."""
        kept: dict[str, Any] = {"kind": str(self.kind)}
        if self.name:
            kept["name"] = self.name
        if self.level:
            kept["level"] = self.level
        elif self.up:
            kept["up"] = self.up
        return kept


@dataclass(frozen=True, slots=True)
class StepDef:
    """A step of a flow.

    `share`: percent of the people found who must approve, 1 to 100, of How.SHARE alone.
    `limit`: time to decide, afterwards `on_timeout`. `opinion_only`: what is said is an opinion, a
    "no" does not stop the flow. `amount_step_up`: above this amount the identity is confirmed
    again; None leaves it to the policy approvals.step_up_amount.
    """

    key: str
    name: str
    who: tuple[Who, ...]
    how: How = How.ANY
    share: int | None = None
    condition: Condition | None = None
    copy_to: tuple[Who, ...] = ()
    hidden_fields: tuple[str, ...] = ()
    writable_fields: tuple[str, ...] = ()
    limit: Span | None = None
    on_timeout: OnTimeout = OnTimeout.REMIND
    opinion_only: bool = False
    amount_step_up: Decimal | None = None

    def to_json(self) -> dict[str, Any]:
        """Without what is as it would be anyway, so that two versions compare well."""
        kept: dict[str, Any] = {
            "key": self.key,
            "name": self.name,
            "who": [who.to_json() for who in self.who],
            "how": str(self.how),
        }
        optional = {
            "share": self.share,
            "condition": self.condition and self.condition.to_json(),
            "copy_to": [who.to_json() for who in self.copy_to],
            "hidden_fields": list(self.hidden_fields),
            "writable_fields": list(self.writable_fields),
            "limit": self.limit and LIMIT.to_json(self.limit),
            "on_timeout": str(self.on_timeout) if self.limit else "",
            "opinion_only": self.opinion_only,
            "amount_step_up": "" if self.amount_step_up is None else str(self.amount_step_up),
        }
        return kept | {key: value for key, value in optional.items() if value}


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds where the steps alone do not say who decides (WF-02)."""

    no_approver: NoApprover = NoApprover.ESCALATE
    applicant_is_approver: OwnPaper = OwnPaper.SUPERIOR
    repeated: Repeated = Repeated.ONCE
    left: Left = Left.SUPERIOR

    def to_json(self) -> dict[str, str]:
        return {part.name: str(getattr(self, part.name)) for part in fields(self)}


@dataclass(frozen=True, slots=True)
class Definition:
    """A whole flow: its steps in their order, and the rules for odd cases."""

    steps: tuple[StepDef, ...]
    rules: Rules = field(default_factory=Rules)

    def step(self, key: str) -> StepDef:
        """The step of this key. Raises KeyError."""
        for step in self.steps:
            if step.key == key:
                return step
        raise KeyError(key)

    def to_json(self) -> dict[str, Any]:
        return {
            "steps": [step.to_json() for step in self.steps],
            "rules": self.rules.to_json(),
        }


class StepFor(NamedTuple):
    """A step for one paper; `because` is the condition that kept it or left it out."""

    step: StepDef
    applies: bool
    because: Condition | None


def steps_for(definition: Definition, given: Given, policies: Mapping[str, Any]) -> list[StepFor]:
    """Every step in order, and whether it applies to a paper.

    `policies`: values of the keys that `policies_named` lists, for the paper's unit and day.
    """
    return [
        StepFor(step, holds(step.condition, given, policies), step.condition)
        for step in definition.steps
    ]


def policies_named(definition: Definition) -> frozenset[str]:
    """Keys of the policies that conditions of the definition compare with."""
    return frozenset().union(*(policies_in(step.condition) for step in definition.steps))


def parse(stored: Any, *, known_fields: Collection[str] | None = None) -> Definition:
    """A definition out of JSON.

    `known_fields`: the fields of the subject, which conditions and field rights may name; None
    lets every name pass (the subject's app may not be installed). Raises DefinitionError.
    """
    if not isinstance(stored, Mapping) or set(stored) - {"steps", "rules"}:
        raise DefinitionError(_("A flow consists of steps and rules."))
    steps = stored.get("steps")
    if not isinstance(steps, list) or not steps:
        raise DefinitionError(_("A flow needs at least one step."))
    if len(steps) > MAX_STEPS:
        raise DefinitionError(_("A flow has at most %(count)s steps.") % {"count": MAX_STEPS})
    parsed = tuple(_Reader(step, at, known_fields).step() for at, step in enumerate(steps))
    _together(parsed)
    return Definition(parsed, _rules(stored.get("rules") or {}))


def parse_step(stored: Any, at: int = 0, *, known_fields: Collection[str] | None = None) -> StepDef:
    """One step by itself, at a position from 0; for a form that shows what is well already.

    Raises DefinitionError.
    """
    return _Reader(stored, at, known_fields).step()


def _together(steps: tuple[StepDef, ...]) -> None:
    """What steps must keep among each other."""
    seen: set[str] = set()
    for at, step in enumerate(steps):
        if step.key in seen:
            raise DefinitionError(_("Another step has the same key."), at, "key", step.name)
        seen.add(step.key)
    if all(step.opinion_only for step in steps):
        raise DefinitionError(_("At least one step must decide and not only give an opinion."))


def _rules(stored: Any) -> Rules:
    kinds = {
        "no_approver": NoApprover,
        "applicant_is_approver": OwnPaper,
        "repeated": Repeated,
        "left": Left,
    }
    if not isinstance(stored, Mapping) or set(stored) - set(kinds):
        raise DefinitionError(_("A flow consists of steps and rules."))
    for key, value in stored.items():
        if value not in kinds[key].values:
            raise DefinitionError(
                _("“%(value)s” is not a rule for “%(rule)s”.") % {"value": value, "rule": key}
            )
    return Rules(**{key: kinds[key](value) for key, value in stored.items()})


class _Reader:
    """Reads one step and knows how to name it in a sentence."""

    def __init__(self, stored: Any, at: int, known: Collection[str] | None) -> None:
        self.stored, self.at, self.known = stored, at, known
        self.name = str(at + 1)

    def wrong(self, part: str, sentence: str) -> DefinitionError:
        """The error at a part of this step."""
        return DefinitionError(sentence, self.at, part, self.name)

    def step(self) -> StepDef:
        stored = self.stored
        if not isinstance(stored, Mapping):
            raise self.wrong("", _("A step has a key, a name and people who decide."))
        name = str(stored.get("name") or "").strip()
        self.name = name or self.name
        if unknown := sorted(set(stored) - {part.name for part in fields(StepDef)}):
            raise self.wrong("", _("“%(part)s” is not a part of a step.") % {"part": unknown[0]})
        if not 0 < len(name) <= NAME_LENGTH:
            raise self.wrong("name", _("Please enter a name of at most 60 characters."))
        key = str(stored.get("key") or "")
        if not KEY.fullmatch(key):
            raise self.wrong("key", _("Please enter a key of small letters, digits and dashes."))
        how = self._choice("how", How, How.ANY)
        limit = self._limit()
        return StepDef(
            key=key,
            name=name,
            who=self._people("who"),
            how=how,
            share=self._share(how),
            condition=self._condition(),
            copy_to=self._people("copy_to"),
            hidden_fields=self._fields("hidden_fields"),
            writable_fields=self._fields("writable_fields"),
            limit=limit,
            on_timeout=self._choice("on_timeout", OnTimeout, OnTimeout.REMIND),
            opinion_only=self._flag("opinion_only"),
            amount_step_up=self._money("amount_step_up"),
        )

    def _choice(self, part: str, kind: type[C], default: C) -> C:
        value = self.stored.get(part) or default
        if value not in kind.values:
            raise self.wrong(part, _("“%(value)s” is not one of the choices.") % {"value": value})
        return kind(value)

    def _people(self, part: str) -> tuple[Who, ...]:
        stored = self.stored.get(part) or []
        if not isinstance(stored, list) or (part == "who" and not stored):
            raise self.wrong(part, _("Please say who decides."))
        return tuple(self._one(part, who) for who in stored)

    def _one(self, part: str, stored: Any) -> Who:
        known = {"kind", "name", "up", "level"}
        if not isinstance(stored, Mapping) or set(stored) - known:
            raise self.wrong(part, _("Please say who decides."))
        if stored.get("kind") not in WhoKind.values:
            raise self.wrong(part, _("Please say who decides."))
        kind = WhoKind(stored["kind"])
        name, up, level = str(stored.get("name") or ""), stored.get("up") or 0, stored.get("level")
        if kind in NAMED and not name:
            raise self.wrong(
                part, _("Please choose which one under “%(kind)s”.") % {"kind": kind.label}
            )
        if isinstance(up, bool) or not isinstance(up, int) or not 0 <= up <= MAX_UP:
            raise self.wrong(part, _("People are found at most three levels further up."))
        if level and level not in Kind.values:
            raise self.wrong(part, _("“%(value)s” is not one of the choices.") % {"value": level})
        if kind == WhoKind.PREVIOUS_CHOICE and self.at == 0:
            raise self.wrong(part, _("Nobody decides before the first step."))
        placed = kind in PLACED
        return Who(
            kind, name, up if placed and not level else 0, str(level or "") if placed else ""
        )

    def _share(self, how: How) -> int | None:
        share = self.stored.get("share")
        if how != How.SHARE:
            return None
        if isinstance(share, bool) or not isinstance(share, int) or not 1 <= share <= 100:
            raise self.wrong("share", _("Please enter the share in percent, 1 to 100."))
        return share

    def _condition(self) -> Condition | None:
        stored = self.stored.get("condition")
        if not stored:
            return None
        try:
            return parse_condition(stored, fields=self.known)
        except ValueError as error:
            raise self.wrong("condition", str(error)) from error

    def _fields(self, part: str) -> tuple[str, ...]:
        names = self.stored.get(part) or []
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise self.wrong(part, _("Please list the fields by their keys."))
        for name in names:
            if self.known is not None and name not in self.known:
                raise self.wrong(part, _("This paper has no field “%(field)s”.") % {"field": name})
        return tuple(names)

    def _limit(self) -> Span | None:
        stored = self.stored.get("limit")
        if not stored:
            return None
        try:
            span = LIMIT.from_json(stored)
            LIMIT.check(span)
        except (ValueError, TypeError, ValidationError) as error:
            raise self.wrong(
                "limit", _("Please enter the time to decide as a number and a unit.")
            ) from error
        return span

    def _flag(self, part: str) -> bool:
        value = self.stored.get(part, False)
        if not isinstance(value, bool):
            raise self.wrong(part, _("“%(value)s” is not one of the choices.") % {"value": value})
        return value

    def _money(self, part: str) -> Decimal | None:
        stored = self.stored.get(part)
        if stored in (None, ""):
            return None
        try:
            amount = Decimal(str(stored))
        except InvalidOperation as error:
            raise self.wrong(part, _("Please enter an amount with two places.")) from error
        if not amount.is_finite() or amount < 0 or amount != round(amount, 2):
            raise self.wrong(part, _("Please enter an amount with two places."))
        return amount
