"""Papers of compliance that are approved: account changes, exceptions of findings (ACC-07)."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from approvals.subjects import Facts, FieldSpec, Handlers, Subject, register
from compliance.models import AccountChange, FindingException
from compliance.services import account_changes, findings
from compliance.states import ChangeCause, ChangeKind, ChangeState
from core.display import listed

NAMED = 3  # people named in the title of a paper


def account_change_facts(change: AccountChange) -> Facts:
    """What flows and approvers see of an account change."""
    lines = list(change.lines.order_by("employee_no"))
    names = listed([line.name for line in lines[:NAMED]]) + (" …" if len(lines) > NAMED else "")
    return Facts(
        title=f"{change.get_kind_display()} · {names}",
        unit=change.unit,
        fields={"kind": change.kind, "cause": change.cause, "people": len(lines)},
        snapshot={
            "kind": change.kind,
            "cause": change.cause,
            "event_on": change.event_on,
            "unit": change.unit.code,
            "people": [[line.employee_no, line.name] for line in lines],
            "reason": change.reason,
            "treatment": change.treatment,
        },
        url=change.get_absolute_url(),
    )


def _may_submit(change: AccountChange, by: Any) -> bool:
    return by is not None and change.asked_by_id == by.pk


register(
    Subject(
        kind=account_changes.KIND,
        label=_("Account change"),
        model=AccountChange,
        facts=account_change_facts,
        template="compliance/_account_change.html",
        may_submit=_may_submit,
        fields=(
            FieldSpec("kind", _("Kind"), "choice", choices=ChangeKind.choices),
            FieldSpec("cause", _("Cause"), "choice", choices=ChangeCause.choices),
            FieldSpec("people", _("People concerned"), "number"),
        ),
        on=Handlers(
            submitted=account_changes.follow(ChangeState.IN_APPROVAL),
            approved=account_changes.follow(ChangeState.APPROVED),
            rejected=account_changes.follow(ChangeState.REJECTED),
            sent_back=account_changes.follow(ChangeState.NOTED),
            withdrawn=account_changes.follow(ChangeState.WITHDRAWN),
            voided=account_changes.follow(ChangeState.WITHDRAWN),
        ),
    )
)


def exception_facts(asked: FindingException) -> Facts:
    """What flows and approvers see of an exception."""
    finding = asked.finding
    return Facts(
        title=f"{finding.rule} · {finding.unit.name}",
        unit=finding.unit,
        fields={"rule": finding.rule, "severity": finding.severity},
        snapshot={
            "finding": finding.pk,
            "rule": finding.rule,
            "unit": finding.unit.code,
            "until": asked.until,
            "reason": asked.reason,
        },
        url=finding.get_absolute_url(),
    )


register(
    Subject(
        kind=findings.EXCEPTION,
        label=_("Exception of a finding"),
        model=FindingException,
        facts=exception_facts,
        template="compliance/_exception.html",
        may_submit=lambda asked, by: by is not None and asked.asked_by_id == by.pk,
        fields=(
            FieldSpec("rule", _("Rule")),
            FieldSpec("severity", _("Severity")),
        ),
        on=Handlers(
            approved=findings.exception_approved,
            rejected=findings.exception_rejected,
            withdrawn=findings.exception_withdrawn,
            voided=findings.exception_withdrawn,
        ),
    )
)
