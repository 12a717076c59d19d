"""Verbs of rules: a unit says something of its own, or takes it back. Versions are only added."""

from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.services import record
from core.errors import Refused, Stale
from regions.models import Kind, OrgUnit, PolicyValue
from regions.policies import Below, Policy, PolicyChange, find, forget
from regions.policies.changes import tell
from regions.selectors.policies import may_set


@transaction.atomic
def set_policy(
    *,
    key: str,
    unit: OrgUnit,
    value: Any,
    effective_from: date,
    reason: str,
    by: Any,
    base: int | None = None,
    backdate: bool = False,
) -> PolicyValue:
    """A new version of what a unit says about a rule, from a day on.

    `base` is the number of the newest version its author had seen (0: none). Raises Refused for a
    value out of bounds, without right or reason, for a day in the past unless `backdate`, and when
    nothing would change; Stale when somebody else was quicker; LookupError for an unknown rule.
    """
    rule = find(key)
    try:
        rule.type.check(value)
    except ValidationError as error:
        raise Refused(" ".join(error.messages)) from error
    stored = rule.type.to_json(value)
    return _add(rule, unit, stored, effective_from, reason, by, base=base, backdate=backdate)


@transaction.atomic
def reset_policy(
    *,
    key: str,
    unit: OrgUnit,
    effective_from: date,
    reason: str,
    by: Any,
    base: int | None = None,
    backdate: bool = False,
) -> PolicyValue:
    """Take a unit's own value back from a day on; what is inherited holds again.

    Raises as `set_policy`, and Refused when the unit says nothing of its own on that day.
    """
    rule = find(key)
    return _add(rule, unit, None, effective_from, reason, by, base=base, backdate=backdate)


def _add(
    rule: Policy,
    unit: OrgUnit,
    stored: Any,
    effective_from: date,
    reason: str,
    by: Any,
    *,
    base: int | None,
    backdate: bool,
) -> PolicyValue:
    _check_request(rule, unit, effective_from, reason, by, backdate=backdate)
    _queue_up(rule, unit)
    latest = PolicyValue.objects.of(rule.key, unit).select_related("author").first()
    number = latest.version if latest else 0
    if base is not None and base != number:
        raise Stale(_overtaken(latest))
    _check_difference(rule, unit, stored, effective_from)
    version = PolicyValue.objects.create(
        key=rule.key,
        unit=unit,
        version=number + 1,
        value=stored,
        effective_from=effective_from,
        reason=reason.strip(),
        author=by,
    )
    record(
        "policy.reset" if stored is None else "policy.set",
        subject=version,
        by=by,
        policy=rule.key,
        unit=unit.code,
        since=effective_from.isoformat(),
        version=version.version,
    )
    forget()
    transaction.on_commit(forget)
    tell(PolicyChange(rule.key, unit.pk, effective_from))
    return version


def _check_request(
    rule: Policy, unit: OrgUnit, effective_from: date, reason: str, by: Any, *, backdate: bool
) -> None:
    """Refuse what needs no look at other versions."""
    if rule.who_may is Below.NOBODY and unit.kind != Kind.GROUP:
        raise Refused(_("Only the group has a value of this rule. Please choose the group."))
    if not may_set(by, rule, unit):
        raise Refused(
            _("Your rights do not reach this rule in this unit. Please ask an administrator above.")
        )
    if not unit.is_active:
        raise Refused(_("This unit is closed; its rules stay as they are."))
    if not reason.strip():
        raise Refused(_("Please give the reason; it stands in the history of the rule."))
    if effective_from < timezone.localdate() and not backdate:
        raise Refused(
            _(
                "This day lies in the past. Please choose today or a later day, or confirm that "
                "the past is meant."
            )
        )


def _queue_up(rule: Policy, unit: OrgUnit) -> None:
    """Changes of one value wait for each other, so that each sees the version before it."""
    wait = "SELECT pg_advisory_xact_lock(hashtext('regions.policies'), hashtext(%s))"
    with connection.cursor() as cursor:
        cursor.execute(wait, [f"{rule.key} {unit.pk}"])


def _overtaken(latest: PolicyValue | None) -> str:
    if latest is None or latest.author is None:
        return _("This value was changed in the meantime. Please look at it again.")
    sentence = _("{person} changed this value in the meantime. Please look at it again.")
    return sentence.format(person=latest.author.name)


def _check_difference(rule: Policy, unit: OrgUnit, stored: Any, effective_from: date) -> None:
    """Refuse a version that would say on its first day what the unit says anyway."""
    before = PolicyValue.objects.of(rule.key, unit).in_force(effective_from).first()
    said = before.value if before else None
    if said != stored:
        return
    if stored is None:
        raise Refused(_("The unit has no value of its own on that day; there is nothing to undo."))
    raise Refused(_("This is the value the unit has already on that day; nothing would change."))
