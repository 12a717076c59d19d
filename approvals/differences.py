"""What differs between two versions of a flow, in sentences; pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from approvals.definitions import Definition, StepDef
from approvals.drawing import shown_step
from approvals.wording import Names, people_words
from core.display import DASH, listed, money


@dataclass(frozen=True, slots=True)
class Change:
    """One part that differs: of which step ("" is the whole flow), what, before and after."""

    step: str
    part: str
    before: str = ""
    after: str = ""


def differences(before: Definition, after: Definition, names: Names) -> list[Change]:
    """Steps that came, went or changed, then order and rules."""
    old = {step.key: step for step in before.steps}
    new = {step.key: step for step in after.steps}
    found = [Change(step.name, _("step added")) for key, step in new.items() if key not in old]
    found += [Change(step.name, _("step removed")) for key, step in old.items() if key not in new]
    for key, step in new.items():
        if key in old:
            found += _of_step(old[key], step, names)
    both = [key for key in old if key in new]
    if both != [key for key in new if key in old]:
        order = [listed(one[key].name for key in one if key in both) for one in (old, new)]
        found.append(Change("", _("order of the steps"), *order))
    return found + _of_rules(before, after)


def _of_step(before: StepDef, after: StepDef, names: Names) -> list[Change]:
    pairs = zip(_parts(before, names), _parts(after, names), strict=True)
    return [
        Change(after.name, part, was or DASH, now or DASH)
        for (part, was), (_part, now) in pairs
        if was != now
    ]


def _parts(step: StepDef, names: Names) -> Sequence[tuple[str, str]]:
    """Every part of a step as a reader sees it."""
    shown = shown_step(step, names)

    def called(keys: Sequence[str]) -> str:
        return listed(names.fields.get(key, key) for key in keys)

    return (
        (_("name"), step.name),
        (_("who decides"), shown.who),
        (_("how"), shown.how),
        (_("condition"), shown.condition),
        (_("time limit"), shown.limit),
        (_("opinion only"), _("Yes") if step.opinion_only else _("No")),
        (_("copy to"), people_words(step.copy_to, names)),
        (_("fields not shown"), called(step.hidden_fields)),
        (_("fields that may be written"), called(step.writable_fields)),
        (
            _("identity confirmed above"),
            "" if step.amount_step_up is None else money(step.amount_step_up),
        ),
    )


def _of_rules(before: Definition, after: Definition) -> list[Change]:
    titles = rule_titles()
    return [
        Change("", title, str(was.label), str(now.label))
        for name, title in titles.items()
        if (was := getattr(before.rules, name)) != (now := getattr(after.rules, name))
    ]


def rule_titles() -> dict[str, str]:
    """What the rules for odd cases are called."""
    return {
        "no_approver": _("If nobody holds the post"),
        "applicant_is_approver": _("If the applicant would decide himself"),
        "repeated": _("If somebody has agreed already"),
        "left": _("If the approver has left"),
    }
