"""The catalogue of ready flows: in force from the first day, or taken over later (WF-01, WF-03)."""

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from approvals.definitions import parse
from approvals.models import Flow, FlowModel, FlowVersion
from approvals.ready import Ready, catalogue
from approvals.subjects import SUBJECTS
from audit.services import record
from core.errors import Refused


@transaction.atomic
def install_library() -> None:
    """Write the ready flows that hold from the first day and are not there yet.

    What an administrator changed stays. A fixed flow belongs to the product: when its file says
    something else than its newest version, that becomes the next version.
    """
    known = {flow.key: flow for flow in Flow.objects.filter(key__in=catalogue())}
    for key, ready in catalogue().items():
        if ready.kind not in SUBJECTS or not (ready.install or key in known):
            continue
        flow = known.get(key)
        if flow is None:
            _publish(_flow_of(ready), ready, 1)
        elif flow.model == FlowModel.FIXED:
            newest = flow.versions.filter(published_at__isnull=False).first()
            if newest is None or newest.definition != _definition(ready):
                _publish(flow, ready, newest.number + 1 if newest else 1)


@transaction.atomic
def take_over(key: str, *, by: Any) -> Flow:
    """Make a flow out of an entry of the catalogue, with a draft to look through and publish.

    Raises LookupError for an unknown entry, Refused when its flow is there already.
    """
    ready = catalogue()[key]
    if Flow.objects.filter(key=key).exists():
        raise Refused(_("This flow was taken over already."))
    flow = _flow_of(ready)
    FlowVersion.objects.create(flow=flow, number=1, definition=_definition(ready), made_by=by)
    record("flow.taken_over", by=by, subject=flow, name=flow.name)
    return flow


def _flow_of(ready: Ready) -> Flow:
    return Flow.objects.create(
        key=ready.key,
        name=ready.name,
        subject_kind=ready.kind,
        model=FlowModel(ready.model),
        position=ready.position,
        condition=dict(ready.condition),
    )


def _definition(ready: Ready) -> dict[str, Any]:
    """The entry's definition in the one form versions are kept in. Raises DefinitionError."""
    fields = SUBJECTS[ready.kind].field_keys() if ready.kind in SUBJECTS else None
    return parse(ready.definition, known_fields=fields).to_json()


def _publish(flow: Flow, ready: Ready, number: int) -> None:
    FlowVersion.objects.create(
        flow=flow, number=number, definition=_definition(ready), published_at=timezone.now()
    )
