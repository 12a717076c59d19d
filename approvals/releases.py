"""Large exports are handed out only after an approval, where the rule says so.

The file is written as always and lies in the private folder; its owner gets it with the approval.
"""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from approvals.models import Approval, ApprovalState
from approvals.services import last_approval, submit
from approvals.subjects import Facts, FieldSpec, Handlers, Subject, register
from core.display import thousands
from core.errors import Refused
from core.exports import GATES, Gate, announce
from core.jobs import KINDS
from core.models import Job
from regions.models import OrgUnit
from regions.policies import policy

KIND = "approvals.export"


def title_of(job: Job) -> str:
    """What kind of list was written, in words."""
    return str(KINDS[job.kind].title) if job.kind in KINDS else job.kind


def facts(job: Job) -> Facts:
    """An export: which list, by which filter, how many rows, in which file."""
    rows = int(job.payload.get("rows", 0))
    unit = job.actor.unit if job.actor is not None else None
    return Facts(
        title=_("{list}, {rows} rows").format(list=title_of(job), rows=thousands(rows)),
        unit=unit or OrgUnit.objects.in_tree_order()[0],
        fields={"list": job.kind, "rows": rows},
        snapshot={"list": job.kind, "rows": rows}
        | {key: job.payload.get(key, "") for key in ("filter", "file")},
        url=job.payload.get("url", ""),
    )


def needs_release(rows: int) -> bool:
    """Whether a file of so many rows leaves the system only after an approval (0: none does)."""
    most: int = policy("approvals.export_rows")
    return 0 < most < rows


def check_direct(rows: int, sentence: str) -> None:
    """Raises Refused with a sentence (of `{rows}`) for a file that is handed out at once, with no
    job that could wait for the release which so many rows need."""
    if needs_release(rows):
        raise Refused(sentence.format(rows=thousands(rows)))


def hold(job: Job, *, rows: int, by: Any, url: str) -> bool:
    """Ask for the release of a file that is larger than the rule lets go."""
    if not needs_release(rows):
        return False
    job.payload = job.payload | {"rows": rows, "url": url}
    Job.objects.filter(pk=job.pk).update(payload=job.payload)
    submit(job, kind=KIND, by=by)
    return True


def why_held(job: Job) -> str:
    """Why a file is not handed out yet, or not at all."""
    approval = last_approval(job, KIND) if job.payload.get("rows") else None
    if approval is None or approval.state == ApprovalState.APPROVED:
        return ""
    if approval.is_open:
        return _("The file is written and waits for its release.")
    return _("The file is not released: {state}.").format(state=approval.get_state_display())


def released(job: Job, approval: Approval, *, by: Any) -> None:
    """The owner may fetch his file now."""
    announce(job, to=approval.applicant, rows=job.payload["rows"], url=job.payload["url"])


register(
    Subject(
        kind=KIND,
        label=gettext_lazy("Release of an export"),
        model=Job,
        facts=facts,
        fields=(
            FieldSpec("list", gettext_lazy("List")),
            FieldSpec("rows", gettext_lazy("Rows"), "number"),
        ),
        template="approvals/_export.html",
        on=Handlers(approved=released),
    )
)
GATES.append(Gate(hold, why_held))
