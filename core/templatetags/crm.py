"""Tags and filters of every page; a builtin library, so templates need no {% load crm %}.

Components take plain values and render templates/components/. docs/pages.md shows each in use.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django import forms, template
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.paginator import Page
from django.forms import BoundField
from django.template import Context
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from core import display
from core.attachments import accepted
from core.paging import CURSORS
from core.values import capital_sum

register = template.Library()

TONE_ICONS = {
    "off": "circle-dashed",
    "info": "progress",
    "warn": "alert-triangle",
    "bad": "alert-octagon",
    "ok": "circle-check",
}
# Paging keys belong to one order of one list: any change of sort or filter begins at the top.
UNDO_PREFIX = "undo="


def _written(text: str, css: str = "crm-num") -> SafeString:
    """A figure that does not part from its unit, or a dash with a word for screen readers."""
    if text == display.DASH:
        return format_html(
            '<span class="crm-missing"><span aria-hidden="true">{}</span>'
            '<span class="visually-hidden">{}</span></span>',
            display.DASH,
            _("none"),
        )
    return format_html('<span class="{}">{}</span>', css, text)


# --- numbers, money, dates, masks ---------------------------------------------------------------


@register.filter
def thousands(value: display.Number | None) -> SafeString:
    """1,284."""
    return _written(display.thousands(value))


@register.filter
def capped(value: int | None, cap: int = 1000) -> SafeString:
    """1,284 below `cap`, 1000+ above it."""
    return _written(display.capped(value, cap))


@register.filter
def file_size(value: int) -> str:
    """20 MB; plain, because it stands in attributes too."""
    return display.file_size(value)


@register.filter
def share(value: display.Number | None) -> SafeString:
    """A fraction of one as 93.0%."""
    return _written(display.share(value))


@register.filter
def score(value: display.Number | None) -> SafeString:
    """3.86."""
    return _written(display.score(value))


@register.filter
def signed(value: display.Number | None) -> SafeString:
    """+7.7."""
    return _written(display.signed(value))


@register.filter
def money(value: display.Number | None) -> SafeString:
    """¥1,234.50."""
    return _written(display.money(value))


@register.filter
def money_plain(value: display.Number | None) -> SafeString:
    """1,234.50, below a head that names the unit."""
    return _written(display.money(value, symbol=False))


@register.filter
def money_capital(value: Decimal | None) -> str:
    """Yuan in Chinese capital letters, as a voucher shows them; nothing without a sum."""
    return "" if value is None else capital_sum(value)


@register.filter
def money_short(value: display.Number | None) -> SafeString:
    """A tile's sum, shortened from ¥100,000; screen readers get all of it."""
    short, full = display.money_short(value), display.money(value)
    if short == full:
        return _written(full)
    return format_html(
        '<span class="crm-num"><span aria-hidden="true">{}</span>'
        '<span class="visually-hidden">{}</span></span>',
        short,
        full,
    )


@register.filter
def dash(value: Any) -> Any:
    """The value, or the dash where there is none; zero is a value."""
    return _written(display.DASH) if value is None or value == "" else value


@register.filter
def masked_phone(value: str | None) -> SafeString:
    """138****5507."""
    return _written(display.masked_phone(value), "crm-nowrap")


@register.filter
def masked_id(value: str | None) -> SafeString:
    """420***********123X."""
    return _written(display.masked_identity(value), "crm-nowrap")


@register.filter
def masked_email(value: str | None) -> SafeString:
    """z***@example.cn."""
    return _written(display.masked_email(value), "crm-nowrap")


@register.filter
def listed(words: Iterable[object]) -> str:
    """A、B in Chinese, "A, B" in English."""
    return display.listed(words)


@register.simple_tag
def time(value: date | datetime | None, style: str = "") -> SafeString:
    """A date or instant as <time>; `style` as in core.display.when."""
    if value is None:
        return _written(display.DASH)
    return format_html(
        '<time datetime="{}" class="crm-nowrap">{}</time>',
        display.local(value).isoformat() if isinstance(value, datetime) else value.isoformat(),
        display.when(value, style),
    )


