"""Papers on ready forms: written, given files, submitted; their state follows the approval."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import IO, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from approvals.models import (
    REQUEST_KIND,
    Approval,
    Request,
    RequestFile,
    RequestState,
)
from approvals.ready import Ready, ReadyField, forms
from approvals.services.running import submit
from approvals.services.voiding import hold
from approvals.specialists import is_known
from audit.services import record
from core.attachments import discard, keep
from core.attachments.store import MEGABYTE, discard_after_commit
from core.display import listed, when
from core.drafts.forms import DraftForm, register
from core.drafts.services import hand_over
from core.errors import Refused
from core.locking import lock
from core.models import Draft
from regions.policies import policy


@transaction.atomic
def write_request(
    *,
    form: str,
    title: str,
    values: Mapping[str, Any],
    by: Any,
    amount: Decimal | None = None,
    request: Request | None = None,
    draft: Draft | None = None,
) -> Request:
    """Write a new paper on a ready form, or write an own one anew; one without a title is called
    after its form and the day. `draft` is that of the page, whose files become files of the paper.

    Raises Refused for somebody without a unit, for an unknown form, for a paper of somebody else,
    for too many files, and while it is being approved.
    """
    ready = forms().get(form)
    if ready is None or ready.fields is None:
        raise Refused(_("This form is not in the catalogue."))
    if request is None:
        if by.unit is None:
            raise Refused(_("You belong to no unit yet. Please ask your administrator."))
        paper = Request(form=form, applicant=by)
        paper.place_in(by.unit)
    else:
        paper = _held(request, by)
    paper.title, paper.amount = title.strip() or _untitled(ready), amount
    paper.values = {one.key: values[one.key] for one in ready.fields if one.key in values}
    paper.updated_at = timezone.now()
    paper.save()
    _adopt(paper, draft, by)
    if request is None:
        record("request.written", by=by, subject=paper, form=ready.name)
    return paper


def _untitled(ready: Ready) -> str:
    """What a draft is called that nobody gave a name yet."""
    sentence = _("Untitled · {form} · {day}")
    return sentence.format(form=ready.name, day=when(timezone.localdate()))


def _lacking(paper: Request) -> list[str]:
    """Labels of what the form demands and the paper does not say."""
    ready = forms().get(paper.form)
    if ready is None:
        return []
    amount = ready.amount == "required" and paper.amount is None
    fields = [one.label for one in ready.fields or () if one.required and not _says(paper, one)]
    return [*([str(_("Amount"))] if amount else []), *fields]


def _refuse_unknown_customers(paper: Request, by: Any) -> None:
    ready = forms().get(paper.form)
    for one in (ready.fields or ()) if ready else ():
        code = paper.values.get(one.key)
        if one.type == "customer" and code and not is_known(code, by):
            raise Refused(_("There is no customer with this code in your scope."))


def _says(paper: Request, one: ReadyField) -> bool:
    return one.type == "yes_no" or paper.values.get(one.key) not in (None, "")


def _adopt(paper: Request, draft: Draft | None, by: Any) -> None:
    """The files of the page become files of the paper, each content once."""
    handed = hand_over(draft) if draft is not None else []
    had = set(paper.files.values_list("sha256", flat=True)) if handed else set()
    for one in handed:
        if one.sha256 in had:
            discard_after_commit(one.stored_name)
            continue
        _refuse_full(paper)
        RequestFile.objects.create(request=paper, uploaded_by=by, **one.columns())
        had.add(one.sha256)


def submit_request(request: Request, *, by: Any, **choices: Any) -> Approval:
    """Ask for the approval of an own paper; `choices` as for `submit`. Raises Refused also for a
    draft in which something lacks that its form demands."""
    lacking = _lacking(request)
    if lacking:
        sentence = _("Something is missing, please fill it in first: {fields}.")
        raise Refused(sentence.format(fields=listed(lacking)))
    _refuse_unknown_customers(request, by)
    return submit(request, kind=REQUEST_KIND, by=by, **choices)


@transaction.atomic
def drop_request(request: Request, *, by: Any) -> None:
    """Delete a draft that was never submitted, with its files."""
    paper = _held(request, by)
    if paper.state != RequestState.DRAFT:
        raise Refused(_("Only a draft that was never submitted can be deleted."))
    for file in paper.files.all():
        discard_after_commit(file.stored_name)
    paper.delete()


def attach_to_request(request: Request, file: IO[bytes], name: str, *, by: Any) -> RequestFile:
    """Attach a file to an own paper that may still be changed; each content once. Raises Refused
    also for a file that is too large, of a kind that is not accepted, or one too many."""
    kept = keep(file, name, most_bytes=most_bytes())
    try:
        with transaction.atomic():
            paper = _held(request, by)
            row = paper.files.filter(sha256=kept.sha256).first()
            if row is None:
                _refuse_full(paper)
                row = RequestFile.objects.create(request=paper, uploaded_by=by, **kept.columns())
    except BaseException:
        discard(kept.stored_name)
        raise
    if row.stored_name != kept.stored_name:
        discard(kept.stored_name)
    return row


@transaction.atomic
def detach_from_request(file: RequestFile, *, by: Any) -> None:
    """Remove a file from an own paper that may still be changed."""
    _held(file.request, by)
    gone, _rows = RequestFile.objects.filter(pk=file.pk).delete()
    if gone:
        discard_after_commit(file.stored_name)


def most_bytes() -> int:
    """How large a file may be, in bytes (policy)."""
    return int(policy("approvals.file_megabytes")) * MEGABYTE


def _most_files() -> int:
    return int(policy("approvals.files_per_request"))


#: The form of a request; the page says of which ready form, or of which request.
FORM = register(DraftForm("approvals.request", "", _most_files, most_bytes))


def _refuse_full(paper: Request) -> None:
    most = _most_files()
    if paper.files.count() >= most:
        raise Refused(
            ngettext(
                "A request can have {most} file. Please remove one first.",
                "A request can have {most} files. Please remove one first.",
                most,
            ).format(most=most)
        )


def _held(request: Request, by: Any) -> Request:
    """The paper, locked after its approval; refused to others, and while it is decided on."""
    hold(request, REQUEST_KIND)
    paper = lock(Request.objects.filter(pk=request.pk)).select_related("unit").first()
    if paper is None:
        raise Refused(_("This draft was deleted meanwhile."))
    if paper.applicant_id != by.pk:
        raise Refused(_("Only whoever wrote a request may change it."))
    if not paper.is_writable:
        raise Refused(_("The request is being approved or was decided; withdraw it to change it."))
    return paper


def follow(state: RequestState) -> Any:
    """A handler of approvals.subjects that lets the paper take a state."""

    def handler(obj: Request, approval: Approval, *, by: Any) -> None:
        Request.objects.filter(pk=obj.pk).update(state=state, updated_at=timezone.now())

    return handler


def kept_files(paper: Request) -> Iterable[RequestFile]:
    """The paper's files in the order they came."""
    return paper.files.order_by("pk")
