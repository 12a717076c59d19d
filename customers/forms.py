"""Input of the archive: filters of lists, customers, contacts, activities, hand-over."""

import re
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy

from accounts.models import User
from core.display import listed
from core.errors import Refused
from core.formfields import IdentityField, NameField, PhoneField
from core.widgets import DateInput, DateTimeInput, RemoteSelect, RemoteSelectMultiple
from customers.models import (
    ActivityKind,
    Contact,
    Customer,
    CustomerClass,
    CustomerKind,
    CustomerUnit,
    OwnerStage,
    Purpose,
    Scheme,
)
from customers.models.customers import FIRST_BIRTH
from customers.selectors.duplicates import firms_named
from customers.selectors.keepers import refuse_keeper
from customers.selectors.lists import BY_NAME, ORDERS, RECENT, ListQuery
from customers.selectors.rhythm import overdue_condition
from customers.selectors.risks import risk_words
from customers.selectors.search import namesakes
from customers.selectors.shares import share_colleagues
from customers.selectors.terms import understand
from customers.services.activities import refuse_past_contact
from regions.models import Kind, OrgUnit
from regions.selectors.sections import section_names, units_of_section

ANY = [("", "—")]
QUIET_DAYS = (30, 90, 180)


class UnitChoiceField(forms.ModelChoiceField):
    """A unit in reach, by code."""

    def __init__(self, right: str = "customers.view_customer", **kwargs: Any) -> None:
        options: dict[str, Any] = {"label": _("Unit"), "empty_label": "—"}
        super().__init__(
            OrgUnit.objects.none(),
            to_field_name="code",
            widget=RemoteSelect("unit-choices", right),
            **(options | kwargs),
        )

    def label_from_instance(self, unit: OrgUnit) -> str:  # type: ignore[override]
        return unit.name


class KeeperChoiceField(forms.ModelChoiceField):
    """A person by employee number, of those in reach unless the widget asks elsewhere."""

    def __init__(self, widget: Any = None, **kwargs: Any) -> None:
        options: dict[str, Any] = {"label": _("Keeper"), "empty_label": "—"}
        super().__init__(
            User.objects.none(),
            to_field_name="employee_no",
            widget=widget or RemoteSelect("people-choices", "customers.view_customer"),
            **(options | kwargs),
        )

    def label_from_instance(self, user: User) -> str:  # type: ignore[override]
        return f"{user.name} {user.employee_no}"


def people_in_reach(user: Any, permission: str = "customers.view_customer") -> Any:
    """People who may be chosen as keepers: active, in the branches of the user's scope."""
    return User.objects.active().visible_to(user, permission).order_by("name", "employee_no")


WORDS_KEPT = 60  # seconds; a new word of an import may take a minute to show in filters


def class_words() -> dict[str, list[str]]:
    """The words of each scheme in their order, and the risk conditions, kept in the process for a
    minute."""
    words = cache.get("customers.class_words")
    if words is None:
        words = {scheme: list[str]() for scheme in Scheme.values}
        words["risk"] = risk_words()
        for item in CustomerClass.objects.all():
            words[item.scheme].append(item.word)
        cache.set("customers.class_words", words, WORDS_KEPT)
    return words