@register.simple_tag
def ago(value: datetime) -> str:
    """12 minutes ago, or nothing from 24 hours on; the absolute time stands beside it."""
    return display.ago(value, now=timezone.now())


# --- addresses ----------------------------------------------------------------------------------


@register.simple_tag(takes_context=True)
def url_with(context: Context, **changes: Any) -> str:
    """The open page's address with parameters changed; None or "" drops one.

    The place in a paged list is dropped too, unless it is what changes.
    """
    request = context["request"]
    query = request.GET.copy()
    for cursor in CURSORS:
        query.pop(cursor, None)
    for name, value in changes.items():
        query.pop(name, None)
        if isinstance(value, (list, tuple)):
            query.setlist(name, [str(one) for one in value])
        elif value not in (None, ""):
            query[name] = str(value)
    return f"{request.path}?{query.urlencode()}" if query else request.path


@register.simple_tag
def url_or_empty(name: str, *args: Any, **kwargs: Any) -> str:
    """The address of a named page, or an empty text where it is not installed."""
    try:
        return reverse(name, args=args, kwargs=kwargs)
    except NoReverseMatch:
        return ""


@register.simple_tag
def none() -> SafeString:
    """The dash of a missing value, for templates that print it often: {% none as none %}."""
    return _written(display.DASH)


@register.simple_tag(takes_context=True)
def is_current(context: Context, *names: str) -> bool:
    """Whether the open page is one of the named addresses, e.g. "customers:list"."""
    match = getattr(context.get("request"), "resolver_match", None)
    return match is not None and match.view_name in names


@register.simple_tag
def asset(path: str) -> str:
    """The address of a static file that never fails, for error pages.

    {% static %} raises for a file missing from the manifest; an error page must not.
    """
    return _address(path, settings.STATIC_URL)


@lru_cache(maxsize=512)
def _address(path: str, base: str) -> str:
    """Remembered, because a page names the same dozen files hundreds of times."""
    try:
        return staticfiles_storage.url(path)
    except ValueError:
        return f"{base}{path}"


# --- small components ---------------------------------------------------------------------------


@register.simple_tag
def accepted_files() -> str:
    """What a field for attached files offers to choose from: its attribute `accept`."""
    return accepted()


@register.simple_tag
def icon(name: str, label: str = "", css: str = "") -> SafeString:
    """An icon of static/icons.txt. Without `label` it is decoration beside a word."""
    return _drawn(str(name), str(label), css, asset("vendor/icons.svg"))


@lru_cache(maxsize=512)
def _drawn(name: str, label: str, css: str, sprite: str) -> SafeString:
    hidden = format_html('<span class="visually-hidden">{}</span>', label) if label else ""
    return format_html(
        '<svg class="crm-icon{}" aria-hidden="true" focusable="false" viewBox="0 0 24 24">'
        '<use href="{}#{}"></use></svg>{}',
        f" {css}" if css else "",
        sprite,
        name,
        hidden,
    )


@register.inclusion_tag("components/badge.html")
def badge(label: str, tone: str = "off", icon: str = "") -> dict[str, Any]:
    """A state: icon, word and tone (off, info, warn, bad or ok)."""
    if tone not in TONE_ICONS:
        raise template.TemplateSyntaxError(f"{tone!r} is not a tone; use one of {[*TONE_ICONS]}")
    return {"label": label, "tone": tone, "icon_name": icon or TONE_ICONS[tone]}


@register.inclusion_tag("components/person_chip.html")
def person(who: Any, note: str = "", state: str = "", url: str = "") -> dict[str, Any]:
    """A colleague: initial, name, `note` (post or function).

    `who` has `name` (or is a name); None shows the post as vacant. `state` is "", "away" or "left".
    """
    name = str(getattr(who, "name", who) or "")
    return {"name": name, "initial": name[:1], "note": note, "state": state, "url": url}


