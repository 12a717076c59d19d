"""The draft of a form as its page shows it."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, QueryDict
from django.utils.translation import gettext as _

from core.attachments.store import clean_name
from core.drafts.forms import DraftForm, form_of
from core.drafts.services import attach_to_draft, body_of, find_draft, offered_drafts
from core.errors import Refused
from core.models import Draft, DraftFile

KEY, VERSION, FORM = "draft", "draft_version", "draft_form"
#: What the browser sends beside what somebody typed.
NOT_TYPED = frozenset({"csrfmiddlewaretoken", KEY, VERSION, FORM, "files"})


@dataclass(slots=True)
class DraftPage:
    """One opened form: its key, what was restored into it, what else waits, its files.

    `row` is the saved draft, None before the first saving. `restored` is the form as it was
    typed, None unless somebody asked for it.
    """

    form: str
    key: UUID
    row: Draft | None = None
    restored: QueryDict | None = None
    offers: list[Draft] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    @property
    def version(self) -> int:
        return self.row.version if self.row is not None else 0

    @property
    def files(self) -> list[DraftFile]:
        """What was uploaded, in its order."""
        if self.row is None:
            return []
        return list(DraftFile.objects.filter(draft=self.row).order_by("pk"))


def open_draft(request: HttpRequest, form: str) -> DraftPage:
    """The draft of a form that is shown or sent.

    A shown page offers earlier drafts; with ?draft=KEY it restores that one. Of a sent page the
    files that came along are put into its draft, so that a refusal loses none.
    """
    user: Any = request.user
    if request.method == "POST":
        key = uuid_of(request.POST.get(KEY, "")) or uuid4()
        page = DraftPage(form, key, find_draft(user=user, form=form, key=key))
        if request.FILES:
            take_uploads(request, page)
        return page
    wanted = uuid_of(request.GET.get(KEY, ""))
    row = find_draft(user=user, form=form, key=wanted) if wanted else None
    page = DraftPage(form, row.key if row is not None else uuid4(), row)
    if row is not None:
        body = body_of(row)
        page.restored = QueryDict(body) if body else None
    else:
        page.offers = offered_drafts(user=user, form=form)
    return page


def take_uploads(request: HttpRequest, page: DraftPage) -> None:
    """Put the uploads of a request into the draft; what was refused is told on the page."""
    known = known_form(request, page.form)
    for upload in request.FILES.getlist("files"):
        name = clean_name(upload.name or "")
        try:
            row = attach_to_draft(
                user=request.user,
                form=known,
                name=page.form,
                key=page.key,
                file=upload,
                file_name=name,
            )
        except Refused as refusal:
            page.refused.append(_("{file}: {problem}").format(file=name, problem=refusal.message))
        else:
            page.row = row.draft


def known_form(request: HttpRequest, name: str) -> DraftForm:
    """A registered form that the reader may have. Raises Http404, PermissionDenied."""
    user: Any = request.user
    known = form_of(name)
    if known is None:
        raise Http404("form")
    if known.permission and not user.has_perm(known.permission):
        raise PermissionDenied("form")
    return known


def typed(data: QueryDict) -> str:
    """What somebody typed, as a body to keep."""
    kept = data.copy()
    for name in NOT_TYPED:
        kept.pop(name, None)
    return kept.urlencode()


def uuid_of(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
