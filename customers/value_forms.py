"""Input of the sheets of a customer: demand, credit, delivered value, losses."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.formfields import MoneyField
from core.widgets import DateInput
from customers.models import Customer, CustomerUnit, DemandSource, ValueSheet
from customers.models.value import COSTS, FIRST_YEAR, LAST_YEAR, MOST_POINTS, VALUES
from customers.services.losses import CAUSES, DIRECTIONS
from customers.services.value import CRITERIA
from regions.policies import policy


class YearForm(forms.Form):
    """What is noted of a year."""

    year = forms.IntegerField(label=_("Year"), min_value=FIRST_YEAR, max_value=LAST_YEAR)


class DemandForm(YearForm):
    """What a customer buys of everybody in a year."""

    product = forms.CharField(
        label=_("Product"),
        max_length=120,
        required=False,
        help_text=_("Written as in the purchases. Empty: everything he buys."),
    )
    amount = MoneyField(label=_("Whole demand of the year (yuan)"))
    method = forms.ChoiceField(label=_("How it was learned"), choices=DemandSource.choices)
    note = forms.CharField(label=_("Note"), max_length=200, required=False)


class CreditForm(YearForm):
    """Points for each criterion of the group, and perhaps another limit than the proposed one."""

    limit = MoneyField(
        label=_("Another limit (yuan)"),
        required=False,
        help_text=_("Empty: the limit that follows from the points."),
    )
    reason = forms.CharField(label=_("Reason for another limit"), max_length=300, required=False)
    remark = forms.CharField(
        label=_("Grounds of the assessment"),
        widget=forms.Textarea({"rows": 4}),
        max_length=5000,
        required=False,
    )

    def __init__(self, *args: Any, given: dict[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.words: dict[str, str] = {}
        points: dict[str, forms.Field] = {}
        for place, row in enumerate(policy(CRITERIA)):
            name = f"points_{place}"
            self.words[name] = row["word"]
            points[name] = forms.DecimalField(
                label=_("{word} (0 to {most} points)").format(
                    word=row["word"], most=f"{row['most']:f}"
                ),
                min_value=Decimal(0),
                max_value=row["most"],
                decimal_places=1,
                initial=given.get(row["word"]),
            )
        fields: dict[str, Any] = {"year": self.fields.pop("year")} | points
        self.fields = fields | self.fields

    def points(self) -> dict[str, Decimal]:
        """Criterion → points."""
        return {word: self.cleaned_data[name] for name, word in self.words.items()}


class ValueForm(YearForm):
    """How a customer judges what he gets and what he gives up."""

    offer = forms.CharField(
        label=_("Whose offer"),
        max_length=60,
        required=False,
        help_text=_("Empty: ours. Else the name of a competitor, to compare with."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for part in (*VALUES, *COSTS):
            self.fields[part] = forms.IntegerField(
                label=ValueSheet._meta.get_field(part).verbose_name,  # type: ignore[union-attr]
                min_value=0,
                max_value=MOST_POINTS,
                help_text=_("0 to 10 points: the more he gets, the more points.")
                if part in VALUES
                else _("0 to 10 points: the more he gives up, the more points."),
            )
        self.fields["note"] = forms.CharField(
            label=_("Note"), widget=forms.Textarea({"rows": 3}), max_length=5000, required=False
        )

    def points(self) -> dict[str, int]:
        """Part → points."""
        return {part: self.cleaned_data[part] for part in (*VALUES, *COSTS)}


class LossForm(forms.Form):
    """Which unit lost a customer, when, why, and where he went."""

    place = forms.ModelChoiceField(CustomerUnit.objects.none(), label=_("Unit"), empty_label="—")
    lost_on = forms.DateField(label=_("Lost on"), widget=DateInput())
    cause = forms.ChoiceField(label=pgettext_lazy("lost customer", "Cause"))
    direction = forms.ChoiceField(label=pgettext_lazy("lost customer", "Direction"))
    competitor = forms.CharField(
        label=_("Competitor"),
        max_length=120,
        required=False,
        help_text=_("Whom he buys of now, if that is known."),
    )
    note = forms.CharField(
        label=_("Note"), widget=forms.Textarea({"rows": 3}), max_length=500, required=False
    )

    def __init__(self, *args: Any, customer: Customer, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        places = (
            CustomerUnit.objects.visible_to(user, "customers.change_customer")
            .filter(customer=customer)
            .select_related("unit")
        )
        fields: dict[str, Any] = self.fields
        fields["place"].queryset = places
        fields["place"].label_from_instance = lambda place: place.unit.name
        found = list(places[:2])
        if len(found) == 1:
            fields["place"].initial, fields["place"].widget = found[0].pk, forms.HiddenInput()
        fields["lost_on"].initial = timezone.localdate()
        for name, key in (("cause", CAUSES), ("direction", DIRECTIONS)):
            words = [row["word"] for row in policy(key)]
            fields[name].choices = [("", "—"), *((word, word) for word in words)]


class WonBackForm(forms.Form):
    """When a lost customer came back, and what did it."""

    on = forms.DateField(label=_("Won back on"), widget=DateInput())
    how = forms.CharField(
        label=_("How he was won back"),
        widget=forms.Textarea({"rows": 3}),
        max_length=500,
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["on"].initial = timezone.localdate()
