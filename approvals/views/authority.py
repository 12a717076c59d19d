"""The authority guide: who decides what up to which amount, made from the flows (ORG-28)."""

from itertools import groupby
from typing import Any

from django.db.models import Prefetch, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from approvals.conditions import Condition, parse_condition
from approvals.definitions import Definition, DefinitionError, StepDef, parse
from approvals.guide import bands
from approvals.models import Flow, FlowVersion
from approvals.ready import forms
from approvals.shown import names_for
from approvals.subjects import SUBJECTS
from approvals.wording import condition_words
from core.access import signed_in


@signed_in
@require_safe
def authority(request: HttpRequest) -> HttpResponse:
    """Every flow that holds for the reader's unit, cut into bands of amounts; prints well."""
    rows = [row for flow in _flows(request.user) if (row := _row(flow)) is not None]
    rows.sort(key=lambda row: (row["papers"], row["flow"].position, row["flow"].name))
    context = {
        "groups": [
            (papers, list(some)) for papers, some in groupby(rows, key=lambda row: row["papers"])
        ],
        "today": timezone.localdate(),
        "crumbs": [(_("Authority guide"), "")],
    }
    return render(request, "approvals/authority.html", context)


def _flows(user: Any) -> Any:
    """Flows of the whole group, of the units above the reader, and of those he reaches."""
    line = user.unit.ancestor_ids() if user.unit_id else []
    reached = Flow.objects.visible_to(user).values("pk")
    published = FlowVersion.objects.filter(published_at__isnull=False).order_by("-number")
    return (
        Flow.objects.active()
        .filter(Q(unit__isnull=True) | Q(unit__in=line) | Q(pk__in=reached))
        .select_related("unit")
        .prefetch_related(Prefetch("versions", published))
    )


def _row(flow: Flow) -> dict[str, Any] | None:
    """One flow of the guide; None without a version that holds."""
    version = next(iter(flow.versions.all()), None)
    if version is None:
        return None
    try:
        definition: Definition = parse(version.definition)
    except DefinitionError:
        return None
    subject = SUBJECTS.get(flow.subject_kind)
    taken = parse_condition(flow.condition) if flow.condition else None
    way_in = StepDef("taken", "", (), condition=taken)
    names = names_for([definition, Definition((way_in,))], flow.subject_kind, flow.unit_id)
    return {
        "flow": flow,
        "version": version,
        "papers": str(subject.label) if subject else flow.subject_kind,
        "taken": "" if _says_its_name(flow, taken) else condition_words(way_in, names),
        "bands": bands(definition, names, taken=taken),
    }


def _says_its_name(flow: Flow, taken: Condition | None) -> bool:
    """Whether a flow is taken for the form after which it is called, and for nothing else."""
    if taken is None or len(taken.terms) != 1 or taken.terms[0].field != "form":
        return False
    form = forms().get(str(taken.terms[0].value))
    return form is not None and form.name == flow.name
