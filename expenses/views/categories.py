"""Categories of expenses: the group's data, kept by who holds the right over all of it (EXP-01)."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from core.access import requires
from core.saving import saved, status_of
from core.scope import scope_of
from expenses.forms.categories import CategoryForm
from expenses.models import Category
from expenses.services import categories as verbs
from regions.policies import policy
from regions.policies.registry import REGISTRY

VIEW = "expenses.view_category"
SEND = require_http_methods(["GET", "HEAD", "POST"])


def _crumbs(*more: tuple[str, str]) -> list[tuple[str, str]]:
    return [(_("Expense categories"), reverse("expenses:categories") if more else ""), *more]


@requires(VIEW)
@require_safe
def categories(request: HttpRequest) -> HttpResponse:
    """All categories with what they ask."""
    context = {
        "rows": [_row(one) for one in Category.objects.all()],
        "may_change": scope_of(request.user, verbs.CHANGE).everything,
        "may_add": scope_of(request.user, verbs.ADD).everything,
        "crumbs": _crumbs(),
    }
    return render(request, "expenses/categories.html", context)


def _row(one: Category) -> dict[str, Any]:
    return {
        "category": one,
        "ceiling": policy(one.ceiling_policy) if one.ceiling_policy in REGISTRY else None,
        "questions": len(one.fields),
    }


@requires(verbs.ADD, whole_group=True)
@SEND
def category_new(request: HttpRequest) -> HttpResponse:
    """A new category."""
    form = CategoryForm(request.POST or None, initial={"position": Category.objects.count() + 1})
    done = saved(
        request,
        form,
        lambda data: verbs.save(None, by=request.user, **form.facts()),
        _("The category is saved."),
    )
    return redirect("expenses:categories") if done else _form(request, form, _("New category"))


@requires(verbs.CHANGE, whole_group=True)
@SEND
def category(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a category."""
    one = get_object_or_404(Category, pk=pk)
    form = CategoryForm(request.POST or None, instance=one)
    done = saved(
        request,
        form,
        lambda data: verbs.save(one, by=request.user, **form.facts()),
        _("The category is saved."),
    )
    return redirect("expenses:categories") if done else _form(request, form, one.name)


def _form(request: HttpRequest, form: CategoryForm, title: str) -> HttpResponse:
    context = {
        "form": form,
        "title": title,
        "back": reverse("expenses:categories"),
        "crumbs": _crumbs((title, "")),
    }
    return render(request, "components/plain_form.html", context, status=status_of(request))
