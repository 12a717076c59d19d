"""The form of an application: what its category asks, the lines, the gifts (W13)."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from complaints.models import Case
from core.display import money
from core.formfields import PhoneField, Yuan
from core.widgets import DateInput, MoneyInput, RemoteSelect
from customers.models import Customer
from expenses.forms.fields import CustomersField
from expenses.models import Application, Category, Event, Gift, Needs
from expenses.services.applications import GiftWish, Given, Line
from regions.forms.fields import UnitByCode
from regions.models import OrgUnit

ADD = "expenses.add_application"
LINES, GIFTS = "line", "gift"
EMPTY_LINES = 2
MOST_LINES = 60
FIELD = "form-control"  # these stand in tables, without the frame of a field
_for_what = pgettext_lazy("expense line", "What for")
_price = pgettext_lazy("expense line", "Price")
BENEFICIARY = ("beneficiary_name", "beneficiary_bank", "account", "phone")


class LineForm(forms.Form):
    """A line of what the money is for. An empty one does not count."""

    text = forms.CharField(
        label=_for_what,
        max_length=120,
        widget=forms.TextInput({"class": FIELD, "placeholder": _for_what}),
    )
    quantity = forms.DecimalField(
        label=_("Quantity"),
        max_digits=10,
        decimal_places=2,
        min_value=Decimal("0.01"),
        initial=1,
        error_messages=dict.fromkeys(
            ("max_digits", "max_whole_digits"), _("The quantity is too large. Please check it.")
        ),
        widget=forms.TextInput({"class": FIELD, "inputmode": "decimal", "autocomplete": "off"}),
    )
    price = Yuan(
        label=_price,
        min_value=0,
        widget=MoneyInput({"class": FIELD, "placeholder": _price}),
    )

    def line(self) -> Line | None:
        """The line, as far as it reads."""
        data = getattr(self, "cleaned_data", {})
        if "quantity" not in data or "price" not in data:
            return None
        return Line(data.get("text", ""), data["quantity"], data["price"])


class GiftForm(forms.Form):
    """A gift of the stock and how many pieces of it."""

    gift = forms.ModelChoiceField(
        Gift.objects.none(),
        label=_("Gift"),
        empty_label="—",
        widget=forms.Select({"class": "form-select"}),
    )
    quantity = forms.IntegerField(
        label=_("Quantity"),
        min_value=1,
        initial=1,
        widget=forms.TextInput({"class": FIELD, "inputmode": "numeric", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, gifts: list[Gift], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["gift"]
        field.queryset = Gift.objects.filter(pk__in=[one.pk for one in gifts])
        field.widget.choices = [("", "—"), *((one.pk, gift_words(one)) for one in gifts)]

    def wish(self) -> GiftWish | None:
        """The gift, as far as it reads."""
        data = getattr(self, "cleaned_data", {})
        if not data.get("gift") or not data.get("quantity"):
            return None
        return GiftWish(data["gift"], data["quantity"])


def gift_words(gift: Gift) -> str:
    """A gift with its value and what is free of it."""
    sentence = pgettext_lazy("gift of the stock", "{name} ({price}, {count} free)")
    return str(sentence).format(name=gift.name, price=money(gift.price), count=gift.free)


class Rows(forms.BaseFormSet):
    """Rows each of which may be left empty. None counts as given before: whoever empties a row
    takes it out."""

    def initial_form_count(self) -> int:
        return 0

    def total_form_count(self) -> int:
        if self.is_bound:
            return int(super().total_form_count())
        return len(self.initial or ()) + self.extra  # type: ignore[attr-defined]


LineSet: Any = forms.formset_factory(
    LineForm, formset=Rows, extra=EMPTY_LINES, absolute_max=MOST_LINES, max_num=MOST_LINES
)
GiftSet: Any = forms.formset_factory(
    GiftForm, formset=Rows, extra=1, absolute_max=MOST_LINES, max_num=MOST_LINES
)


class ApplicationForm(forms.Form):
    """Head of an application. Which fields stand here is said by the category; `shown` of a
    restored or sent form comes from its data, of a fresh one from `initial`."""

    category = forms.ModelChoiceField(
        Category.objects.filter(is_offered=True),
        label=pgettext_lazy("expense", "Category"),
        to_field_name="code",
        empty_label="—",
    )
    unit = UnitByCode(ADD, required=True, help_text=_("The costs are booked to this unit."))
    title = forms.CharField(label=pgettext_lazy("application", "Purpose"), max_length=120)
    reason = forms.CharField(
        label=_("Reason"), max_length=2000, required=False, widget=forms.Textarea({"rows": 3})
    )
    one_off = forms.BooleanField(label=_("One-off application"), required=False, initial=True)
    event_on = forms.DateField(label=_("Date of the event"), required=False, widget=DateInput())
    people = forms.IntegerField(
        label=_("People taking part"),
        required=False,
        min_value=1,
        max_value=100_000,
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off"}),
    )
    event = forms.ModelChoiceField(
        Event.objects.none(),
        label=_("Customer event"),
        required=False,
        empty_label=_("None: stated above"),
    )
    customers = CustomersField()
    case = forms.ModelChoiceField(
        Case.objects.none(),
        label=pgettext_lazy("expense", "Complaint"),
        required=False,
        empty_label="—",
        widget=RemoteSelect("expenses:case-choices"),
    )
    beneficiary_name = forms.CharField(label=_("Beneficiary"), max_length=60, required=False)
    beneficiary_bank = forms.CharField(label=_("Bank"), max_length=80, required=False)
    account = forms.CharField(
        label=_("Account number"),
        max_length=40,
        required=False,
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off"}),
    )
    phone = PhoneField(required=False)

    def __init__(
        self, *args: Any, user: Any, application: Application | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.user, self.application = user, application
        fields: dict[str, Any] = self.fields
        fields["unit"].queryset = OrgUnit.objects.visible_to(user, ADD).active()
        fields["customers"].queryset = Customer.objects.visible_to(user)
        fields["case"].queryset = Case.objects.visible_to(user)
        # A draft may wait for its name.
        fields["title"].required = not (self.is_bound and "save" in self.data)
        self._shape(fields)

    @cached_property
    def chosen_category(self) -> Category | None:
        """The category chosen so far."""
        return self._chosen("category")

    @cached_property
    def chosen_unit(self) -> OrgUnit | None:
        """The unit chosen so far."""
        return self._chosen("unit")

    def _chosen(self, name: str) -> Any:
        value = (
            self.data.get(name)
            if self.is_bound
            else self.get_initial_for_field(self.fields[name], name)
        )
        if not isinstance(value, str):
            return value
        field: Any = self.fields[name]
        return field.queryset.filter(code=value).first() if value else None

    def _shape(self, fields: dict[str, Any]) -> None:
        """Leave what the category asks, and add its further questions."""
        category = self.chosen_category
        asked = {
            "customers": (category and category.customers, ("customers",)),
            "case": (category and category.case, ("case",)),
            "beneficiary": (category and category.beneficiary, BENEFICIARY),
            "event": (category and category.event, ("event_on", "people", "event")),
        }
        for need, names in asked.values():
            for name in names:
                if need in (None, Needs.NO):
                    del fields[name]
                elif need == Needs.MUST and name not in ("event", "people"):
                    fields[name].required = not (name in ("account", "phone") and self._kept(name))
        if "event" in fields:
            events = Event.objects.visible_to(self.user).order_by("-starts_at")
            fields["event"].queryset = (
                events.filter(unit=self.chosen_unit) if self.chosen_unit else events.none()
            )
        for question in category.fields if category else ():
            fields[f"value_{question['key']}"] = _question(question)
        for name in ("account", "phone"):
            if name in fields and self._kept(name):
                fields[name].help_text = _("Empty: the number ending in {last4} stays.").format(
                    last4=self._kept(name)
                )

    def _kept(self, name: str) -> str:
        return getattr(self.application, f"{name}_last4", "") if self.application else ""

    def questions(self) -> list[forms.BoundField]:
        """The further questions of the category."""
        return [self[name] for name in self.fields if name.startswith("value_")]


def _question(question: Mapping[str, Any]) -> forms.Field:
    """A field for a further question of a category (approvals.subjects.FieldSpec)."""
    options: dict[str, Any] = {
        "label": question["label"],
        "required": bool(question.get("required")),
    }
    match question["type"]:
        case "money":
            return Yuan(min_value=0, **options)
        case "number":
            return forms.DecimalField(max_digits=12, decimal_places=2, **options)
        case "date":
            return forms.DateField(widget=DateInput(), **options)
        case "yes_no":
            return forms.BooleanField(**(options | {"required": False}))
        case "choice":
            pairs = [
                (one, one) if isinstance(one, str) else tuple(one)
                for one in question.get("choices", ())
            ]
            return forms.ChoiceField(choices=[("", "—"), *pairs], **options)
    return forms.CharField(max_length=500, **options)


def _plain(value: Any) -> Any:
    """An answer as JSON keeps it."""
    return value if value is None or isinstance(value, bool) else str(value)


class Sheet:
    """The whole form of an application: head, lines and gifts."""

    def __init__(
        self,
        user: Any,
        data: Any = None,
        *,
        application: Application | None = None,
        initial: dict[str, Any] | None = None,
        lines: list[dict[str, Any]] | None = None,
        gifts: list[dict[str, Any]] | None = None,
        contacts: Mapping[int, Any] | None = None,
        key_date: Any = None,
    ) -> None:
        self.user, self.application = user, application
        self.contacts, self.key_date = contacts or {}, key_date
        self.head = ApplicationForm(data, user=user, application=application, initial=initial or {})
        self.lines = LineSet(data, prefix=LINES, initial=lines if data is None else None)
        unit, category = self.head.chosen_unit, self.head.chosen_category
        self.takes_gifts = bool(category and category.gifts != Needs.NO)
        self.stock = list(Gift.objects.offered_in(unit)) if unit and self.takes_gifts else []
        # Without a stock the page has no rows of gifts, and sends none.
        has_gifts = data is None or (bool(self.stock) and f"{GIFTS}-TOTAL_FORMS" in data)
        self.gifts = GiftSet(
            data if has_gifts else None,
            prefix=GIFTS,
            initial=gifts if data is None else None,
            form_kwargs={"gifts": self.stock},
        )
        self.read_gifts = has_gifts

    def is_valid(self) -> bool:
        """Whether every part reads. All are asked, so that all say what they lack."""
        parts = [self.head.is_valid(), self.lines.is_valid()]
        if self.takes_gifts and self.read_gifts and self.head.is_bound:
            parts.append(self.gifts.is_valid())
        return all(parts)

    def gifts_sent(self) -> Any:
        """The rows of gifts that were read, for the summary of mistakes."""
        return self.gifts if self.takes_gifts and self.read_gifts else ()

    def given(self) -> Given | None:
        """What the form says, as far as it reads; None without category and unit."""
        if not self.head.is_bound:
            return self._proposed()
        self.is_valid()
        data = getattr(self.head, "cleaned_data", {})
        category, unit = data.get("category"), data.get("unit")
        if category is None or unit is None:
            return None
        lines = [line for form in self.lines if (line := form.line())]
        wishes = [wish for form in self.gifts if (wish := form.wish())] if self.takes_gifts else []
        customers = [(one, self.contacts.get(one.pk)) for one in data.get("customers") or ()]
        return Given(
            category=category,
            unit=unit,
            title=data.get("title", ""),
            reason=data.get("reason", ""),
            event_on=data.get("event_on"),
            people=data.get("people"),
            one_off=bool(data.get("one_off")),
            lines=lines,
            gifts=wishes,
            customers=customers,
            case=data.get("case"),
            event=data.get("event"),
            key_date=self.key_date,
            values={
                name.removeprefix("value_"): _plain(value)
                for name, value in data.items()
                if name.startswith("value_")
            },
            beneficiary_name=data.get("beneficiary_name", ""),
            beneficiary_bank=data.get("beneficiary_bank", ""),
            account=data.get("account") or None,
            phone=data.get("phone") or None,
        )

    def _proposed(self) -> Given | None:
        """What a form says that nobody has touched yet: what counts for rules and budget."""
        category, unit, first = self.head.chosen_category, self.head.chosen_unit, self.head.initial
        if category is None or unit is None:
            return None
        keys = first.get("customers") or []
        stock = {gift.pk: gift for gift in self.stock}
        return Given(
            category=category,
            unit=unit,
            title=first.get("title", ""),
            event_on=first.get("event_on"),
            people=first.get("people"),
            one_off=first.get("one_off", True),
            lines=[
                Line(one["text"], one["quantity"], one["price"]) for one in self.lines.initial or ()
            ],
            gifts=[
                GiftWish(stock[one["gift"]], one["quantity"])
                for one in self.gifts.initial or ()
                if one["gift"] in stock
            ],
            customers=[(one, None) for one in Customer.objects.filter(pk__in=keys)],
        )
