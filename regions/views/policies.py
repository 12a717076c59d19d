"""Pages of rules: what holds in a unit and why, one rule down the tree, a change with preview."""

import json
from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from core.access import fresh_if, requires
from core.errors import Refused, Stale
from core.htmx import leave, page_or_rows
from regions.forms.policies import PolicyChangeForm, PolicyFilter
from regions.models import OrgUnit
from regions.policies import Policy, find
from regions.policies.registry import REGISTRY
from regions.selectors import policies as selectors
from regions.services.policies import reset_policy, set_policy

VIEW, CHANGE = selectors.VIEW, selectors.CHANGE
SALT = "regions.policies.preview"
BELOW_SHOWN = 200
CHANGED_SHOWN = 20
PROTECTING = {"security", "privacy"}  # topics whose rules want fresh proof of who one is


@requires(VIEW)
@require_safe
def policy_list(request: HttpRequest) -> HttpResponse:
    """Every rule as it holds in one unit, with its origin."""
    units = OrgUnit.objects.visible_to(request.user, VIEW)
    home = _home(request, units)
    form = PolicyFilter(request.GET, units=units, unit=home)
    if not form.is_valid() and "unit" in form.errors:
        raise Http404
    data = form.cleaned_data
    unit = data.get("unit") or home
    lines = selectors.lines_of(
        unit,
        topic=data.get("topic", ""),
        text=data.get("q", ""),
        own_only=bool(data.get("own")),
    )
    context = {
        "form": form,
        "unit": unit,
        "lines": lines,
        "crumbs": [(_("Policies"), "")],
    }
    return page_or_rows(request, "regions/policies.html", "regions/_policy_rows.html", context)


@requires(VIEW)
@require_safe
def policy_detail(request: HttpRequest, key: str) -> HttpResponse:
    """One rule: what it means, how its value comes down to a unit, who differs, every version."""
    rule = _rule(key)
    units = OrgUnit.objects.visible_to(request.user, VIEW)
    unit = _unit(request, units)
    below = selectors.values_below(rule, unit, request.user)
    context = {
        "rule": rule,
        "unit": unit,
        "links": selectors.chain(rule, unit),
        "below": [_with_words(rule, value) for value in below[:BELOW_SHOWN]],
        "below_count": len(below),
        "versions": [_with_words(rule, one) for one in selectors.versions(rule, unit)],
        "variants": [(source, rule.words(value)) for source, value in rule.variants],
        "may_change": request.user.has_perm(CHANGE) and selectors.may_set(request.user, rule, unit),
        "today": timezone.localdate(),
        "crumbs": [(_("Policies"), _address("regions:policies", unit)), (str(rule.title), "")],
    }
    return render(request, "regions/policy.html", context)


def _protects(request: HttpRequest, key: str) -> bool:
    """Whether the rule is one that guards accounts or personal data."""
    rule = REGISTRY.get(key)
    return rule is not None and rule.group in PROTECTING


@fresh_if(_protects)
@requires(CHANGE)
@require_http_methods(["GET", "HEAD", "POST"])
def policy_change(request: HttpRequest, key: str) -> HttpResponse:
    """A new value of a unit: enter it, look at what it does, save it."""
    rule = _rule(key)
    unit = _unit(request, selectors.changeable_units(request.user))
    if not selectors.may_set(request.user, rule, unit):
        raise Refused(_("This unit cannot have a value of this rule that you may set."))
    links = selectors.chain(rule, unit)
    own = selectors.may_take_back(rule, unit)
    base = selectors.latest_version(rule, unit)
    if request.method == "POST":
        form = PolicyChangeForm(request.POST, rule=rule, has_own=own)
    else:
        initial = {
            "effective_from": timezone.localdate(),
            "base": base,
            "value": selectors.effective(rule.key, unit).value,
            "take_back": bool(request.GET.get("back")),
        }
        form = PolicyChangeForm(initial=initial, rule=rule, has_own=own)
    context: dict[str, Any] = {
        "rule": rule,
        "unit": unit,
        "links": links,
        "form": form,
        "back_url": _address("regions:policy", unit, rule.key),
        "crumbs": [
            (_("Policies"), _address("regions:policies", unit)),
            (str(rule.title), _address("regions:policy", unit, rule.key)),
            (_("Change the value"), ""),
        ],
    }
    if request.method != "POST":
        return render(request, "regions/policy_change.html", context)
    return _answer(request, rule, unit, form, context)


