"""Flows and their versions: drafted, published, and chosen for a paper (WF-02…04)."""

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from approvals.conditions import holds, parse_condition, policies_in
from approvals.definitions import parse
from approvals.models import Flow, FlowModel, FlowVersion
from approvals.subjects import SUBJECTS, Facts
from audit.services import record
from core.errors import Refused
from core.locking import lock
from regions.policies import policy


@transaction.atomic
def draft(flow: Flow, *, by: Any) -> FlowVersion:
    """The draft of a flow: the one there is, else a copy of its newest version.

    Raises Refused for a fixed flow, which users do not change (WF-04).
    """
    held = lock(Flow.objects.filter(pk=flow.pk)).get()
    refuse_fixed(held, by)
    waiting = held.versions.filter(published_at=None).first()
    if waiting is not None:
        return waiting
    newest = held.versions.order_by("-number").first()
    return FlowVersion.objects.create(
        flow=held,
        number=newest.number + 1 if newest else 1,
        definition=newest.definition if newest else {"steps": [], "rules": {}},
        made_by=by,
    )


def refuse_fixed(flow: Flow, by: Any) -> None:
    """Raises Refused for a person who would change a fixed flow; `by` None is the product."""
    if flow.model == FlowModel.FIXED and by is not None:
        raise Refused(_("This flow is fixed and cannot be changed here."))


@transaction.atomic
def save_draft(version: FlowVersion, definition: dict[str, Any], *, by: Any) -> FlowVersion:
    """Write a draft. What cannot run yet may be kept; `publish` refuses it."""
    held = _held(version, by)
    held.definition = definition
    held.save(update_fields=["definition"])
    return held


@transaction.atomic
def publish(version: FlowVersion, *, by: Any) -> FlowVersion:
    """Let a draft hold for papers submitted from now on; running ones keep theirs.

    Raises DefinitionError (a Refused) that names the step which cannot run.
    """
    held = _held(version, by)
    known = SUBJECTS.get(held.flow.subject_kind)
    parsed = parse(held.definition, known_fields=known.field_keys() if known else None)
    held.definition = parsed.to_json()
    held.published_at, held.published_by = timezone.now(), by
    held.save(update_fields=["definition", "published_at", "published_by"])
    record("flow.published", by=by, subject=held.flow, name=held.flow.name, number=held.number)
    return held


def _held(version: FlowVersion, by: Any) -> FlowVersion:
    lock(Flow.objects.filter(pk=version.flow_id))
    held = lock(FlowVersion.objects.filter(pk=version.pk)).select_related("flow").first()
    if held is None or held.is_published:
        raise Refused(_("This version is published already. Please begin a new draft."))
    refuse_fixed(held.flow, by)
    return held


def published(flow: Flow) -> FlowVersion | None:
    """The version of a flow that holds now."""
    rows = flow.versions.filter(published_at__isnull=False)
    return rows.select_related("flow").order_by("-number").first()


def flow_for(subject_kind: str, facts: Facts) -> FlowVersion:
    """The version of the flow that a paper takes: of the nearest unit, then by position, the
    first whose condition holds. Raises Refused when there is none."""
    for flow in flows_near(subject_kind, facts.unit):
        if _fits(flow, facts):
            found = published(flow)
            if found is not None:
                return found
    raise Refused(_("No approval flow fits this paper. Please ask an administrator."))


def flows_near(subject_kind: str, unit: Any) -> list[Flow]:
    """Active flows of a kind that reach a unit, in the order in which they are tried."""
    line = unit.ancestor_ids()
    flows = Flow.objects.active().filter(subject_kind=subject_kind)
    near = [flow for flow in flows if flow.unit_id is None or flow.unit_id in line]
    depth = {key: place for place, key in enumerate(line)}
    return sorted(
        near,
        key=lambda flow: (-depth.get(flow.unit_id or 0, -1), flow.position, flow.pk),
    )


def _fits(flow: Flow, facts: Facts) -> bool:
    if not flow.condition:
        return True
    condition = parse_condition(flow.condition)
    values = {key: policy(key, facts.unit) for key in policies_in(condition)}
    return holds(condition, facts, values, unknown=False)
