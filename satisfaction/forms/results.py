"""What results are about: a wave, a unit, an owner stage, a method."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.forms import UnitChoiceField
from customers.models import OwnerStage
from regions.models import OrgUnit
from regions.policies import policy
from satisfaction.models import Figure, Wave
from satisfaction.selectors.overview import Question
from satisfaction.selectors.pairs import is_nested
from satisfaction.selectors.remarks import Asked
from satisfaction.selectors.sight import VIEW, units_to_read, waves_to_read

# Which figure the policy's method means.
FIGURE_OF = {"simple": Figure.MEAN, "dual": Figure.DUAL, "dual_improved": Figure.IMPROVED_DUAL}


class WaveChoiceField(forms.ModelChoiceField):
    """A scored wave that the reader may see, by code."""

    def __init__(self, **kwargs: Any) -> None:
        options: dict[str, Any] = {"label": _("Wave"), "empty_label": None, "required": False}
        options["error_messages"] = {
            "invalid_choice": _("There is no such wave here. Please choose one.")
        }
        super().__init__(Wave.objects.none(), to_field_name="code", **(options | kwargs))

    def label_from_instance(self, wave: Wave) -> str:  # type: ignore[override]
        return str(wave)


def _unscored(code: str, known: list[Wave], user: Any) -> Wave | None:
    """The wave that the address names, if it is in reach and has no figures yet."""
    if not code or any(one.code == code for one in known):
        return None
    wave: Wave | None = Wave.objects.visible_to(user, VIEW).filter(code=code, run=None).first()
    return wave


class ResultsFilter(forms.Form):
    """The whole state of a page of results. What the address leaves out is the latest wave, the
    topmost unit in reach, all stages, and the method that the group measures by."""

    wave = WaveChoiceField()
    unit = UnitChoiceField(VIEW, required=False, empty_label=None)
    stage = forms.ChoiceField(
        label=_("Owner stage"), choices=[("", _("All stages")), *OwnerStage.choices], required=False
    )
    method = forms.ChoiceField(label=_("Method"), choices=Figure.choices, required=False)

    def __init__(self, data: Any, *, user: Any) -> None:
        self.waves = waves_to_read(user)
        self.units = units_to_read(user).order_by("path")
        self.known = list(self.waves)
        self.unscored = _unscored(data.get("wave") or "", self.known, user)
        super().__init__(self._completed(data))
        fields: dict[str, Any] = self.fields
        fields["wave"].queryset = self.waves
        fields["wave"].widget.choices = [(one.code, str(one)) for one in self.known]
        fields["unit"].queryset = self.units

    def _completed(self, data: Any) -> dict[str, str]:
        asked = {name: data.get(name) or "" for name in ("wave", "unit", "stage", "method")}
        if (not asked["wave"] or self.unscored) and self.known:
            asked["wave"] = self.known[0].code
        if not asked["unit"]:
            asked["unit"] = self._first_unit(asked["wave"])
        if not asked["method"]:
            asked["method"] = FIGURE_OF.get(str(policy("satisfaction.method")), Figure.MEAN)
        return asked

    def _first_unit(self, wave_code: str) -> str:
        """The unit that the wave was held for, else the topmost that the reader reaches in it."""
        wave = next((one for one in self.known if one.code == wave_code), None)
        inside = OrgUnit.objects.below(wave.unit) if wave else OrgUnit.objects.all()
        first = self.units.filter(pk__in=inside).first()
        return first.code if first else ""

    @property
    def question(self) -> Question | None:
        """What is asked, None while nothing can be."""
        if not self.is_valid() or not self.known or self.unscored:
            return None
        data = self.cleaned_data
        if data["wave"] is None or data["unit"] is None:
            return None
        return Question(data["wave"], data["unit"], data["method"], data["stage"])


class CompareFilter(ResultsFilter):
    """Two units of a wave; neither lies inside the other."""

    against = UnitChoiceField(VIEW, required=False, label=_("Against"), empty_label="—")
    field_order = ("wave", "unit", "against", "stage", "method")

    def __init__(self, data: Any, *, user: Any) -> None:
        self.asked_against = data.get("against") or ""
        super().__init__(data, user=user)
        fields: dict[str, Any] = self.fields
        fields["against"].queryset = self.units

    def _completed(self, data: Any) -> dict[str, str]:
        return super()._completed(data) | {"against": self.asked_against}

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        one, other = data.get("unit"), data.get("against")
        if one is not None and other is not None and is_nested(one, other):
            sentence = _("Please choose two units of which neither lies inside the other.")
            self.add_error("against", sentence)
        return data

    @property
    def other(self) -> OrgUnit | None:
        """The unit that is compared with."""
        return self.cleaned_data.get("against") if self.is_valid() else None


class RemarkFilter(ResultsFilter):
    """Remarks of a unit by topic, tone and words."""

    topic = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)
    tone = forms.ChoiceField(
        label=pgettext_lazy("remark", "Tone"),
        required=False,
        choices=[("", "—"), ("1", _("positive")), ("0", _("neutral")), ("-1", _("negative"))],
    )
    q = forms.CharField(label=_("Words"), required=False, max_length=60, strip=True)

    def __init__(self, data: Any, *, user: Any) -> None:
        self.searched = {name: data.get(name) or "" for name in ("topic", "tone", "q")}
        super().__init__(data, user=user)
        del self.fields["method"]

    def _completed(self, data: Any) -> dict[str, str]:
        return super()._completed(data) | self.searched

    @property
    def question(self) -> Question | None:
        if not self.is_valid() or not self.known or self.unscored:
            return None
        data = self.cleaned_data
        if data["wave"] is None or data["unit"] is None:
            return None
        return Question(data["wave"], data["unit"], stage=data["stage"])

    @property
    def asked(self) -> Asked:
        """What is searched for."""
        data = self.cleaned_data if self.is_valid() else {}
        tone = data.get("tone")
        return Asked(data.get("topic", ""), int(tone) if tone else None, data.get("q", ""))
