"""The indicator tree: weights, nodes, order (SAT-10)."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.access import requires
from core.errors import Refused
from satisfaction.forms.indicators import IndicatorForm, WeightsForm
from satisfaction.models import Indicator
from satisfaction.selectors.indicators import flat, tree
from satisfaction.services import indicators as verbs
from satisfaction.services import library
from satisfaction.views.asking import dialog

SEND = require_http_methods(["GET", "HEAD", "POST"])
SEE, CHANGE = "satisfaction.view_indicator", "satisfaction.change_indicator"
HOME = "satisfaction:indicators"


@requires(SEE, whole_group=True)
@require_safe
def indicator_tree(request: HttpRequest) -> HttpResponse:
    """The tree with weights and the shares they come to."""
    return _page(request)


@requires(CHANGE, whole_group=True)
@require_POST
def indicator_weights(request: HttpRequest) -> HttpResponse:
    """Save the weights of the whole tree."""
    form = WeightsForm(request.POST, nodes=list(Indicator.objects.all()))
    if not form.is_valid():
        return _page(request, form, 422)
    try:
        count = verbs.save_weights(form.weights(), by=request.user)
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return _page(request, form, 422)
    said = ngettext("{count} weight is changed.", "{count} weights are changed.", count)
    messages.success(request, said.format(count=count) if count else _("Nothing was changed."))
    return redirect(HOME)


@requires(CHANGE, whole_group=True)
@require_POST
def indicator_start(request: HttpRequest) -> HttpResponse:
    """Take over the ready tree."""
    verbs.check_right(request.user)
    library.ensure_indicators(by=request.user)
    messages.success(request, _("The ready indicator tree is there. Please check its weights."))
    return redirect(HOME)


@requires(CHANGE, whole_group=True)
@SEND
def indicator_new(request: HttpRequest) -> HttpResponse:
    """A new field, or a node below the one that the address names."""
    key = request.GET.get("parent", "")
    parent = None
    if key:
        rows = Indicator.objects.filter(level__lt=Indicator.DEEPEST)
        parent = get_object_or_404(rows, pk=int(key) if key.isdecimal() else 0)
    form = IndicatorForm(request.POST or None, level=parent.level + 1 if parent else 1)
    title = _("New indicator below “{name}”").format(name=parent) if parent else _("New field")
    return _dialog(
        request,
        form,
        lambda data: verbs.save_indicator(parent=parent, by=request.user, **data),
        title,
    )


@requires(CHANGE, whole_group=True)
@SEND
def indicator_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """A node of the tree."""
    row = get_object_or_404(Indicator, pk=pk)
    form = IndicatorForm(request.POST or None, instance=row, level=row.level)
    return _dialog(
        request,
        form,
        lambda data: verbs.save_indicator(row, by=request.user, **data),
        row.shown_name,
    )


@requires(CHANGE, whole_group=True)
@require_POST
def indicator_move(request: HttpRequest, pk: int) -> HttpResponse:
    """A node one place up or down among its siblings."""
    row = get_object_or_404(Indicator, pk=pk)
    step = -1 if request.POST.get("step") == "up" else 1
    verbs.step_indicator(row, step=step, by=request.user)
    return redirect(f"{reverse(HOME)}#node-{pk}")


def _dialog(request: HttpRequest, form: IndicatorForm, save: Any, title: str) -> HttpResponse:
    return dialog(
        request,
        form,
        save,
        title=title,
        effect=_("Changes count from the next scoring on; figures that exist keep their weights."),
        verb=_("Save"),
        done=_("The indicator is saved."),
        back=reverse(HOME),
        reload=True,
    )


def _page(request: HttpRequest, form: WeightsForm | None = None, status: int = 200) -> HttpResponse:
    roots, total = tree()
    nodes = flat(roots)
    form = form or WeightsForm(nodes=[node.indicator for node in nodes])
    context = {
        "nodes": [(node, form[f"weight-{node.indicator.pk}"]) for node in nodes],
        "total": total,
        "form": form,
        "may_change": request.user.has_perm(CHANGE),
        "crumbs": [(_("Indicator tree"), "")],
    }
    return render(request, "satisfaction/indicators.html", context, status=status)
