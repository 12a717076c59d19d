"""Who decides a step: from the definition to people, with the rules for odd cases (WF-02).

Steps are left out by their conditions when a paper is submitted; people are looked up when a step
opens, because posts change while a paper is on its way.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from approvals.conditions import Condition
from approvals.definitions import (
    Definition,
    How,
    Left,
    NoApprover,
    OwnPaper,
    StepDef,
    StepFor,
    Who,
    WhoKind,
    policies_named,
    steps_for,
)
from approvals.models import WhySkipped
from approvals.selectors import people as found_people
from approvals.selectors.powers import definition_of
from approvals.services.flows import flow_for
from approvals.specialists import CUSTOMER, specialists_of
from approvals.subjects import Facts, subject_of
from core.errors import Refused
from regions.models import OrgUnit
from regions.policies import policy

# What a route says of a step besides WhySkipped.
CHOICE, REFUSE = "choice", "refuse"
CHOSEN = frozenset({WhoKind.APPLICANT_CHOICE, WhoKind.PREVIOUS_CHOICE})


@dataclass(frozen=True, slots=True)
class Found:
    """The people of a step and how many of them must agree. `why` says why nobody decides: a
    value of WhySkipped, CHOICE while somebody still has to choose, REFUSE where the flow does not
    accept the paper without them."""

    people: tuple[User, ...] = ()
    needed: int = 1
    why: str = ""


@dataclass(frozen=True, slots=True)
class RouteStep:
    """One step of the way a paper would take now, for the form that is being filled in."""

    step: StepDef
    applies: bool
    because: Condition | None
    people: tuple[User, ...] = ()
    needed: int = 1
    why: str = ""


class Router:
    """Finds people for the steps of one paper. `chosen` maps keys of steps to keys of people."""

    def __init__(
        self,
        definition: Definition,
        facts: Facts,
        applicant: User,
        chosen: Mapping[str, Sequence[int]] | None = None,
    ) -> None:
        self.definition, self.facts, self.applicant = definition, facts, applicant
        self.unit: OrgUnit = facts.unit
        self.chosen = chosen or {}

    def steps(self) -> list[StepFor]:
        """Every step and whether it applies to the paper."""
        values = {key: policy(key, self.unit) for key in policies_named(self.definition)}
        return steps_for(self.definition, self.facts, values)

    def found(self, step: StepDef) -> Found:
        """The people who decide a step, after the rules of the flow."""
        raw, quorum = self._raw(step)
        if not raw and self._waits_for_choice(step):
            return Found(why=CHOICE)
        kept, why = self._own_paper(step, raw)
        if not kept and why:
            return Found(why=why)
        if not kept:
            # Of those who step in where nobody was found, one is enough.
            kept, why = self._nobody(step)
            return Found(tuple(kept), 1, "" if kept else why)
        if step.how == How.ONE:
            kept = kept[:1]
        return Found(tuple(kept), _needed(step, len(kept), quorum))

    def everybody(self, whos: Collection[Who]) -> list[User]:
        """The people whom a list of ways finds, without the rules: for copies."""
        return found_people.unique(one for who in whos for one in self._who(who, "")[0])

    # --- from ways to people

    def _raw(self, step: StepDef) -> tuple[list[User], int | None]:
        people: list[User] = []
        quorum = None
        for who in step.who:
            some, wanted = self._who(who, step.key)
            people += some
            quorum = wanted if wanted is not None else quorum
        # The quorum of a body counts where the body alone decides.
        return found_people.unique(people), quorum if len(step.who) == 1 else None

    def _who(self, who: Who, key: str) -> tuple[list[User], int | None]:
        match who.kind:
            case WhoKind.BODY:
                return found_people.members(who.name)
            case WhoKind.PERSON:
                return self._named(who.name), None
            case WhoKind.APPLICANT:
                return [self.applicant], None
            case WhoKind.SPECIALIST:
                code = str(self.facts.fields.get(CUSTOMER) or "")
                return found_people.active(specialists_of(code)), None
            case WhoKind.APPLICANT_CHOICE | WhoKind.PREVIOUS_CHOICE:
                return found_people.active(self.chosen.get(key, ())), None
        unit = found_people.place(self.unit, up=who.up, level=who.level)
        if unit is None:
            return [], None
        if who.kind == WhoKind.POST:
            return found_people.holders(who.name, unit), None
        if who.kind == WhoKind.ROLE:
            return found_people.in_role(who.name, unit), None
        return found_people.heads(unit), None

    def _named(self, employee_no: str) -> list[User]:
        person = found_people.named(employee_no)
        if person is None or person.is_active:
            return [person] if person else []
        return self.instead_of(person)

    def instead_of(self, person: User) -> list[User]:
        """Who decides for somebody who has left (rule `left`)."""
        if self.definition.rules.left == Left.SUPERIOR:
            above = found_people.superiors(person, self.unit)
            if above:
                return self.without_applicant(above)
        return self.without_applicant(found_people.administrators(self.unit))

    # --- the rules

    def without_applicant(self, people: list[User]) -> list[User]:
        """These people but the applicant, unless the flow lets him decide."""
        if self.definition.rules.applicant_is_approver == OwnPaper.ALLOW:
            return people
        return [one for one in people if one.pk != self.applicant.pk]

    def _own_paper(self, step: StepDef, people: list[User]) -> tuple[list[User], str]:
        rule = self.definition.rules.applicant_is_approver
        asked = any(who.kind == WhoKind.APPLICANT for who in step.who)
        mine = any(one.pk == self.applicant.pk for one in people)
        if not mine or asked or rule == OwnPaper.ALLOW:
            return people, ""
        others = self.without_applicant(people)
        if rule == OwnPaper.SUPERIOR:
            above = found_people.superiors(self.applicant, self.unit)
            others = found_people.unique([*others, *self.without_applicant(above)])
            if not others:
                others = self.without_applicant(found_people.administrators(self.unit))
        return others, WhySkipped.APPLICANT

    def _nobody(self, step: StepDef) -> tuple[list[User], str]:
        rule = self.definition.rules.no_approver
        if rule == NoApprover.PASS:
            return [], WhySkipped.NOBODY
        if rule == NoApprover.REFUSE:
            return [], REFUSE
        people = self._above(step) if rule == NoApprover.ESCALATE else []
        return people or self.last_resort(), REFUSE

    def last_resort(self) -> list[User]:
        """Administrators of the flows, for a step that nobody else can decide."""
        return self.without_applicant(found_people.administrators(self.unit))

    def _above(self, step: StepDef) -> list[User]:
        """Those who hold the same in a unit further up, else the heads there."""
        line = self.unit.ancestor_ids()
        units = OrgUnit.objects.in_bulk(line)
        for key in reversed(line):
            for who in step.who:
                if who.kind == WhoKind.POST:
                    found = self.without_applicant(found_people.holders(who.name, units[key]))
                    if found:
                        return found
        for key in reversed(line[:-1]):
            found = self.without_applicant(found_people.heads(units[key]))
            if found:
                return found
        return []

    def _waits_for_choice(self, step: StepDef) -> bool:
        return any(who.kind in CHOSEN for who in step.who) and not self.chosen.get(step.key)


def _needed(step: StepDef, count: int, quorum: int | None) -> int:
    if quorum is not None:
        return min(quorum, count)
    if step.how == How.SHARE:
        return max(math.ceil(count * (step.share or 100) / 100), 1)
    return count if step.how in (How.ALL, How.IN_ORDER) else 1


def approvers(step: StepDef, applicant: User, facts: Facts, definition: Definition) -> list[User]:
    """Who would decide one step of a paper now."""
    return list(Router(definition, facts, applicant).found(step).people)


def route(
    subject_kind: str,
    paper: Any,
    applicant: User,
    chosen: Mapping[str, Sequence[Any]] | None = None,
) -> list[RouteStep]:
    """The way that a paper would take now. `paper` is the record or its Facts.

    Raises Refused when no flow fits.
    """
    facts = paper if isinstance(paper, Facts) else subject_of(subject_kind).facts(paper)
    definition = definition_of(flow_for(subject_kind, facts))
    router = Router(definition, facts, applicant, keys_of(chosen))
    way = []
    for step, applies, because in router.steps():
        found = router.found(step) if applies else Found(why=WhySkipped.CONDITION)
        way.append(RouteStep(step, applies, because, found.people, found.needed, found.why))
    return way


def keys_of(chosen: Mapping[str, Sequence[Any]] | None) -> dict[str, list[int]]:
    """People chosen for steps, as keys."""
    return {
        key: list(dict.fromkeys(getattr(one, "pk", one) for one in people))
        for key, people in (chosen or {}).items()
        if people
    }


def refuse_route(way: Collection[tuple[StepDef, Found]]) -> None:
    """Raises Refused for a way on which a step has nobody the flow could ask, and where the
    applicant did not choose whom he must choose."""
    for step, found in way:
        if found.why == REFUSE:
            raise Refused(
                _("Nobody can decide the step “{step}”. Please ask an administrator.").format(
                    step=step.name
                )
            )
        kinds = {who.kind for who in step.who}
        if found.why == CHOICE and WhoKind.APPLICANT_CHOICE in kinds:
            raise Refused(_("Please choose who decides the step “{step}”.").format(step=step.name))
