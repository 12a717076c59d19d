"""Input of questionnaires, sections and items."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from core.widgets import SearchSelectMultiple
from satisfaction.models import (
    Indicator,
    Item,
    ItemRole,
    Option,
    Questionnaire,
    QuestionnaireVersion,
    Section,
)
from satisfaction.models.questionnaires import UNRATED
from satisfaction.scales import ASKED_SCALES, RECOMMENDATION_SCALE
from satisfaction.services.item_rules import CHOOSING, SINGLE, answers_of

SCALES = [(f"{low}-{high}", f"{low}–{high}") for low, high in ASKED_SCALES]  # noqa: RUF001
MARK = "|"  # between the Chinese and the English of an answer


class QuestionnaireForm(forms.ModelForm):
    """A new questionnaire."""

    class Meta:
        model = Questionnaire
        fields = ["kind", "title", "title_en"]

    def _post_clean(self) -> None:
        """The service looks at the row."""


class TitleForm(QuestionnaireForm):
    """What may change of a questionnaire at any time."""

    class Meta(QuestionnaireForm.Meta):
        fields = ["title", "title_en", "is_active"]


class TextsForm(forms.ModelForm):
    """What stands before and behind the questions."""

    class Meta:
        model = QuestionnaireVersion
        fields = ["intro", "intro_en", "thanks", "thanks_en"]
        widgets = {name: forms.Textarea({"rows": 3}) for name in fields}

    def _post_clean(self) -> None:
        """The service looks at the row."""


class SectionForm(forms.ModelForm):
    """A section."""

    class Meta:
        model = Section
        fields = ["title", "title_en"]

    def _post_clean(self) -> None:
        """The service looks at the row."""


class ItemForm(forms.Form):
    """An item. What does not belong to its role is left out, so that a change of the role never
    stumbles over what was filled in for another; the service looks at the rest."""

    role = forms.ChoiceField(label=pgettext_lazy("item", "Kind"))
    name = forms.CharField(
        label=pgettext_lazy("item", "Name"),
        max_length=80,
        help_text=gettext_lazy("Short; this is how tables and charts call the item."),
    )
    text = forms.CharField(
        label=gettext_lazy("Question"),
        max_length=300,
        required=False,
        widget=forms.Textarea({"rows": 2}),
    )
    name_en = forms.CharField(label=gettext_lazy("Name in English"), max_length=120, required=False)
    text_en = forms.CharField(
        label=gettext_lazy("Question in English"),
        max_length=400,
        required=False,
        widget=forms.Textarea({"rows": 2}),
    )
    scale = forms.ChoiceField(label=pgettext_lazy("item", "Scale"), choices=SCALES, required=False)
    options = forms.CharField(
        label=gettext_lazy("Answers"),
        required=False,
        widget=forms.Textarea({"rows": 4}),
        help_text=gettext_lazy("One answer a line: in Chinese, a bar, in English."),
    )
    indicator = forms.ModelChoiceField(
        label=gettext_lazy("Indicator"), queryset=Indicator.objects.none(), required=False
    )
    asks_importance = forms.BooleanField(
        label=gettext_lazy("Also asks how important it is"), required=False
    )
    asks_expectation = forms.BooleanField(
        label=gettext_lazy("Also asks what was expected"), required=False
    )
    allows_unused = forms.BooleanField(label=gettext_lazy("Offers “not used”"), required=False)
    is_required = forms.BooleanField(label=gettext_lazy("Must be answered"), required=False)
    only = forms.MultipleChoiceField(
        label=gettext_lazy("Asked only after"),
        required=False,
        widget=SearchSelectMultiple(),
        help_text=gettext_lazy("Answers to one earlier item. Empty: everybody is asked."),
    )
    section = forms.ModelChoiceField(
        label=pgettext_lazy("questionnaire", "Section"),
        queryset=Section.objects.none(),
        empty_label=None,
    )

    def __init__(
        self,
        *args: Any,
        version: QuestionnaireVersion,
        items: list[Item],
        item: Item | None = None,
        section: str = "",
        **kwargs: Any,
    ) -> None:
        """`items` are those of the version in the order of asking."""
        super().__init__(*args, **kwargs | {"initial": _initial(item, section)})
        fields: dict[str, Any] = self.fields
        scored = version.questionnaire.is_scored
        fields["role"].choices = [
            one for one in ItemRole.choices if scored or ItemRole(one[0]) not in SINGLE
        ]
        fields["role"].widget.attrs["data-crm"] = "item-role"
        fields["section"].queryset = Section.objects.filter(version=version)
        self.earlier = {one.pk: one for one in _before(items, item)}
        fields["only"].choices = [_answers(one) for one in self.earlier.values()]
        if scored:
            fields["indicator"].choices = _indicators(item)
            fields["indicator"].queryset = Indicator.objects.filter(level=Indicator.DEEPEST)
        else:
            del fields["indicator"]

    def clean_options(self) -> list[tuple[str, str]]:
        lines = [line.partition(MARK) for line in self.cleaned_data["options"].splitlines()]
        found = [(chinese.strip(), english.strip()) for chinese, _mark, english in lines]
        longest = (Option._meta.get_field("text"), Option._meta.get_field("text_en"))
        for texts in found:
            for text, column in zip(texts, longest, strict=True):
                if len(text) > (column.max_length or 0):
                    sentence = _("The answer “{text}” is too long.")
                    raise forms.ValidationError(sentence.format(text=f"{text[:20]}…"))
        return [texts for texts in found if texts[0]]

    def clean_only(self) -> tuple[Item | None, list[int]]:
        chosen = [value.split(":") for value in self.cleaned_data["only"]]
        if not chosen:
            return None, []
        if len({key for key, _value in chosen}) > 1:
            raise forms.ValidationError(_("Please choose answers to one item only."))
        return self.earlier[int(chosen[0][0])], sorted(int(value) for _key, value in chosen)

    def values(self) -> dict[str, Any]:
        """What the service wants: columns of Item, `section`, and `options`."""
        data = dict(self.cleaned_data)
        role = ItemRole(data["role"])
        condition, condition_values = data.pop("only")
        low, high = _scale(role, data.pop("scale"))
        single = role == ItemRole.ITEM
        for name in ("asks_importance", "asks_expectation", "allows_unused"):
            data[name] = data[name] and single
        return data | {
            "options": data["options"] if role in CHOOSING else [],
            "indicator": data.get("indicator") if single else None,
            "low": low,
            "high": high,
            "condition": condition,
            "condition_values": condition_values,
        }


def _scale(role: ItemRole, chosen: str) -> tuple[int | None, int | None]:
    if role in UNRATED:
        return None, None
    if role == ItemRole.RECOMMENDATION:
        return RECOMMENDATION_SCALE
    low, high = (chosen or SCALES[0][0]).split("-")
    return int(low), int(high)


def _before(items: list[Item], item: Item | None) -> list[Item]:
    """What an item may depend on: rated and chosen items before it; all for a new one."""
    keys = [one.pk for one in items]
    end = keys.index(item.pk) if item is not None and item.pk in keys else len(items)
    return [one for one in items[:end] if one.role != ItemRole.REMARK]


def _answers(item: Item) -> tuple[str, list[tuple[str, str]]]:
    words = {option.position: option.shown_text for option in item.options.all()}
    return item.shown_name, [
        (f"{item.pk}:{value}", f"{item.shown_name}: {words.get(value, value)}")
        for value in answers_of(item, list(item.options.all()))
    ]


def _indicators(item: Item | None) -> list[Any]:
    """The third level by touch point; what is out of use stays with the item that has it."""
    groups: dict[str, list[tuple[int, str]]] = {}
    rows = Indicator.objects.filter(level=Indicator.DEEPEST).select_related("parent__parent")
    for row in rows.order_by("parent__parent__position", "parent__position", "position"):
        held = item is not None and item.indicator_id == row.pk
        if held or (row.is_active and row.parent and row.parent.is_active):
            groups.setdefault(str(row.parent), []).append((row.pk, row.shown_name))
    return [("", "—"), *groups.items()]


def _initial(item: Item | None, section: str) -> dict[str, Any]:
    if item is None:
        return {"section": section, "role": ItemRole.ITEM, "scale": SCALES[0][0]}
    names = ("role", "name", "name_en", "text", "text_en", "asks_importance", "asks_expectation")
    found = {name: getattr(item, name) for name in names}
    lines = [(option.text, option.text_en) for option in item.options.all()]
    return found | {
        "allows_unused": item.allows_unused,
        "is_required": item.is_required,
        "indicator": item.indicator_id,
        "section": item.section_id,
        "scale": f"{item.low}-{item.high}",
        "options": "\n".join(f" {MARK} ".join(filter(None, texts)) for texts in lines),
        "only": [f"{item.condition_id}:{value}" for value in item.condition_values],
    }
