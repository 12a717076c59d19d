"""Categories, levels and ladders: what cases are classed by and who is told when."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from complaints.forms.catalogue import RULES, CategoryForm, LadderFilter, LevelForm
from complaints.models import Category, Level
from complaints.selectors.catalogue import LADDER, category_rows, ladders_of, level_rows
from complaints.services import catalogue as verbs
from core.access import requires
from core.errors import Refused
from core.saving import saved, status_of
from regions.models import OrgUnit
from regions.policies import find
from regions.selectors.policies import may_set

SEND = require_http_methods(["GET", "HEAD", "POST"])
SEE, ADD, CHANGE = (f"complaints.{act}_category" for act in ("view", "add", "change"))
ADD_LEVEL, CHANGE_LEVEL = "complaints.add_level", "complaints.change_level"
HOME = "complaints:categories"


@requires(SEE)
@require_safe
def category_list(request: HttpRequest) -> HttpResponse:
    """The tree of categories and the levels, with what each proposes and which limits it has."""
    user = request.user
    context = {
        "rows": category_rows(),
        "levels": level_rows(),
        "may_add": user.has_perm(ADD),
        "may_change": user.has_perm(CHANGE),
        "may_add_level": user.has_perm(ADD_LEVEL),
        "may_change_level": user.has_perm(CHANGE_LEVEL),
        "crumbs": [(_("Categories and levels"), "")],
    }
    return render(request, "complaints/categories.html", context)


@requires(ADD)
@SEND
def category_new(request: HttpRequest) -> HttpResponse:
    """A new category; `parent` in the address is where it shall hang."""
    form = CategoryForm(request.POST or None, initial={"parent": request.GET.get("parent", "")})
    return _edit(request, form, None, verbs.save_category, _("New category"))


@requires(CHANGE)
@SEND
def category_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """A category."""
    row = get_object_or_404(Category, pk=pk)
    form = CategoryForm(request.POST or None, instance=row)
    return _edit(
        request,
        form,
        row,
        verbs.save_category,
        str(row),
        reverse("complaints:category-remove", args=[pk]),
    )


@requires(ADD_LEVEL)
@SEND
def level_new(request: HttpRequest) -> HttpResponse:
    """A new level."""
    form = LevelForm(request.POST or None)
    return _edit(request, form, None, verbs.save_level, pgettext("case", "New level"))


@requires(CHANGE_LEVEL)
@SEND
def level_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """A level."""
    row = get_object_or_404(Level, pk=pk)
    form = LevelForm(request.POST or None, instance=row)
    return _edit(
        request,
        form,
        row,
        verbs.save_level,
        row.name,
        reverse("complaints:level-remove", args=[pk]),
    )


def _edit(
    request: HttpRequest,
    form: forms.ModelForm,
    row: Any,
    save: Callable[..., Any],
    title: str,
    remove_url: str = "",
) -> HttpResponse:
    done = saved(request, form, lambda data: save(row, by=request.user, **data), _("Saved."))
    if done is not None:
        return redirect(HOME)
    context = {
        "form": form,
        "title": title,
        "remove_url": remove_url if row is not None and row.is_offered else "",
        "back": reverse(HOME),
        "crumbs": [(_("Categories and levels"), reverse(HOME)), (title, "")],
    }
    return render(request, "complaints/class_form.html", context, status=status_of(request))


@requires(CHANGE)
@require_POST
def category_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a category that nothing bears; another one is no longer offered."""
    row = get_object_or_404(Category.objects.select_related("parent"), pk=pk)
    return _remove(request, str(row), lambda: verbs.remove_category(row, by=request.user))


@requires(CHANGE_LEVEL)
@require_POST
def level_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a level that nothing bears; another one is no longer offered."""
    row = get_object_or_404(Level, pk=pk)
    return _remove(request, row.name, lambda: verbs.remove_level(row, by=request.user))


def _remove(request: HttpRequest, name: str, remove: Callable[[], str]) -> HttpResponse:
    try:
        done = remove()
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect(HOME)
    if done == verbs.DELETED:
        messages.success(request, _("{name} is deleted.").format(name=name))
    else:
        said = _("{name} is no longer offered. Cases that bear it keep it.")
        messages.success(request, said.format(name=name))
    return redirect(HOME)


@requires(RULES)
@require_safe
def ladders(request: HttpRequest) -> HttpResponse:
    """Who is told when, level by level, in one unit, and whose rule that is."""
    units = OrgUnit.objects.visible_to(request.user, RULES)
    unit = _unit(request, units)
    found, source = ladders_of(unit)
    change = f"{reverse('regions:policy-change', args=[LADDER])}?unit={unit.code}"
    context = {
        "unit": unit,
        "filter_form": LadderFilter(initial={"unit": unit.code}, user=request.user),
        "ladders": found,
        "source": source,
        "rule_url": f"{reverse('regions:policy', args=[LADDER])}?unit={unit.code}",
        "change_url": change if may_set(request.user, find(LADDER), unit) else "",
        "crumbs": [(_("Escalation ladders"), "")],
    }
    return render(request, "complaints/ladders.html", context)


def _unit(request: HttpRequest, units: Any) -> OrgUnit:
    """The unit asked for, else the reader's own, else the first in reach."""
    code = request.GET.get("unit", "")
    if code:
        return get_object_or_404(units, code=code)
    home = getattr(request.user, "unit_id", None)
    own = units.filter(pk=home).first() if home else None
    return own or get_object_or_404(units.order_by("path")[:1])