@register.inclusion_tag("components/masked_value.html", takes_context=True)
def masked_value(
    context: Context, value: str, label: str, action: str = "", reasons: Sequence[Any] = ()
) -> dict[str, Any]:
    """A masked value with its reveal button. No `action`, no right, no button.

    `label` names the button wholly, e.g. "Show the phone of …". `reasons` are (value, word) pairs,
    given when the reader must say why first.
    """
    return {
        "value": value,
        "label": label,
        "action": action,
        "reasons": reasons,
        "csrf_token": context.get("csrf_token"),
    }


@register.inclusion_tag("components/stepper.html")
def stepper(steps: Sequence[Mapping[str, Any]], label: str = "") -> dict[str, Any]:
    """How far a thing has come. Steps: {"label", "state", "url"?}; states are done, current, todo,
    skipped, bad."""
    active = [n for n, step in enumerate(steps, 1) if step["state"] in {"current", "bad"}]
    position = active[0] if active else len(steps)
    return {
        "steps": steps,
        "label": label,
        "position": position,
        "current": steps[position - 1] if steps else None,
    }


@register.inclusion_tag("components/empty_state.html")
def empty_state(text: str, url: str = "", action: str = "", icon: str = "list") -> dict[str, Any]:
    """What an empty list says, and the step it offers."""
    return {"text": text, "url": url, "action": action, "icon_name": icon}


@register.inclusion_tag("components/stat_tile.html")
def stat_tile(**tile: Any) -> dict[str, Any]:
    """A figure that links to its rows; see components/stat_tile.html for the names."""
    return tile | {"points": spark_points(tile.get("spark") or ())}


def spark_points(values: Iterable[display.Number], width: int = 96, height: int = 24) -> str:
    """The points of an SVG polyline over `values`, lowest at the bottom; empty for under two."""
    series = [float(value) for value in values]
    if len(series) < 2:
        return ""
    low, span = min(series), (max(series) - min(series)) or 1.0
    step = width / (len(series) - 1)
    return " ".join(
        f"{n * step:.1f},{height - 2 - (value - low) / span * (height - 4):.1f}"
        for n, value in enumerate(series)
    )


@register.filter
def undo_url(message: Any) -> str:
    """Where a message's Undo leads: messages.success(…, extra_tags="undo=/address/")."""
    tags = (getattr(message, "extra_tags", "") or "").split()
    return next((tag.removeprefix(UNDO_PREFIX) for tag in tags if tag.startswith(UNDO_PREFIX)), "")


# --- blocks with content ------------------------------------------------------------------------


@register.simple_block_tag(takes_context=True)
def card(
    context: Context, content: str, title: str = "", id: str = "", flush: bool = False
) -> SafeString:
    """A bordered section with a heading; `flush` lets a table reach the edges."""
    values = {"content": content, "title": title, "id": id, "flush": flush}
    return render_to_string("components/card.html", values)


@register.simple_block_tag
def dropdown(content: str, label: str, icon: str = "", align: str = "end") -> SafeString:
    """A menu of rarer acts: <a> and <form><button> lines as content. Opens without script."""
    values = {"content": content, "label": label, "icon_name": icon, "align": align}
    return render_to_string("components/dropdown.html", values)


@register.simple_block_tag(takes_context=True)
def data_table(context: Context, content: str, label: str, stale: Any = None) -> SafeString:
    """The scrolling region and <table> around <thead> and <tbody>; `label` names both."""
    values = {"content": content, "label": label, "stale": stale}
    return render_to_string("components/data_table.html", values)