def _answer(
    request: HttpRequest,
    rule: Policy,
    unit: OrgUnit,
    form: PolicyChangeForm,
    context: dict[str, Any],
) -> HttpResponse:
    """What a posted form gets: its errors, the preview, or the page of the rule once saved."""
    page, rows = "regions/policy_change.html", "regions/_policy_form.html"
    if not form.is_valid():
        return page_or_rows(request, page, rows, context, status=422)
    seen, status = _seal(rule, unit, form.cleaned_data), 200
    if request.POST.get("step") == "save" and request.POST.get("seen") == seen:
        try:
            _save(request, rule, unit, form.cleaned_data)
        except Refused as refusal:
            if isinstance(refusal, Stale):
                # What was previewed is no longer true: look again, then it may be saved.
                posted = request.POST.copy()
                posted["base"] = str(selectors.latest_version(rule, unit))
                form.data = posted
                context["links"] = selectors.chain(rule, unit)
                form.add_error(None, str(refusal))
                return page_or_rows(request, page, rows, context, status=422)
            # The picture stays: what is asked for now changes nothing in it.
            form.add_error("past" if _wants_the_past(form) else None, str(refusal))
            status = 422
        else:
            return leave(request, context["back_url"])
    value, day = form.cleaned_data["value"], form.cleaned_data["effective_from"]
    look = selectors.preview(rule, unit, value, on=day, reader=request.user)
    context |= {
        "look": look,
        "changed": look.changed[:CHANGED_SHOWN],
        "more": max(0, len(look.changed) - CHANGED_SHOWN),
        "kept": [_with_words(rule, row) for row in look.kept[:CHANGED_SHOWN]],
        "until": look.until and _with_words(rule, look.until),
        "seen": seen,
        "changed_since": request.POST.get("step") == "save" and status == 200,
    }
    return page_or_rows(request, page, rows, context, status=status)


def _wants_the_past(form: PolicyChangeForm) -> bool:
    """Whether a day before today was entered and nobody said that it is meant."""
    return "past" in form.fields and not form.cleaned_data.get("past")


def _save(request: HttpRequest, rule: Policy, unit: OrgUnit, data: Mapping[str, Any]) -> None:
    """Call the verb the form asks for, and say what it did."""
    common: dict[str, Any] = {
        "key": rule.key,
        "unit": unit,
        "effective_from": data["effective_from"],
        "reason": data["reason"],
        "by": request.user,
        "base": data["base"],
        "backdate": bool(data.get("past")),
    }
    if data.get("take_back"):
        reset_policy(**common)
        messages.success(request, _("The own value was taken back."))
    else:
        set_policy(value=data["value"], **common)
        messages.success(request, _("The new value was saved."))


def _seal(rule: Policy, unit: OrgUnit, data: Mapping[str, Any]) -> str:
    """A signature over what was previewed, so that nothing else is saved under its picture."""
    value = None if data["value"] is None else rule.type.to_json(data["value"])
    parts = [rule.key, unit.pk, value, data["effective_from"].isoformat(), data["base"]]
    return signing.Signer(salt=SALT).signature(json.dumps(parts))


def _with_words(rule: Policy, version: Any) -> Any:
    """A version with `words`, its value as a reader sees it."""
    version.words = selectors.stored_words(rule, version)
    return version


def _rule(key: str) -> Policy:
    try:
        return find(key)
    except LookupError as error:
        raise Http404 from error


def _unit(request: HttpRequest, units: Any) -> OrgUnit:
    """The unit of the address among those the reader reaches; without one, where he works."""
    code = request.GET.get("unit", "")
    return get_object_or_404(units, code=code) if code else _home(request, units)


def _home(request: HttpRequest, units: Any) -> OrgUnit:
    """The reader's own unit if it is among those he reaches, else the topmost of them."""
    own = units.filter(pk=request.user.unit_id).first()  # type: ignore[union-attr]
    home = own or units.in_tree_order().first()
    if home is None:
        raise Http404
    return home


def _address(name: str, unit: OrgUnit, *args: str) -> str:
    return f"{reverse(name, args=args)}?unit={unit.code}"
