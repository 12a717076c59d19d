"""What this app itself lets be approved: requests on ready forms."""

from collections.abc import Collection, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from approvals.models import REQUEST_KIND, Request, RequestState
from approvals.ready import FORM, ReadyField, forms
from approvals.services.requests import follow, kept_files
from approvals.subjects import Facts, FieldSpec, Handlers, Subject, register
from regions.policies import policy

# Fields of a request beside those of its form: which bodies pass rules is a policy (WF-07).
MEETING, BOARD = "meeting_decides", "board_decides"
RULE_FORM = "rule"


def fields_of_request(request: Request) -> dict[str, Any]:
    """What conditions of flows read."""
    known: dict[str, Any] = {FORM: request.form, **request.values}
    if request.form == RULE_FORM:
        makers = policy("approvals.rule_makers", unit=request.unit_id)
        known |= {MEETING: "manager_meeting" in makers, BOARD: "board" in makers}
    return known


def lines_of_request(request: Request, hidden: Collection[str] = ()) -> list[tuple[str, Any]]:
    """Label and value of each field, as the paper shows them; yes and no as words. `hidden` are
    keys of fields that are left out."""
    ready = forms().get(request.form)
    if ready is None or ready.fields is None:
        return list(request.values.items())
    return [
        (one.label, _words(one, request.values.get(one.key)))
        for one in ready.fields
        if one.key not in hidden
    ]


def _words(field: ReadyField, value: Any) -> Any:
    if field.type == "yes_no":
        return _("Yes") if value else _("No")
    return "" if value is None else value


def snapshot_of_request(request: Request) -> Mapping[str, Any]:
    """Exactly what is approved, down to the content of the files."""
    return {
        "form": request.form,
        "title": request.title,
        "unit": request.unit.name,
        "amount": request.amount,
        "values": request.values,
        "files": [{"name": file.name, "sha256": file.sha256} for file in kept_files(request)],
    }


def facts_of_request(request: Request) -> Facts:
    return Facts(
        title=request.title,
        unit=request.unit,
        amount=request.amount,
        fields=fields_of_request(request),
        snapshot=snapshot_of_request(request),
        url=request.get_absolute_url(),
    )


def _specs() -> tuple[FieldSpec, ...]:
    """The fields of all ready forms; one key means the same in every form that has it."""
    specs = {
        FORM: FieldSpec(FORM, gettext_lazy("Form"), "choice", choices=_form_names),
        MEETING: FieldSpec(MEETING, gettext_lazy("The meeting decides on rules"), "yes_no"),
        BOARD: FieldSpec(BOARD, gettext_lazy("The board decides on rules"), "yes_no"),
    }
    for ready in forms().values():
        for one in ready.fields or ():
            pairs = tuple((word, word) for word in one.choices)
            kind = "text" if one.type == "customer" else one.type
            specs.setdefault(one.key, FieldSpec(one.key, one.label, kind, choices=pairs))
    return tuple(specs.values())


def _form_names() -> list[tuple[str, str]]:
    return [(key, ready.name) for key, ready in forms().items()]


def _own(request: Request, by: Any) -> bool:
    return by is not None and request.applicant_id == by.pk


register(
    Subject(
        kind=REQUEST_KIND,
        label=gettext_lazy("Request"),
        model=Request,
        facts=facts_of_request,
        fields=_specs(),
        template="approvals/_request.html",
        may_submit=_own,
        on=Handlers(
            submitted=follow(RequestState.IN_APPROVAL),
            approved=follow(RequestState.APPROVED),
            rejected=follow(RequestState.REJECTED),
            sent_back=follow(RequestState.SENT_BACK),
            withdrawn=follow(RequestState.WITHDRAWN),
            voided=follow(RequestState.DRAFT),
        ),
    )
)