@register.inclusion_tag("components/sort_head.html", takes_context=True)
def sort_head(context: Context, key: str, label: str, numeric: bool = False) -> dict[str, Any]:
    """A <th> whose link sorts by `key`, the other way round when it already does."""
    asked = context["request"].GET.get("sort") or context.get("sort") or ""
    direction = {key: "ascending", f"-{key}": "descending"}.get(asked, "")
    turned = f"-{key}" if direction == "ascending" else key
    return {
        "label": label,
        "numeric": numeric,
        "direction": direction,
        "url": url_with(context, sort=turned),
    }


@register.inclusion_tag("components/pager.html", takes_context=True)
def pager(context: Context, page: Any) -> dict[str, Any]:
    """Previous and next. `page` is a core.keyset.Page, or a Django Page for the few short lists
    that are counted."""
    if isinstance(page, Page):
        number = page.number
        following = url_with(context, page=number + 1) if page.has_next() else ""
        before = url_with(context, page=number - 1) if page.has_previous() else ""
    else:
        following = url_with(context, after=page.next) if page.next else ""
        before = url_with(context, before=page.previous) if page.previous else ""
    return {"next_url": following, "previous_url": before, "shown": len(page)}


# --- forms --------------------------------------------------------------------------------------


@register.inclusion_tag("components/form.html")
def crm_form(form: forms.BaseForm, summary: bool = True) -> dict[str, Any]:
    """Every field of a form, with the summary of its errors on top."""
    return {"form": form, "summary": summary}


@register.inclusion_tag("components/form_summary.html")
def form_summary(form: forms.BaseForm, *rows: Iterable[forms.BaseForm]) -> dict[str, Any]:
    """What needs a change, as links to the fields; takes the focus after a refused post. `rows`
    are the rows of formsets of the same page."""
    wrong: list[Any] = [field for field in form if field.errors and not field.is_hidden]
    for some in rows:
        wrong += [
            {"auto_id": field.auto_id, "id_for_label": field.id_for_label}
            | {"label": _row_label(number, field)}
            for number, row in enumerate(some, 1)
            for field in row
            if field.errors
        ]
    hidden = [error for field in form.hidden_fields() for error in field.errors]
    return {"general": [*form.non_field_errors(), *hidden], "fields": wrong, "count": len(wrong)}


def _row_label(number: int, field: BoundField) -> str:
    return _("Row {number}: {field}").format(number=number, field=field.label)


@register.inclusion_tag("components/field.html")
def crm_field(
    field: BoundField, label: str = "", prefix: str = "", suffix: str = "", **attrs: str
) -> dict[str, Any]:
    """One field: label above, help and error beneath. `suffix` is a unit behind the input;
    further keywords become attributes of the input (autocomplete="username")."""
    widget = field.field.widget
    kind = _kind(widget)
    css = {"check": "form-check-input", "choices": "", "select": "form-select"}.get(
        kind, "form-control"
    )
    classes = " ".join(part for part in (widget.attrs.get("class", ""), css) if part)
    extra: dict[str, str | bool] = {name.replace("_", "-"): value for name, value in attrs.items()}
    if classes:
        extra["class"] = classes
    return {
        "field": field,
        "kind": kind,
        "label": label or field.label,
        "prefix": prefix or getattr(widget, "prefix", ""),
        "suffix": suffix,
        "control": field.as_widget(attrs=extra),
    }


def _kind(widget: forms.Widget) -> str:
    """The shape a widget needs around it: check, choices, password, file, select or input."""
    if isinstance(widget, forms.PasswordInput):
        return "password"
    if isinstance(widget, forms.FileInput):
        return "file"
    if isinstance(widget, forms.CheckboxInput):
        return "check"
    if isinstance(widget, (forms.RadioSelect, forms.CheckboxSelectMultiple)):
        return "choices"
    return "select" if isinstance(widget, (forms.Select, forms.SelectMultiple)) else "input"


# --- filters of lists ---------------------------------------------------------------------------


