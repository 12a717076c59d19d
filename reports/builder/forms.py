"""The form that puts a report together: one set of fields a subject, read from the registry."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from core.errors import Refused
from core.widgets import DateInput, SearchSelectMultiple
from customers.forms import UnitChoiceField
from regions.models import OrgUnit
from reports.builder.chart_rules import AUTO, CHARTS
from reports.builder.definitions import (
    LONGEST_TEXT,
    SPANS,
    groupings_of,
    measures_of,
    read,
)
from reports.builder.registry import FIGURES, TIMES, Field, Subject
from reports.models import Audience

ANY = [("", "—")]


@dataclass(frozen=True, slots=True)
class Condition:
    """The fields of the form that narrow by one field of the subject; `used` opens them."""

    label: str
    fields: list[Any]
    used: bool


class ReportForm(forms.Form):
    """A whole report: its question, its name and who else may open it."""

    name = forms.CharField(label=pgettext_lazy("report", "Name"), max_length=80)
    audience = forms.ChoiceField(
        label=pgettext_lazy("report", "Share with"), choices=Audience.choices, initial=Audience.OWN
    )

    def __init__(
        self, data: Any = None, *, subject: Subject, user: Any, stored: dict[str, Any] | None = None
    ) -> None:
        self.subject, self.user = subject, user
        super().__init__(data, initial=_initial(subject, stored or {}))
        fields: dict[str, Any] = self.fields
        if subject.has_units:
            fields["unit"] = UnitChoiceField(subject.right, required=False)
            units = OrgUnit.objects.visible_to(user, subject.right).in_tree_order()
            fields["unit"].queryset = units
        if subject.lists:
            fields["columns"] = _boxes(
                gettext_lazy("Columns of single rows"),
                [(one.key, one.label) for one in subject.fields if one.lists],
            )
        groups = [*ANY, *[(one.key, one.label) for one in groupings_of(subject)]]
        fields["group_1"] = _choice(gettext_lazy("Group by"), groups)
        fields["group_2"] = _choice(pgettext_lazy("report", "and by"), groups)
        fields["measures"] = _boxes(
            gettext_lazy("Told of each group"),
            [(one.key, one.label) for one in measures_of(subject)],
        )
        fields["chart"] = _choice(gettext_lazy("Chart"), CHARTS.items())
        fields["charted"] = forms.MultipleChoiceField(
            label=gettext_lazy("Figures of the chart"),
            choices=[(one.key, one.label) for one in measures_of(subject)],
            required=False,
            widget=SearchSelectMultiple,
            help_text=gettext_lazy(
                "Without a choice the first that is told; only one with two groups."
            ),
        )
        self.narrowing: list[tuple[Field, list[str]]] = []
        for one in subject.fields:
            if one.filters or one.key == subject.alone:
                made = dict(self._condition(one))
                fields.update(made)
                self.narrowing.append((one, list(made)))

    def _condition(self, one: Field) -> Iterator[tuple[str, forms.Field]]:
        """The fields that narrow by one field."""
        label: Any = one.label
        if one.key == self.subject.alone:
            offered = self.subject.offered(self.user) if self.subject.offered else []
            yield f"is-{one.key}", _choice(label, [*ANY, *offered], required=True)
        elif one.kind in TIMES:
            yield f"span-{one.key}", _choice(label, [*ANY, *SPANS.items()])
            for op, words in (("from", _("{field} from")), ("to", _("{field} until"))):
                text = words.format(field=label)
                yield (
                    f"{op}-{one.key}",
                    forms.DateField(label=text, required=False, widget=DateInput),
                )
        elif one.kind in FIGURES:
            for op, words in (("min", _("{field} at least")), ("max", _("{field} at most"))):
                text = words.format(field=label)
                yield f"{op}-{one.key}", forms.DecimalField(label=text, required=False)
        elif one.words:
            choices = [(_word(key), text) for key, text in one.words().items()]
            yield (
                f"in-{one.key}",
                forms.MultipleChoiceField(
                    label=label, choices=choices, required=False, widget=SearchSelectMultiple
                ),
            )
        else:
            text = _("{field} contains").format(field=label)
            yield (
                f"contains-{one.key}",
                forms.CharField(label=text, required=False, max_length=LONGEST_TEXT),
            )

    # --- for the page ---------------------------------------------------------------------------

    def conditions(self) -> list[Condition]:
        """What narrows the report, field by field."""
        return [
            Condition(
                str(one.label), [self[name] for name in names], any(map(self._is_used, names))
            )
            for one, names in self.narrowing
        ]

    def _is_used(self, name: str) -> bool:
        return self[name].value() not in (None, "", [])

    def used(self) -> list[Condition]:
        """The conditions that are set."""
        return [one for one in self.conditions() if one.used or self.subject.alone]

    def unused(self) -> list[Condition]:
        """Those by which one could narrow further."""
        return [one for one in self.conditions() if not (one.used or self.subject.alone)]

    # --- reading --------------------------------------------------------------------------------

    def clean(self) -> dict[str, Any]:
        """What the fields say together must be a question."""
        data = super().clean() or {}
        if not set(self.errors) - {"name", "audience"}:
            try:
                read(self.definition())
            except Refused as refusal:
                self.add_error(None, str(refusal))
        return data

    def definition(self) -> dict[str, Any]:
        """The question as data."""
        data = self.cleaned_data
        unit = data.get("unit")
        groups = [data["group_1"], data["group_2"]]
        return {
            "subject": self.subject.key,
            "unit": unit.code if unit else "",
            "columns": data.get("columns") or [],
            "groups": [one for one in groups if one],
            # Who wants a figure drawn wants it told.
            "measures": list(dict.fromkeys([*data["measures"], *data["charted"]])),
            "chart": data["chart"],
            "charted": data["charted"],
            "filters": [
                {"field": one.key, "op": name.partition("-")[0], "value": _plain(one, data[name])}
                for one, names in self.narrowing
                for name in names
                if data.get(name) not in (None, "", [])
            ],
        }


def _word(key: Any) -> str:
    """A stored word as a form carries it."""
    return ("yes" if key else "no") if isinstance(key, bool) else str(key)


def _plain(one: Field, value: Any) -> Any:
    """A cleaned value as JSON holds it."""
    if isinstance(value, list):
        return [{"yes": True, "no": False}[word] for word in value] if one.kind == "bool" else value
    return value if isinstance(value, str) else str(value)


def _initial(subject: Subject, stored: dict[str, Any]) -> dict[str, Any]:
    """What the form begins with: a stored question, or the first columns of its subject."""
    if not stored.get("subject"):
        columns = [one.key for one in subject.fields if one.lists][:6]
        return {"columns": columns, "measures": ["count"], "chart": AUTO} | stored
    groups = [*stored.get("groups", []), "", ""]
    kept = ("unit", "columns", "measures", "chart", "charted", "name", "audience")
    found = {name: stored[name] for name in kept if name in stored}
    found |= {"group_1": groups[0], "group_2": groups[1]}
    for one in stored.get("filters", []):
        value = one["value"]
        if isinstance(value, list):
            value = [_word(word) for word in value]
        found[f"{one['op']}-{one['field']}"] = value
    return found


def _choice(label: Any, choices: Iterable[Any], *, required: bool = False) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=list(choices), required=required)


def _boxes(label: Any, choices: list[Any]) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=label, choices=choices, required=False, widget=forms.CheckboxSelectMultiple
    )
