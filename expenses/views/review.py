"""The review list: unusual applications with the reason, marked once somebody looked."""

from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from core.access import requires
from core.htmx import ask, leave, page_or_rows
from core.saving import saved, status_of
from customers.forms import UnitChoiceField
from expenses.models import Application, ReviewMark
from expenses.selectors.review import RIGHT, WORDS, ReviewQuery, findings
from expenses.services.review import mark
from regions.models import OrgUnit

SEND = require_http_methods(["GET", "HEAD", "POST"])
ROWS = 25


class ReviewFilter(forms.Form):
    """The whole state of the review list."""

    unit = UnitChoiceField(RIGHT, required=False)
    kind = forms.ChoiceField(
        label=gettext_lazy("What is unusual"),
        required=False,
        choices=[("", gettext_lazy("All reasons")), *WORDS.items()],
    )
    marked = forms.BooleanField(label=gettext_lazy("Looked at already"), required=False)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["unit"].queryset = OrgUnit.objects.visible_to(user, RIGHT).in_tree_order()

    def query(self) -> ReviewQuery:
        """The filtered list; fields that do not read filter nothing and show their error."""
        self.is_valid()
        data = self.cleaned_data
        return ReviewQuery(
            timezone.localdate(),
            data.get("unit"),
            data.get("kind", ""),
            bool(data.get("marked")),
        )

    def is_filtered(self) -> bool:
        """Whether any field narrows the list."""
        self.is_valid()
        return any(self.cleaned_data.values())


class MarkForm(forms.Form):
    """What somebody found when he looked."""

    note = forms.CharField(
        label=gettext_lazy("What you found"),
        max_length=200,
        required=False,
        widget=forms.Textarea({"rows": 2}),
    )


@requires(RIGHT)
@require_safe
def review(request: HttpRequest) -> HttpResponse:
    """What is unusual and nobody has looked at yet."""
    form = ReviewFilter(request.GET, user=request.user)
    query = form.query()
    found = findings(request.user, query)
    page = Paginator(found, ROWS).get_page(request.GET.get("page"))
    words = ngettext("{count} finding", "{count} findings", len(found))
    keys = [one.application.pk for one in page]
    marks = {}
    if query.marked:
        rows = ReviewMark.objects.filter(application__in=keys).select_related("by")
        marks = {(row.application_id, row.finding): row for row in rows}
    context = {
        "filter_form": form,
        "is_filtered": form.is_filtered(),
        "page": page,
        "rows": [(one, marks.get((one.application.pk, one.kind))) for one in page],
        "count": words.format(count=f"{len(found):,}"),
        "marked": query.marked,
        "crumbs": [(_("Review list"), "")],
    }
    return page_or_rows(request, "expenses/review.html", "expenses/_review_rows.html", context)


@requires(RIGHT)
@SEND
def review_mark(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """Somebody looked at an application and says what he found."""
    rows = Application.objects.visible_to(request.user, RIGHT)
    paper = rows.filter(pk=pk).first()
    if paper is None or kind not in WORDS:
        raise Http404("finding")
    form = MarkForm(request.POST or None)
    if request.method == "POST" and not request.POST:
        form = MarkForm({})
    done = saved(
        request,
        form,
        lambda data: mark(paper, finding=kind, by=request.user, note=data["note"]),
        _("{number} is marked as looked at.").format(number=paper.number),
    )
    back = reverse("expenses:review")
    if done is not None:
        return leave(request, back)
    context = {
        "title": _("Mark {number} as looked at?").format(number=paper.number),
        "effect": str(WORDS[kind]),
        "action": request.path,
        "verb": _("Mark as looked at"),
        "form": form,
        "cancel_url": back,
        "crumbs": [(_("Review list"), back), (_("Mark as looked at"), "")],
    }
    return ask(request, context, status_of(request))