@register.inclusion_tag("components/filter_bar.html", takes_context=True)
def filter_bar(
    context: Context, form: forms.BaseForm, label: str, target: str = "#rows", visible: int = 4
) -> dict[str, Any]:
    """The form above a list: the field `q` first, `visible` others, the rest folded away."""
    request = context["request"]
    others = [field for field in form.visible_fields() if field.name != "q"]
    return {
        "action": request.path,
        "label": label,
        "target": target,
        "search": form["q"] if "q" in form.fields else None,
        "shown": [_filter_field(field) for field in others[:visible]],
        "folded": [_filter_field(field) for field in others[visible:]],
        "hidden": form.hidden_fields(),
        "active": len(active_filters(context, form)),
        # What is no field of the form (sort, columns) must outlive a new filter.
        "kept": [
            (name, value)
            for name, value in request.GET.items()
            if name not in form.fields and name not in CURSORS
        ],
    }


def _filter_field(field: BoundField) -> dict[str, Any]:
    """A field of the filter bar with its control rendered small."""
    kind = _kind(field.field.widget)
    css = {"check": "form-check-input", "select": "form-select"}.get(kind, "form-control")
    attrs: dict[str, str | bool] = {} if kind == "choices" else {"class": css}
    return {"field": field, "kind": kind, "control": field.as_widget(attrs=attrs)}


@register.inclusion_tag("components/filter_chips.html", takes_context=True)
def filter_chips(
    context: Context, form: forms.BaseForm, count: Any = "", clear_url: str = ""
) -> dict[str, Any]:
    """The line above the rows: `count` as a sentence, and what is filtered as removable chips."""
    return {
        "chips": active_filters(context, form),
        "count": count,
        "clear_url": clear_url or context["request"].path,
    }


def active_filters(context: Context, form: forms.BaseForm) -> list[dict[str, str]]:
    """The filters in force: label, value in words, and the address without that one."""
    if not form.is_bound:
        return []
    form.is_valid()
    chips = []
    for field in form:
        value = form.cleaned_data.get(field.name)
        if field.is_hidden:  # a tab, not a filter
            continue
        if value in (None, "", False) or (hasattr(value, "__len__") and not len(value)):
            continue
        chips.append(
            {
                "label": str(field.label),
                "value": _in_words(field, value),
                "url": url_with(context, **{field.html_name: None}),
            }
        )
    return chips


def _in_words(field: BoundField, value: Any) -> str:
    """What a filter is set to, as the reader chose it."""
    if isinstance(value, bool):
        return _("Yes")
    if isinstance(value, (date, datetime)):
        return display.when(value)
    several = hasattr(value, "__iter__") and not isinstance(value, str)
    values = list(value) if several else [value]
    if isinstance(field.field, forms.ModelChoiceField):
        # These values are objects already; asking for all choices would be a query for nothing.
        words = [str(field.field.label_from_instance(one)).strip() for one in values]
    else:
        labels = {str(key): str(word) for key, word in getattr(field.field, "choices", ())}
        words = [labels.get(str(one), str(one)) for one in values]
    return display.listed(words)


@register.inclusion_tag("components/unit_picker.html")
def unit_picker(
    name: str = "unit",
    units: Iterable[Any] = (),
    selected: Any = None,
    below: bool | None = None,
    label: str = "",
    children_url: str = "",
) -> dict[str, Any]:
    """The tree of units as a field. `units` are the options without script (own branch's top),
    `below` adds the choice With units below / This unit only; None leaves it out."""
    options = list(units)
    if selected is not None and selected.code not in {unit.code for unit in options}:
        options.append(selected)
    return {
        "name": name,
        "units": options,
        "selected": selected,
        "below": below,
        "label": label or _("Unit"),
        "children_url": children_url or url_or_empty("regions:unit-children"),
    }


@register.simple_tag
def query(**values: Any) -> str:
    """Values as a query string without the question mark; None is left out."""
    return urlencode({name: value for name, value in values.items() if value is not None})
