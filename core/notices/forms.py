"""Forms of notices, the outbox and webhooks."""

from collections.abc import Iterator
from datetime import time
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.models import MailChoice, OutboxState, WebhookTarget
from core.notices.channels import CHANNELS
from core.notices.events import EVENTS
from core.notices.kinds import KINDS, NoticeKind
from core.notices.preferences import choices_of, preference_of
from core.widgets import RemoteSelect

LATEST_DIGEST = time(23, 50)


def kind_choices() -> list[tuple[str, str]]:
    """All kinds by title."""
    return sorted(((key, str(kind.title)) for key, kind in KINDS.items()), key=lambda one: one[1])


class NoticeFilter(forms.Form):
    """What the list of notices is narrowed by."""

    state = forms.ChoiceField(
        label=_("State"),
        choices=[("", _("Read and unread")), ("unread", _("Unread only"))],
        required=False,
    )
    kind = forms.ChoiceField(label=pgettext_lazy("notice", "About"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [("", _("Everything")), *kind_choices()]  # type: ignore[attr-defined]


class OutboxFilter(forms.Form):
    """What the outbox is narrowed by."""

    state = forms.ChoiceField(
        label=_("State"), choices=[("", _("All states")), *OutboxState.choices], required=False
    )
    channel = forms.ChoiceField(label=_("Channel"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = [(one.name, one.title) for one in CHANNELS.values()]
        self.fields["channel"].choices = [("", _("All channels")), *names]  # type: ignore[attr-defined]


class TimeInput(forms.TimeInput):
    """The browser's own field of hours and minutes."""

    input_type = "time"

    def __init__(self) -> None:
        super().__init__(format="%H:%M")


class PreferencesForm(forms.Form):
    """Times, and one choice a kind."""

    digest_at = forms.TimeField(
        label=_("Time of the daily mail"),
        widget=TimeInput,
        help_text=_("One mail a day with everything chosen for it; none when nothing is unread."),
    )
    quiet_from = forms.TimeField(label=_("No mails from"), widget=TimeInput, required=False)
    quiet_until = forms.TimeField(
        label=_("No mails until"),
        widget=TimeInput,
        required=False,
        help_text=_("Mails of this time arrive when it ends. Leave both empty for none."),
    )
    working_days_only = forms.BooleanField(
        label=_("No mails on days off"),
        required=False,
        help_text=_("They arrive on the next working day."),
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        wish = preference_of(user)
        names = ("digest_at", "quiet_from", "quiet_until", "working_days_only")
        initial = {name: getattr(wish, name) for name in names}
        super().__init__(*args, **{"initial": initial} | kwargs)
        self.mandatory = [kind for kind in KINDS.values() if kind.mandatory]
        wishes = choices_of(user)
        self.kinds = [kind for kind in KINDS.values() if not kind.mandatory]
        for kind in self.kinds:
            self.fields[self.name_of(kind)] = forms.ChoiceField(
                label=str(kind.title),
                choices=MailChoice.choices,
                initial=wishes[kind.key],
                widget=forms.Select({"class": "form-select form-select-sm"}),
            )

    def clean_digest_at(self) -> time | None:
        """Digests leave every few minutes; one wished for in the last of a day would find none."""
        wish: time | None = self.cleaned_data["digest_at"]
        if wish is not None and wish > LATEST_DIGEST:
            raise forms.ValidationError(
                _("Please choose a time up to %(time)s."),
                params={"time": LATEST_DIGEST.strftime("%H:%M")},
            )
        return wish

    @staticmethod
    def name_of(kind: NoticeKind) -> str:
        """The name of a kind's field."""
        return "kind-" + kind.key.replace(".", "-")

    def kind_fields(self) -> Iterator[BoundField]:
        """The fields of kinds, by title."""
        for kind in sorted(self.kinds, key=lambda one: str(one.title)):
            yield self[self.name_of(kind)]

    def time_fields(self) -> list[BoundField]:
        """The fields of times."""
        names = ("digest_at", "quiet_from", "quiet_until", "working_days_only")
        return [self[name] for name in names]

    def choices(self) -> dict[str, str]:
        """Kind → what was chosen."""
        return {kind.key: self.cleaned_data[self.name_of(kind)] for kind in self.kinds}


class WebhookForm(forms.ModelForm):
    """A target; its secret is made by the service."""

    url = forms.URLField(
        label=_("Address"),
        max_length=400,
        assume_scheme="https",
        help_text=_("Requests go to this address only; redirects are not followed."),
    )
    kinds = forms.MultipleChoiceField(
        label=_("Kinds of notifications"),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("The target is told about each event of these kinds once."),
        required=False,
    )
    events = forms.MultipleChoiceField(
        label=_("Kinds of events"),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("The target is told keys and addresses, nothing about persons."),
        required=False,
    )
    unit: Any = forms.ModelChoiceField(
        None,
        label=_("Unit"),
        to_field_name="code",
        widget=RemoteSelect("unit-choices", "core.manage_webhooks"),
        empty_label=_("The whole group"),
        help_text=_("Only events of this unit and those below it."),
        required=False,
    )

    class Meta:
        model = WebhookTarget
        fields = ["name", "url", "events", "unit", "kinds", "is_active"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["kinds"].choices = kind_choices()
        fields["events"].choices = [(kind.key, str(kind.title)) for kind in EVENTS.values()]
        units: Any = WebhookTarget._meta.get_field("unit").related_model
        fields["unit"].queryset = units.objects.filter(merged_into=None)
        if self.instance.unit is not None:
            self.initial["unit"] = self.instance.unit.code
