"""What the analysis of customers is asked: a branch, a day, perhaps one customer."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.scopes import narrow
from core.formfields import MoneyField
from core.scope import scope_of
from core.widgets import DateInput
from customers.forms import ANY, UnitChoiceField, class_words
from customers.models import Customer, Scheme
from customers.selectors.codes import by_code
from regions.models import OrgUnit
from reports.analysis.base import OTHER, Among, Method, Question
from reports.analysis.quality import FIELD_WORDS

VIEW = "customers.view_customer"
OPTIONS = ("target", "since", "lacks", "part")
KINDS = ("level", "business_type")
EARLIEST, LATEST = date(1900, 1, 1), date(2999, 12, 31)


class AnalysisFilter(forms.Form):
    """The whole state of the page. What the address leaves out is the topmost unit in reach,
    today, all customers."""

    unit = UnitChoiceField(VIEW, required=False, empty_label=None)
    as_of = forms.DateField(label=_("As of"), widget=DateInput)
    level = forms.ChoiceField(label=_("Level"), required=False)
    business_type = forms.ChoiceField(label=_("Business type"), required=False)
    customer = forms.CharField(label=_("Customer code"), required=False, max_length=40)
    target = MoneyField(label=_("Target of the year (yuan)"), required=False)
    since = forms.DateField(label=_("Changed on"), widget=DateInput, required=False)
    lacks = forms.ChoiceField(
        label=_("Lacking"), required=False, choices=[("", _("all")), *FIELD_WORDS.items()]
    )

    only = forms.BooleanField(label=_("This unit only"), required=False)
    part = forms.CharField(required=False, max_length=160, widget=forms.HiddenInput)

    def __init__(self, data: Any, *, user: Any, method: Method, today: date) -> None:
        units = OrgUnit.objects.visible_to(user, VIEW).in_tree_order()
        unit = data.get("unit")
        if not unit:
            first = units.first()
            unit = first.code if first else ""
        given = {name: data.get(name) or "" for name in ("customer", "only", *KINDS, *OPTIONS)}
        super().__init__({"unit": unit, "as_of": data.get("as_of") or today.isoformat()} | given)
        self.user = user
        fields: dict[str, Any] = self.fields
        fields["unit"].queryset = units
        for name in OPTIONS:
            if name not in method.options:
                del fields[name]
        if not method.by_customer:
            del fields["customer"]
        # Links to a unit without those below set it; there it can be taken away.
        if not given["only"]:
            fields["only"].widget = forms.HiddenInput()
        self._offer_kinds(method)

    def _offer_kinds(self, method: Method) -> None:
        if not method.by_kind:
            for name in KINDS:
                del self.fields[name]
            return
        words = class_words()
        levels = [*words[Scheme.GRADE], *words[Scheme.IMPORTANCE]]
        types = [*words[Scheme.BUSINESS], *({OTHER} - set(words[Scheme.BUSINESS]))]
        for name, known in (("level", levels), ("business_type", types)):
            self.fields[name].choices = [*ANY, *((word, word) for word in known)]  # type: ignore[attr-defined]

    def clean_as_of(self) -> date:
        """Neither so early nor so late that no calendar knows the days around it."""
        day: date = self.cleaned_data["as_of"]
        if not EARLIEST <= day <= LATEST:
            sentence = _("Please choose a day from {first} to {last}.")
            raise forms.ValidationError(str(sentence).format(first=EARLIEST, last=LATEST))
        return day

    def clean_since(self) -> date | None:
        """A day before the one looked at, so that there is something to compare."""
        since: date | None = self.cleaned_data["since"]
        as_of = self.cleaned_data.get("as_of")
        if since is None or as_of is None:
            return since
        if not max(EARLIEST, as_of - timedelta(days=3660)) <= since <= as_of:
            raise forms.ValidationError(
                _("Please choose a day before the day looked at, ten years at most.")
            )
        return since

    def clean_customer(self) -> Customer | None:
        """A customer in reach; one elsewhere does not exist here."""
        code = self.cleaned_data["customer"].strip()
        if not code:
            return None
        found = by_code(Customer.objects.visible_to(self.user, VIEW), code)
        if found is None:
            raise forms.ValidationError(_("There is no customer with this code in your scope."))
        return found

    @property
    def question(self) -> Question | None:
        """What is asked, None while it does not read."""
        if not self.is_valid() or self.cleaned_data["unit"] is None:
            return None
        data = self.cleaned_data
        scope = narrow(scope_of(self.user, VIEW), data["unit"], below=not data["only"])
        return Question(
            data["unit"],
            scope,
            data["as_of"],
            data.get("customer"),
            data.get("target"),
            self.user,
            data.get("since"),
            data.get("lacks", ""),
            Among(data.get("level", ""), data.get("business_type", "")),
            data.get("part", ""),
            data["only"],
        )

    def address(self) -> dict[str, str]:
        """The state as parameters of an address."""
        return {name: str(self.data[name]) for name in self.fields if self.data.get(name)}
