"""The templates of answers: the list, a new one, a change."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_safe

from complaints.answer_texts import VARIABLES
from complaints.forms.answers import TemplateForm
from complaints.models import AnswerTemplate
from complaints.selectors.answers import WRITE, shown_to, written_by
from complaints.services.answers import save_template
from core.access import requires
from core.saving import saved, status_of

SEND = require_http_methods(["GET", "HEAD", "POST"])


def _crumbs(*more: tuple[str, str]) -> list[tuple[str, str]]:
    return [
        (pgettext("menu", "Complaints"), ""),
        (_("Answer templates"), reverse("complaints:answers") if more else ""),
        *more,
    ]


@requires(WRITE)
@require_safe
def answer_list(request: HttpRequest) -> HttpResponse:
    """Templates that hold in the reader's branches; he changes those of his own units."""
    own = set(written_by(request.user).values_list("pk", flat=True))
    context = {
        "rows": [(one, one.pk in own) for one in shown_to(request.user)],
        "crumbs": _crumbs(),
    }
    return render(request, "complaints/answers.html", context)


@requires(WRITE)
@SEND
def answer_new(request: HttpRequest) -> HttpResponse:
    """Write a template."""
    return _form_page(request, None, _("New template"))


@requires(WRITE)
@SEND
def answer_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a template, or offer it no longer."""
    template = get_object_or_404(written_by(request.user).select_related("unit"), pk=pk)
    return _form_page(request, template, template.name)


def _form_page(request: HttpRequest, template: AnswerTemplate | None, title: str) -> HttpResponse:
    form = TemplateForm(request.POST or None, instance=template, user=request.user)

    def save(data: dict[str, Any]) -> AnswerTemplate:
        return save_template(template, by=request.user, **data)

    if saved(request, form, save, _("The template is saved.")) is not None:
        return redirect("complaints:answers")
    context = {
        "form": form,
        "title": title,
        "variables": [(f"{{{name}}}", meaning) for name, meaning in VARIABLES.items()],
        "back": reverse("complaints:answers"),
        "crumbs": _crumbs((title, "")),
    }
    return render(request, "complaints/answer_template.html", context, status=status_of(request))