class CustomerFilter(forms.Form):
    """The whole state of the customer list, as its address carries it."""

    q = forms.CharField(
        label=_("Search"),
        help_text=_("Name, pinyin, room, last four digits"),
        required=False,
        max_length=80,
    )
    unit = UnitChoiceField(required=False)
    stage = forms.ChoiceField(label=_("Stage"), required=False, choices=[*ANY, *OwnerStage.choices])
    level = forms.ChoiceField(label=_("Level"), required=False)
    keeper = KeeperChoiceField(required=False)
    section = forms.ChoiceField(label=_("Section"), required=False)
    kind = forms.ChoiceField(label=_("Kind"), required=False, choices=[*ANY, *CustomerKind.choices])
    ownership_class = forms.ChoiceField(label=_("Ownership class"), required=False)
    purpose = forms.ChoiceField(
        label=_("Purpose of the purchase"), required=False, choices=[*ANY, *Purpose.choices]
    )
    risk = forms.ChoiceField(label=_("Risk condition"), required=False)
    quiet = forms.ChoiceField(label=_("Last contact"), required=False)
    due = forms.BooleanField(label=_("Contact is due"), required=False)
    overdue = forms.BooleanField(label=_("Contact is overdue for the class"), required=False)
    unkept = forms.BooleanField(label=_("Without keeper"), required=False)
    only = forms.BooleanField(label=_("This unit only"), required=False)
    import_run = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = OrgUnit.objects.visible_to(  # type: ignore[attr-defined]
            user, "customers.view_customer"
        ).in_tree_order()
        self.fields["keeper"].queryset = people_in_reach(user)  # type: ignore[attr-defined]
        self._offer_sections(user)
        self._offer_quiet_days()
        words = class_words()
        chosen = {self.data.get(name) for name in ("level", "ownership_class", "risk")}
        chosen -= {None, ""}
        if not chosen <= {word for known in words.values() for word in known}:
            # A word newer than the memory: a filter that is not understood would show too much.
            cache.delete("customers.class_words")
            words = class_words()
        level = [*words[Scheme.GRADE], *words[Scheme.IMPORTANCE]]
        self.fields["level"].choices = [*ANY, *((w, w) for w in level)]  # type: ignore[attr-defined]
        self.fields["ownership_class"].choices = [  # type: ignore[attr-defined]
            *ANY,
            *((w, w) for w in words[Scheme.OWNERSHIP]),
        ]
        self.fields["risk"].choices = [*ANY, *((w, w) for w in words["risk"])]  # type: ignore[attr-defined]

    def _offer_sections(self, user: Any) -> None:
        """The sections the reader sees; most groups have none, and then there is nothing to ask."""
        known = section_names(user)
        if known:
            self.fields["section"].choices = [*ANY, *known]  # type: ignore[attr-defined]
        else:
            del self.fields["section"]

    def _offer_quiet_days(self) -> None:
        """Some spans to choose from, and the one an address asks for: a rule says which Today
        counts by."""
        asked = self.data.get("quiet") or ""
        days = set(QUIET_DAYS)
        if re.fullmatch("[1-9][0-9]{0,3}", asked):
            days.add(int(asked))
        self.fields["quiet"].choices = [  # type: ignore[attr-defined]
            *ANY,
            *(
                (
                    str(one),
                    ngettext("{count} day ago or more", "{count} days ago or more", one).format(
                        count=one
                    ),
                )
                for one in sorted(days)
            ),
        ]

    def is_filtered(self) -> bool:
        """Whether any field narrows the list."""
        self.is_valid()
        return any(self.cleaned_data.values())

    def query(self, sort: str = "") -> ListQuery:
        """The filtered list; fields that do not read filter nothing and show their error."""
        self.is_valid()
        data = self.cleaned_data
        term = understand(data.get("q") or "")
        if term.personal:
            # A full number must not stand in an address; the search box posts it.
            problem = _("Please search full numbers in the box at the top of the page.")
            term = replace(term, forms=[], problem=problem)
        quiet = data.get("quiet")
        default = BY_NAME if term.forms else RECENT
        return ListQuery(
            unit=data.get("unit"),
            below=not data.get("only"),
            section=units_of_section(data["section"]) if data.get("section") else None,
            kind=data.get("kind", ""),
            ownership_class=data.get("ownership_class", ""),
            purpose=data.get("purpose", ""),
            risk=data.get("risk", ""),
            level=data.get("level", ""),
            stage=data.get("stage", ""),
            keeper=data.get("keeper"),
            unkept=bool(data.get("unkept")),
            contact_before=timezone.localdate() - timedelta(days=int(quiet)) if quiet else None,
            due=bool(data.get("due")),
            overdue=overdue_condition() if data.get("overdue") else None,
            import_run=data.get("import_run"),
            term=term,
            order=ORDERS.get(sort, default),
        )


TEXT_FIELDS = (
    "gender",
    "ownership_class",
    "level",
    "industry",
    "business_type",
    "nature",
    "source",
    "address",
    "postcode",
    "scale",
    "payment_record",
    "remark",
    "occupation",
    "purpose",
    "risk",
)


