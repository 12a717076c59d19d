"""Pages of the organisation."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from core.access import requires
from core.htmx import page_or_rows
from regions import selectors
from regions.models import OrgUnit

VIEW = "regions.view_orgunit"
DEEPEST = 8


@requires(VIEW)
@require_safe
def unit_list(request: HttpRequest) -> HttpResponse:
    """The tree the reader sees, with departments, heads and people."""
    text = request.GET.get("q", "").strip()[:80]
    units = selectors.units_in_tree(request.user, text=text)
    return page_or_rows(
        request,
        "regions/units.html",
        "regions/_unit_rows.html",
        {"units": units, "text": text, "crumbs": [(pgettext("menu", "Organisation"), "")]},
    )


@requires(VIEW)
@require_safe
def unit_detail(request: HttpRequest, code: str) -> HttpResponse:
    """One unit: facts, posts, what hangs below, and what it was before.

    Old codes and codes of merged units lead to the unit that follows.
    """
    visible = OrgUnit.objects.visible_to(request.user)
    unit = visible.filter(code=code).first()
    if unit is None or unit.merged_into_id is not None:
        heir = selectors.unit_by_code(request.user, code)
        if heir is not None and request.GET.get("former") != "1":
            return redirect(heir)
    if unit is None:
        raise Http404
    above = visible.filter(pk__in=unit.ancestor_ids()[:-1]).in_tree_order()
    context = {
        "unit": unit,
        "posts": selectors.posts_of(unit),
        "below": selectors.children_of(request.user, unit),
        "tab": "history" if request.GET.get("tab") == "history" else "",
        "may_propose": request.user.has_perm("regions.propose_orgchange"),
        "crumbs": [
            (pgettext("menu", "Organisation"), reverse("regions:units")),
            *((one.name, one.get_absolute_url()) for one in above),
            (unit.name, ""),
        ],
    }
    if context["tab"]:
        context |= {
            "versions": selectors.versions_of(unit),
            "changes": selectors.changes_of(request.user, unit),
            "aliases": unit.aliases.all(),  # type: ignore[attr-defined]
            "seen": set(visible.values_list("pk", flat=True)),
        }
    return render(request, "regions/unit.html", context)


@requires(VIEW)
@require_safe
def unit_children(request: HttpRequest) -> HttpResponse:
    """A branch for the tree picker: below `parent`, the reader's roots, or what `q` finds."""
    text = request.GET.get("q", "").strip()[:80]
    code = request.GET.get("parent", "")
    if text:
        units = selectors.search_units(request.user, text)
    else:
        visible = OrgUnit.objects.visible_to(request.user)
        parent = get_object_or_404(visible, code=code) if code else None
        units = list(selectors.children_of(request.user, parent))
    context = {
        "units": units,
        "level": _level(request.GET.get("level", "")),
        "selected": request.GET.get("selected", ""),
    }
    return render(request, "components/unit_branch.html", context)


def _level(text: str) -> int:
    """The depth of the opened branch in the picker, as its script counts it."""
    return min(int(text), DEEPEST) if text.isascii() and text.isdigit() and text != "0" else 1
