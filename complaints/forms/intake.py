"""Input of the intake: who calls, about what, and who takes care of it."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from complaints.models import Case, CaseKind, Category, Channel, Level
from complaints.selectors.classes import grouped
from complaints.selectors.lookup import Found, Match
from complaints.states import REGISTER
from core.formfields import NameField, PhoneField
from customers.forms import UnitChoiceField
from regions.models import OrgUnit

NEW = "new"
# What a portal or a mail box hands in by itself is not chosen by hand.
CHANNELS = [choice for choice in Channel.choices if choice[0] != Channel.PORTAL]


class IntakeForm(forms.Form):
    """A call as it comes in. `owner` is one of the matches of the look-up, or a new caller."""

    find = forms.CharField(label=_("Phone or room"), required=False, max_length=40)
    owner = forms.ChoiceField(label=_("Caller"), required=False, widget=forms.RadioSelect)
    name = NameField(label=_("Name"), required=False, max_length=60)
    phone = PhoneField(
        required=False, help_text=_("Empty: the number that was looked up, if it was a full one.")
    )
    unit = UnitChoiceField(REGISTER, label=_("Project"), required=False)
    room = forms.CharField(label=_("Room"), required=False, max_length=60)
    into = forms.ChoiceField(label=_("Open cases"), required=False, widget=forms.RadioSelect)
    kind = forms.ChoiceField(
        label=_("Kind"),
        choices=CaseKind.choices,
        initial=CaseKind.COMPLAINT,
        widget=forms.RadioSelect,
    )
    content = forms.CharField(
        label=_("Content"), widget=forms.Textarea({"rows": 4}), max_length=5000
    )
    channel = forms.ChoiceField(label=_("Channel"), choices=CHANNELS, initial=Channel.HOTLINE)
    category = forms.ModelChoiceField(
        Category.objects.none(), label=_("Category"), required=False, empty_label="—"
    )
    level = forms.ModelChoiceField(
        Level.objects.none(), label=pgettext_lazy("case", "Level"), required=False, empty_label="—"
    )
    handler = forms.ChoiceField(label=_("Handler"), required=False)

    def __init__(
        self,
        *args: Any,
        user: Any,
        found: Found,
        categories: Sequence[Category],
        levels: Sequence[Level],
        handlers: Sequence[tuple[User, int]] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.found = found
        self.people = {str(person.employee_no): person for person, _load in handlers}
        fields: dict[str, Any] = self.fields
        for name in ("name", "unit"):  # of a new caller alone: an owner who is found has both
            fields[name].is_starred = True
        fields["find"].widget.attrs |= {"autocomplete": "off", "autofocus": True}
        fields["owner"].choices = [(one.key, one.customer.name) for one in found.matches]
        fields["owner"].choices += [(NEW, _("None of these"))]
        fields["into"].choices = [("", _("No, register a new case"))]
        fields["into"].choices += [(str(case.pk), case.number) for case in found.cases]
        units = OrgUnit.objects.visible_to(user, REGISTER).active().in_tree_order()
        fields["unit"].queryset = units
        fields["category"].queryset = Category.objects.filter(is_offered=True)
        fields["category"].widget.choices = [("", "—"), *grouped(categories)]
        fields["level"].queryset = Level.objects.filter(is_offered=True)
        fields["level"].widget.choices = [("", "—"), *((one.pk, one.name) for one in levels)]
        fields["handler"].choices = [
            *((no, load_words(self.people[no], load)) for (_p, load), no in _numbered(handlers)),
            ("", _("Nobody yet: whoever assigns decides")),
        ]

    @property
    def match(self) -> Match | None:
        """The owner chosen, None for a new caller."""
        return self.found.match(self.data.get("owner", ""))

    def clean(self) -> dict[str, Any]:
        """A new caller has a name and a project; a known one has both already."""
        data = super().clean() or {}
        if self.match is None:
            if not data.get("name") and "name" not in self.errors:
                self.add_error(
                    "name", gettext("Please enter the caller's name or choose an owner.")
                )
            if not data.get("unit") and "unit" not in self.errors:
                self.add_error("unit", gettext("Please choose the project the matter belongs to."))
        return data

    def target(self) -> Case | None:
        """The open case into which this one is merged at once, if one was chosen."""
        wanted = self.cleaned_data.get("into", "")
        return next((case for case in self.found.cases if str(case.pk) == wanted), None)

    def values(self) -> dict[str, Any]:
        """Arguments for the service."""
        data, match = self.cleaned_data, self.match
        values: dict[str, Any] = {
            name: data[name] for name in ("kind", "content", "channel", "category", "level")
        }
        if match is None:
            return values | {
                "unit": data["unit"],
                "name": data["name"],
                "phone": data["phone"] or self.found.phone,
                "room": data["room"] or self.found.room,
            }
        return values | {
            "unit": match.unit,
            "customer": match.customer,
            "flat": match.flat,
            "room": "" if match.flat else self.found.room,
            "phone": self.found.phone,
        }

    def chosen_handler(self) -> User | None:
        """Who was chosen to handle the case."""
        return self.people.get(self.cleaned_data.get("handler", ""))


def _numbered(handlers: Sequence[tuple[User, int]]) -> list[tuple[tuple[User, int], str]]:
    return [(pair, str(pair[0].employee_no)) for pair in handlers]


def load_words(person: User, load: int) -> str:
    """A person with what he has to do: 高翔（未结 6）."""
    sentence = pgettext_lazy("handler with load", "{person} ({count} open)")
    return str(sentence).format(person=person.name, count=load)