class CustomerForm(forms.ModelForm):
    """A person or an organisation; which fields show depends on the kind.

    Personal numbers are never put back into the page: an empty field leaves the stored value,
    and the clear tick empties it.
    """

    name = NameField()
    phone = PhoneField(required=False)
    other_phone = PhoneField(required=False, label=_("Other phone"))
    identity = IdentityField(required=False)
    remark = forms.CharField(
        label=_("Remark"),
        required=False,
        max_length=5000,
        widget=forms.Textarea({"rows": 3}),
    )
    unit = UnitChoiceField("customers.add_customer")
    keeper = KeeperChoiceField(
        RemoteSelect("customers:keeper-choices", beside="unit"), required=False
    )

    class Meta:
        model = Customer
        fields = (
            "name",
            "gender",
            "birth_year",
            "occupation",
            "purpose",
            "risk",
            "ownership_class",
            "level",
            "industry",
            "business_type",
            "nature",
            "source",
            "address",
            "postcode",
            "scale",
            "assets",
            "first_cooperation_on",
            "payment_record",
            "remark",
        )
        widgets = {"first_cooperation_on": DateInput()}

    ORDER = {
        CustomerKind.PERSON: (
            "name gender phone other_phone identity birth_year occupation purpose level risk unit "
            "keeper source address remark"
        ).split(),
        CustomerKind.ORGANISATION: (
            "name ownership_class level risk nature industry business_type unit keeper phone "
            "address postcode scale assets first_cooperation_on payment_record source remark"
        ).split(),
    }

    def __init__(self, *args: Any, user: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = CustomerKind(kind)
        wanted = self.ORDER[self.kind]
        if self.instance.pk:
            wanted = [name for name in wanted if name not in ("unit", "keeper")]
        self.fields = {name: self.fields[name] for name in wanted}
        if self.kind == CustomerKind.ORGANISATION:
            self.fields["name"].label = pgettext_lazy("organisation", "Name")
        scheme = Scheme.GRADE if self.kind == CustomerKind.PERSON else Scheme.IMPORTANCE
        self._offer("level", scheme)
        self._offer("ownership_class", Scheme.OWNERSHIP)
        self._offer("business_type", Scheme.BUSINESS)
        self._offer_profile()
        if "gender" in self.fields:
            self.fields["gender"] = forms.ChoiceField(
                label=_("Gender"),
                required=False,
                choices=[*ANY, ("男", _("Male")), ("女", _("Female"))],
            )
        if "unit" in self.fields:
            permission = "customers.add_customer"
            units = OrgUnit.objects.visible_to(user, permission).active().in_tree_order()
            self.fields["unit"].queryset = units  # type: ignore[attr-defined]
            self.user = user
            self.fields["keeper"].queryset = User.objects.active()  # type: ignore[attr-defined]
            self._propose(user)
        if self.instance.pk:
            self._mask_placeholders()

    def _offer(self, name: str, scheme: str) -> None:
        if name not in self.fields:
            return
        words = list(CustomerClass.objects.filter(scheme=scheme).values_list("word", flat=True))
        # A new row holds no word yet, but the promise of the database's default.
        present = getattr(self.instance, name) if self.instance.pk else ""
        if present and present not in words:
            words.append(present)
        label = self.fields[name].label
        self.fields[name] = forms.ChoiceField(
            label=label, required=False, choices=[*ANY, *((word, word) for word in words)]
        )

    def _offer_profile(self) -> None:
        """The purposes, and the risk conditions of the group beside the one that stands there."""
        if "purpose" in self.fields:
            label = self.fields["purpose"].label
            choices = [*ANY, *Purpose.choices]
            self.fields["purpose"] = forms.ChoiceField(label=label, required=False, choices=choices)
            today = timezone.localdate()
            self.fields["birth_year"] = forms.IntegerField(
                label=self.fields["birth_year"].label,
                required=False,
                min_value=FIRST_BIRTH,
                max_value=today.year,
            )
        words = risk_words()
        present = self.instance.risk if self.instance.pk else ""
        if present and present not in words:
            words.append(present)
        self.fields["risk"] = forms.ChoiceField(
            label=self.fields["risk"].label,
            required=False,
            choices=[*ANY, *((word, word) for word in words)],
            help_text=self.fields["risk"].help_text,
        )

    def _propose(self, user: Any) -> None:
        """The person's own unit, and himself as keeper, are what he mostly means."""
        if user.unit is not None and user.unit.kind != Kind.GROUP:
            self.fields["unit"].initial = user.unit.code
        self.fields["keeper"].initial = user.employee_no

    def clean(self) -> dict[str, Any]:
        """The keeper must be one of those whom the field offers for the unit."""
        data = super().clean() or {}
        keeper, unit = data.get("keeper"), data.get("unit")
        if keeper is not None and unit is not None:
            try:
                refuse_keeper(keeper, unit, self.user)
            except Refused as refusal:
                self.add_error("keeper", str(refusal))
        if not self.instance.pk:
            self._ask_about_namesakes(data)
        return data

    def _ask_about_namesakes(self, data: dict[str, Any]) -> None:
        """Name and number of somebody who is there already: whether another one is meant is
        asked once, because families do share names and numbers."""
        phones = [data.get("phone") or "", data.get("other_phone") or ""]
        name = data.get("name") or ""
        is_person = self.kind == CustomerKind.PERSON
        known = namesakes(self.user, name, phones)
        sentence = _("Name and phone are those of {codes}. Please open that customer instead.")
        if not (known or is_person):
            known = firms_named(self.user, name)
            sentence = _("The name is that of {codes}. Please open that customer instead.")
        self.known = known
        if not known:
            return
        self.fields["another"] = forms.BooleanField(
            label=_("This is another customer"), required=False
        )
        if not self.data.get("another"):
            self.add_error("another", sentence.format(codes=listed(one.code for one in known)))

    def _mask_placeholders(self) -> None:
        for name in ("phone", "other_phone", "identity"):
            if name in self.fields:
                masked = getattr(self.instance, f"{name}_masked")
                self.fields[name].widget.attrs["placeholder"] = masked
                if masked:
                    self.fields[name].help_text = _("Leave empty to keep the present number.")

    def values(self) -> dict[str, Any]:
        """Clean values for the service; empty personal numbers of a known customer stay."""
        data = {name: value for name, value in self.cleaned_data.items() if name in self.fields}
        for name in ("unit", "keeper", "another"):
            data.pop(name, None)
        for name in ("phone", "other_phone", "identity"):
            if self.instance.pk and not data.get(name):
                data.pop(name, None)
        return data


class ContactForm(forms.ModelForm):
    """A person inside an organisation."""

    name = NameField(max_length=60)
    phone = PhoneField(required=False)
    email = forms.EmailField(label=_("E-mail"), required=False, max_length=254)

    class Meta:
        model = Contact
        fields = ("name", "department", "title", "fax", "is_key")

    field_order = ("name", "title", "department", "phone", "email", "fax", "is_key")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            for name in ("phone", "email"):
                masked = getattr(self.instance, f"{name}_masked")
                if masked:
                    self.fields[name].widget.attrs["placeholder"] = masked
                    self.fields[name].help_text = _("Leave empty to keep the present value.")

    def values(self) -> dict[str, Any]:
        data = dict(self.cleaned_data)
        for name in ("phone", "email"):
            if self.instance.pk and not data.get(name):
                data.pop(name, None)
        return data


def not_in_the_past(day: date) -> None:
    """The refusal of the service, said beside its field."""
    try:
        refuse_past_contact(day)
    except Refused as refusal:
        raise ValidationError(str(refusal), code="past") from refusal


class ActivityForm(forms.Form):
    """Something done or planned with a customer; `place` is where it belongs."""

    what = forms.ChoiceField(
        label=_("This activity"),
        choices=[("done", _("Was done")), ("planned", _("Is planned"))],
        initial="done",
        widget=forms.RadioSelect,
    )
    place = forms.ModelChoiceField(CustomerUnit.objects.none(), label=_("Unit"), empty_label="—")
    kind = forms.ChoiceField(label=_("Kind"), choices=ActivityKind.choices)
    at = forms.DateTimeField(
        label=_("When"),
        widget=DateTimeInput(),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S"],
    )
    contact = forms.ModelChoiceField(
        Contact.objects.none(), label=_("With"), required=False, empty_label="—"
    )
    content = forms.CharField(
        label=_("Content"), widget=forms.Textarea({"rows": 4}), max_length=5000
    )
    result = forms.CharField(
        label=_("Result"),
        help_text=_("Only for what was done."),
        widget=forms.Textarea({"rows": 2}),
        max_length=5000,
        required=False,
    )
    next_on = forms.DateField(
        label=_("Next contact on"),
        required=False,
        widget=DateInput(),
        validators=[not_in_the_past],
    )

    def __init__(self, *args: Any, customer: Customer, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        places = (
            CustomerUnit.objects.visible_to(user, "customers.log_activity")
            .filter(customer=customer)
            .select_related("unit")
        )
        field = self.fields["place"]
        field.queryset = places  # type: ignore[attr-defined]
        field.label_from_instance = lambda place: place.unit.name  # type: ignore[attr-defined]
        found = list(places[:2])
        if len(found) == 1:
            field.initial, field.widget = found[0].pk, forms.HiddenInput()
        contacts = Contact.objects.filter(customer=customer)
        if customer.is_person or not contacts.exists():
            del self.fields["contact"]
        else:
            self.fields["contact"].queryset = contacts  # type: ignore[attr-defined]
        now = timezone.localtime().replace(second=0, microsecond=0)
        self.fields["at"].initial = now.strftime("%Y-%m-%dT%H:%M")

    def clean(self) -> dict[str, Any]:
        """A plan has neither a result nor a next contact; what was typed there is not dropped."""
        data = super().clean() or {}
        if data.get("what") == "planned":
            for name in ("result", "next_on"):
                if data.get(name):
                    self.add_error(name, _("Only for what was done. Please empty it for a plan."))
        return data


class CompleteForm(forms.Form):
    """How a planned activity ended."""

    result = forms.CharField(label=_("Result"), widget=forms.Textarea({"rows": 4}), max_length=5000)
    next_on = forms.DateField(
        label=_("Next contact on"),
        required=False,
        widget=DateInput(),
        validators=[not_in_the_past],
    )


class CancelForm(forms.Form):
    """Why a planned activity is given up."""

    reason = forms.CharField(label=_("Reason"), max_length=500)


class HandOverForm(forms.Form):
    """Who takes over the chosen customers: one person, or several in turn."""

    to = forms.ModelMultipleChoiceField(
        User.objects.none(),
        label=_("New keeper"),
        to_field_name="employee_no",
        help_text=_("Several people take over in turn, equally."),
        widget=RemoteSelectMultiple("customers:keeper-choices"),
    )
    reason = forms.CharField(label=_("Reason"), required=False, max_length=200)

    def __init__(self, *args: Any, selection: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["to"]
        field.widget = RemoteSelectMultiple("customers:selection-keepers", args=(selection,))
        field.queryset = User.objects.active()  # type: ignore[attr-defined]
        field.label_from_instance = lambda user: f"{user.name} {user.employee_no}"  # type: ignore[attr-defined]


class ShareForm(forms.Form):
    """With whom a customer is shared, for how long and why."""

    to = KeeperChoiceField(label=_("Share with"))
    until = forms.DateField(label=_("Until"), widget=DateInput())
    may_change = forms.BooleanField(
        label=_("May edit the customer, too"),
        help_text=_("Name, classes, address, contacts. Places, flats and dealings stay closed."),
        required=False,
    )
    reason = forms.CharField(label=_("Reason"), max_length=200)

    def __init__(
        self, *args: Any, customer: Customer, by: Any, latest: date, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["to"]
        field.widget = RemoteSelect("customers:share-people", args=(customer.pk,))
        field.queryset = share_colleagues(by, customer)  # type: ignore[attr-defined]
        today = timezone.localdate()
        self.fields["until"].initial = min(latest, today + timedelta(days=30))
        self.fields["until"].widget.attrs |= {"min": today.isoformat(), "max": latest.isoformat()}
        self.fields["until"].help_text = _("This day counts; {day} at the latest.").format(
            day=latest.isoformat()
        )


class ShareFilter(forms.Form):
    """What the list of shares can be narrowed by."""

    q = forms.CharField(
        label=_("Search"), help_text=_("Name of the customer or person"), required=False
    )
    side = forms.ChoiceField(
        label=_("Which shares"),
        required=False,
        choices=[
            ("", _("All in my reach")),
            ("to-me", _("Shared with me")),
            ("by-me", _("Shared by me")),
        ],
    )
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[("", _("In force")), ("ended", _("Ended"))],
    )


REASONS = (
    ("case", _("Handling a case")),
    ("call-back", _("Call-back")),
    ("check", _("Checking the archive")),
    ("other", _("Another reason")),
)


class RevealForm(forms.Form):
    """Why a masked value is shown; asked once a day, then remembered in the session."""

    reason = forms.ChoiceField(choices=REASONS)


class FurtherRevealsForm(forms.Form):
    """Why somebody needs to see more numbers today than usual."""

    reason = forms.CharField(
        label=_("Reason"), max_length=200, widget=forms.Textarea(attrs={"rows": 2})
    )
