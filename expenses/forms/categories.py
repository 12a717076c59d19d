"""The form of a category: what an application of this kind must say."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from expenses.models import Category, EvidenceKind
from regions.policies.registry import REGISTRY
from regions.policies.types import Money

TYPES = {
    "text": pgettext_lazy("type of a question", "text"),
    "number": pgettext_lazy("type of a question", "number"),
    "money": pgettext_lazy("type of a question", "money"),
    "date": pgettext_lazy("type of a question", "date"),
    "yes_no": pgettext_lazy("type of a question", "yes or no"),
    "choice": pgettext_lazy("type of a question", "choice"),
}
MUST = pgettext_lazy("question", "must")


class QuestionsField(forms.CharField):
    """Further questions, a line each: what is asked | type | must | the choices by commas.

    Its value is the list that Category.fields holds; a question keeps its key as long as its words
    stay.
    """

    def __init__(self, **kwargs: Any) -> None:
        options: dict[str, Any] = {"required": False, "widget": forms.Textarea({"rows": 4})}
        super().__init__(**(options | kwargs))
        self.known: dict[str, str] = {}

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, list):
            return value
        self.known = {one["label"]: one["key"] for one in value}
        return "\n".join(map(_line, value))

    def to_python(self, value: Any) -> Any:
        lines = [line for line in (value or "").splitlines() if line.strip()]
        found = [self._question(number, line) for number, line in enumerate(lines, start=1)]
        labels = [one["label"] for one in found]
        if len(set(labels)) < len(labels):
            raise ValidationError(_("Two questions have the same words."))
        used = set(self.known.values())
        for one in found:
            one["key"] = self.known.get(one["label"]) or _free_key(used)
            used.add(one["key"])
        return found

    def _question(self, number: int, line: str) -> dict[str, Any]:
        label, kind, must, choices, *_more = [*map(str.strip, line.split("|")), "", "", "", ""]
        kinds = {str(words): key for key, words in TYPES.items()} | {key: key for key in TYPES}
        if not label or (kind and kind not in kinds):
            words = _("Line {number}: the type must be one of {types}.")
            types = "、".join(map(str, TYPES.values()))
            raise ValidationError(str(words).format(number=number, types=types))
        key = kinds.get(kind, "text")
        options = [one.strip() for one in choices.replace("，", ",").split(",") if one.strip()]
        if key == "choice" and not options:
            raise ValidationError(
                str(_("Line {number}: please name the choices.")).format(number=number)
            )
        return {"label": label, "type": key, "required": bool(must), "choices": options}


def _line(one: dict[str, Any]) -> str:
    parts = [
        one["label"],
        str(TYPES.get(one["type"], one["type"])),
        str(MUST) if one.get("required") else "",
        ", ".join(map(str, one.get("choices") or [])),
    ]
    return " | ".join(parts).rstrip(" |")


def _free_key(used: set[str]) -> str:
    number = 1
    while f"q{number}" in used:
        number += 1
    return f"q{number}"


class CategoryForm(forms.ModelForm):
    """A category of expenses."""

    fields_text = QuestionsField(
        label=_("Further questions"),
        help_text=_(
            "A line each: question | type | must | choices. Types: text, number, money, date, "
            "yes or no, choice."
        ),
    )
    evidence_kinds = forms.MultipleChoiceField(
        label=pgettext_lazy("expense category", "Evidence asked for"),
        choices=EvidenceKind.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    ceiling_policy = forms.ChoiceField(label=_("Ceiling of one application"), required=False)

    class Meta:
        model = Category
        fields = (
            *("name", "code", "family", "customers", "case", "beneficiary", "gifts", "event"),
            *("fields_text", "evidence_days", "evidence_kinds", "ceiling_policy", "words"),
            *("position", "is_offered"),
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows: dict[str, Any] = self.fields
        known = self.instance.fields if self.instance.pk else []
        rows["fields_text"].initial = known
        rows["fields_text"].known = {one["label"]: one["key"] for one in known}
        rows["position"].label = pgettext_lazy("expense category", "Place in the list")
        rows["evidence_days"].help_text = _("Working days after the event; empty asks for none.")
        rows["words"].help_text = _("As files of former times name it, with blanks between.")
        rows["ceiling_policy"].choices = [
            ("", _("No ceiling of its own")),
            *(
                (key, rule.title)
                for key, rule in REGISTRY.items()
                if key.startswith("expenses.") and isinstance(rule.type, Money)
            ),
        ]
        if self.instance.pk:
            del rows["code"]
        else:
            rows["code"].validators.append(validate_slug)

    def facts(self) -> dict[str, Any]:
        """What the service takes."""
        data = dict(self.cleaned_data)
        data["fields"] = data.pop("fields_text")
        return data
