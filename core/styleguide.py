"""Sample data of the style guide: invented people, no database."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from core.keyset import Page
from core.widgets import DateInput, MoneyInput, PhoneInput, SearchSelect


@dataclass(frozen=True)
class SampleUnit:
    """A unit of the tree as the picker needs it."""

    code: str
    name: str
    is_active: bool = True
    has_children: bool = True


@dataclass(frozen=True)
class SampleJob:
    """A job as the progress component needs it."""

    state: str
    phase: str
    done: int = 0
    total: int = 0
    message: str = ""
    reference: str = ""


@dataclass(frozen=True)
class SamplePerson:
    """A colleague."""

    name: str
    employee_no: str = field(default="YA1042")


def _stages() -> list[tuple[str, Any]]:
    return [
        ("", gettext_lazy("All")),
        ("settling_in", gettext_lazy("Settling-in period")),
        ("stable", gettext_lazy("Stable period")),
    ]


class SampleFilter(forms.Form):
    """What a list filters by."""

    q = forms.CharField(
        label=gettext_lazy("Search this list"),
        required=False,
        help_text=gettext_lazy("Name, pinyin, room, last four"),
    )
    stage = forms.ChoiceField(label=gettext_lazy("Owner stage"), choices=_stages, required=False)
    keeper = forms.ChoiceField(
        label=gettext_lazy("Keeper"),
        widget=SearchSelect(),
        choices=[("", gettext_lazy("All")), ("1", "周敏"), ("2", "李娜")],
        required=False,
    )
    since = forms.DateField(label=gettext_lazy("Contact since"), widget=DateInput(), required=False)
    shared = forms.BooleanField(label=gettext_lazy("Shared with me"), required=False)


class SampleForm(forms.Form):
    """Every kind of field once."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=60)
    phone = forms.CharField(
        label=gettext_lazy("Phone"),
        widget=PhoneInput(),
        help_text=gettext_lazy("A mainland mobile number, or a landline with its area code."),
    )
    met_on = forms.DateField(label=gettext_lazy("First contact"), widget=DateInput())
    amount = forms.DecimalField(label=gettext_lazy("Amount"), widget=MoneyInput(), required=False)
    keeper = forms.ChoiceField(
        label=gettext_lazy("Keeper"),
        widget=SearchSelect(),
        choices=[("1", "周敏"), ("2", "李娜"), ("3", "高翔")],
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"),
        widget=forms.RadioSelect,
        choices=[("p", gettext_lazy("Person")), ("o", gettext_lazy("Organisation"))],
    )
    note = forms.CharField(
        label=gettext_lazy("Remarks"), widget=forms.Textarea(attrs={"rows": 2}), required=False
    )
    consent = forms.BooleanField(
        label=gettext_lazy("The customer agrees to be written to"), required=False
    )


def _rows(now: datetime) -> list[dict[str, Any]]:
    """Customers of an invented project."""
    people = [
        ("陈志远", "云麓天境3栋2单元1201", _("Settling-in period"), "info", "13855505507", 63),
        ("刘建国", "云麓天境5栋1单元602", _("Settling-in period"), "info", "15912346080", 39),
        ("单雨晴", "梧桐华庭1栋1单元904", _("Stable period"), "ok", "18600002210", 18),
        ("欧阳明月", "云麓天境3栋1单元301", _("Owner-to-be"), "off", "", None),
    ]
    return [
        {
            "name": name,
            "property": place,
            "stage": stage,
            "tone": tone,
            "phone": phone,
            "keeper": "周敏",
            "paid": Decimal(days or 0) * Decimal("12345.5"),
            "last_contact": now - timedelta(days=days) if days else None,
        }
        for name, place, stage, tone, phone, days in people
    ]


def _entries(now: datetime) -> list[dict[str, Any]]:
    """A timeline with an entry of each state."""
    made = [
        (
            "planned",
            _("Return visit"),
            "calendar",
            timedelta(days=-3),
            "周敏",
            _("Planned for then."),
        ),
        (
            "",
            _("Phone call"),
            "phone",
            timedelta(minutes=12),
            "孙悦",
            _("Reported the leak again."),
        ),
        ("system", _("Escalated"), "bell", timedelta(hours=5), "", _("The head was told.")),
        (
            "corrected",
            _("Visit"),
            "user",
            timedelta(days=1, hours=2),
            "周敏",
            _("Looked together."),
        ),
        ("confidential", _("Response"), "lock", timedelta(days=25), "", ""),
    ]
    return [
        {
            "id": number,
            "state": state,
            "kind": kind,
            "icon": icon,
            "at": now - before,
            "day": timezone.localtime(now - before).date(),
            "who": who,
            "text": text,
            "links": [("TS202611160012", "#status")] if state == "" else [],
        }
        for number, (state, kind, icon, before, who, text) in enumerate(made, 1)
    ]


