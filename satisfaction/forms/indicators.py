"""Input of the indicator tree."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from satisfaction.models import Indicator


class IndicatorForm(forms.ModelForm):
    """A node. Touch points stand on the second level."""

    class Meta:
        model = Indicator
        fields = ["name", "name_en", "weight", "touch_point", "is_active"]

    def __init__(self, *args: Any, level: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["weight"].widget.attrs.update({"inputmode": "decimal", "min": "0.01"})
        if level != 2:
            del self.fields["touch_point"]
        if self.instance.pk is None:
            del self.fields["is_active"]

    def _post_clean(self) -> None:
        """The service looks at the row."""


def _weight_messages(node: Indicator) -> dict[str, str]:
    """What is wrong with a weight, by the name of its indicator."""
    sentence = _("{name}: please write a weight from 0.01 to 9999.99.")
    words = sentence.format(name=node.shown_name)
    codes = ("required", "invalid", "min_value", "max_digits", "max_decimal_places")
    return dict.fromkeys((*codes, "max_whole_digits"), words)


class WeightsForm(forms.Form):
    """The weights of the whole tree, one field a node."""

    def __init__(self, *args: Any, nodes: list[Indicator], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for node in nodes:
            self.fields[f"weight-{node.pk}"] = forms.DecimalField(
                label=node.shown_name,
                initial=f"{node.weight.normalize():f}",
                min_value=Decimal("0.01"),
                max_digits=6,
                decimal_places=2,
                error_messages=_weight_messages(node),
                widget=forms.NumberInput({"inputmode": "decimal", "step": "0.01"}),
                localize=False,
            )

    def weights(self) -> dict[int, Decimal]:
        """Key of a node → its weight."""
        return {int(name.partition("-")[2]): value for name, value in self.cleaned_data.items()}
