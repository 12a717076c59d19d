"""Flows as administrators keep them: settings beside the versions (WF-02, WF-04)."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from approvals.conditions import parse_condition
from approvals.models import Flow, FlowModel, FlowVersion
from approvals.services.flows import refuse_fixed
from approvals.subjects import SUBJECTS
from audit.services import record
from core.errors import Refused
from core.locking import lock
from core.scope import scope_of
from regions.models import OrgUnit

CHANGE = "approvals.change_flow"


def may_keep(flow_unit: OrgUnit | None, by: Any) -> bool:
    """Whether somebody keeps the flows of a unit; those of the whole group need the whole group."""
    scope = scope_of(by, CHANGE)
    if scope.everything:
        return True
    if flow_unit is None or scope.nothing:
        return False
    return OrgUnit.objects.visible_to(by, CHANGE).filter(pk=flow_unit.pk).exists()


@transaction.atomic
def keep_flow(
    flow: Flow,
    *,
    by: Any,
    name: str,
    unit: OrgUnit | None,
    position: int,
    condition: dict[str, Any] | None = None,
    is_active: bool = True,
) -> Flow:
    """Change where a flow holds and for which papers; its steps are versions of their own.

    `condition` is data of approvals.conditions, empty for every paper; None leaves it. Raises
    Refused out of reach, for a fixed flow and for a condition that cannot be judged.
    """
    if not may_keep(unit, by) or not may_keep(flow.unit, by):
        raise Refused(_("You may not keep flows of this unit."))
    held = lock(Flow.objects.filter(pk=flow.pk)).get()
    refuse_fixed(held, by)
    held.name, held.unit, held.position = name.strip(), unit, position
    held.is_active = is_active
    if condition is not None:
        held.condition = _judged(condition, held.subject_kind)
    held.save()
    record("flow.kept", by=by, subject=held, name=held.name)
    return held


def _judged(condition: dict[str, Any], kind: str) -> dict[str, Any]:
    """The condition in the one form in which it is kept. Raises Refused."""
    if not condition:
        return {}
    known = SUBJECTS.get(kind)
    try:
        return parse_condition(condition, fields=known.field_keys() if known else None).to_json()
    except ValueError as problem:
        raise Refused(str(problem)) from problem


@transaction.atomic
def copy_flow(
    like: Flow,
    *,
    by: Any,
    name: str,
    unit: OrgUnit | None,
    position: int,
    model: str = FlowModel.PREDEFINED,
    is_active: bool = True,
) -> Flow:
    """A new flow for the same papers as another, perhaps for one unit alone, with that one's steps
    as a draft. Raises Refused out of reach, and where the other is fixed: nobody gets around it.
    """
    if not may_keep(unit, by):
        raise Refused(_("You may not keep flows of this unit."))
    if FlowModel.FIXED in (like.model, model):
        raise Refused(_("Fixed flows come with the product; they are not copied."))
    newest = like.versions.order_by("-number").first()
    flow = Flow.objects.create(
        key=_free_key(like.key),
        name=name.strip(),
        subject_kind=like.subject_kind,
        model=model,
        unit=unit,
        position=position,
        condition=like.condition,
        is_active=is_active,
    )
    definition = newest.definition if newest else {"steps": [], "rules": {}}
    FlowVersion.objects.create(flow=flow, number=1, definition=definition, made_by=by)
    record("flow.kept", by=by, subject=flow, name=flow.name)
    return flow


def _free_key(stem: str) -> str:
    """A key that no flow has yet, made of another's and a number."""
    known = set(Flow.objects.filter(key__startswith=stem).values_list("key", flat=True))
    number = 2
    while f"{stem}-{number}" in known:
        number += 1
    return f"{stem}-{number}"