def _tiles(now: datetime) -> list[dict[str, Any]]:
    """A tile of each state."""
    spark = [3, 5, 4, 6, 9, 7, 8]
    return [
        {"label": _("New cases"), "value": "142", "change": _("16 more"), "spark": spark},
        {"label": _("First contact in time"), "value": "93.0%", "state": "missed",
         "target": _("Target 95.0%")},
        {"label": _("Satisfaction"), "value": "3.86", "state": "met", "target": _("Target 3.80")},
        {"label": _("Satisfaction"), "value": None, "state": "few"},
        {"label": _("Log-in rate"), "value": "96.4%", "state": "frozen", "as_of": now.date()},
        {"label": _("Open findings"), "value": "11", "unit": ""},
    ]  # fmt: skip


def _steps(bad: bool = False) -> list[dict[str, Any]]:
    """The way of a case, on it or rejected."""
    words = [_("Registered"), _("Assigned"), _("Accepted"), _("In progress"), _("Closed")]
    states = ["done", "done", "skipped", "current", "todo"]
    if bad:
        words, states = [_("Registered"), _("Assigned"), _("Rejected")], ["done", "done", "bad"]
    return [{"label": word, "state": state} for word, state in zip(words, states, strict=True)]


def _jobs() -> list[SampleJob]:
    """Jobs at rest, so that the style guide polls nothing."""
    return [
        SampleJob("stopped", _("Stopped"), message=_("What was written so far stays.")),
        SampleJob("failed", _("The import failed"), message=_("The file could not be read."),
                  reference="7f3a-91"),
        SampleJob("done", _("Import finished"), 3877, 3877),
    ]  # fmt: skip


def _wrong_form() -> SampleForm:
    """A form as it comes back after a refused post."""
    form = SampleForm({"name": "", "phone": "1771896", "amount": "500.01", "keeper": "1"})
    form.is_valid()
    form.add_error("phone", _("This is no phone number; please compare it with the source."))
    for name in ("met_on", "note", "consent", "keeper"):
        del form.fields[name]
    return form


def _sample_form() -> SampleForm:
    """A form before anything was sent; ids differ from the wrong one's."""
    form = SampleForm(auto_id="sample_%s", initial={"amount": "2800", "kind": "p"})
    form.fields["note"].disabled = True
    reason = _("Cannot be changed while it is being approved.")
    form.fields["note"].reason = reason  # type: ignore[attr-defined]
    return form


def sample_context() -> dict[str, Any]:
    """Everything the style guide shows."""
    now = timezone.now()
    rows = _rows(now)
    units = [SampleUnit("HZ01", "武汉公司"), SampleUnit("HZ02", "长沙公司")]
    return {
        "crumbs": [(pgettext("menu", "System"), "#lists"), (_("Style guide"), "")],
        "now": now,
        "unit": units[0],
        "units": units,
        "filter_form": SampleFilter({"stage": "settling_in"}),
        "count": ngettext("%(count)s customer", "%(count)s customers", 3) % {"count": len(rows)},
        "rows": rows,
        "page": Page(rows=rows, previous="", next="x", size=25),
        "bulk_actions": [(_("Hand over"), "#lists", "share"), (_("Export"), "#lists", "download")],
        "badges": [
            ("off", _("Registered")),
            ("info", _("In progress")),
            ("warn", _("Due soon")),
            ("bad", _("Overdue")),
            ("ok", _("Closed")),
        ],  # fmt: skip
        "steps": _steps(),
        "steps_bad": _steps(bad=True),
        "reasons": [("case", _("Working on a case")), ("call", _("Call-back"))],
        "keeper": SamplePerson("周敏"),
        "entries": _entries(now),
        "tiles": _tiles(now),
        "jobs": _jobs(),
        "confirm": {
            "title": _("Publish this notice to 243 people?"),
            "effect": _("It cannot be taken back; each of them is asked to confirm reading."),
            "verb": _("Publish notice"),
        },
        "sample_form": _sample_form(),
        "wrong_form": _wrong_form(),
    }
