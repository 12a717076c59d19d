"""One form for each move of a case (complaints.states): what the move asks for."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from complaints.forms.intake import load_words
from complaints.models import Case
from complaints.models.cases import CAUSES
from complaints.services.moves import DISSATISFIED, NOT_REACHED, SATISFIED
from core.widgets import DateTimeInput, SearchSelect

OUTCOMES = (
    (SATISFIED, _("Reached and satisfied")),
    (DISSATISFIED, _("Reached and dissatisfied: the case goes on")),
    (NOT_REACHED, _("Not reached")),
)
RATINGS = [("", "—"), *((str(n), str(n)) for n in range(5, 0, -1))]
FORMATS = ["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S"]


def _words(label: Any, *, required: bool = True, help_text: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        required=required,
        help_text=help_text,
        max_length=5000,
        widget=forms.Textarea({"rows": 4}),
    )


def _instant(label: Any, help_text: Any = "") -> forms.DateTimeField:
    return forms.DateTimeField(
        label=label, help_text=help_text, widget=DateTimeInput(), input_formats=FORMATS
    )


class MoveForm(forms.Form):
    """A move without facts of its own; `version` is what the mover had on his screen."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, case: Case, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.case, self.user = case, user
        self.fields["version"].initial = case.version

    def facts(self) -> dict[str, Any]:
        """Arguments for the service."""
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}


class NoteForm(MoveForm):
    """A move with a remark, if somebody has one."""

    text = _words(_("Remark"), required=False)


class ContactForm(MoveForm):
    """What was said when the owner was first spoken to."""

    text = _words(_("What was said"), help_text=_("The first contact meets its time limit."))


class PlanForm(MoveForm):
    """What will be done."""

    text = _words(_("Handling plan"), help_text=_("What will be done, by whom and until when."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].initial = self.case.plan


class WaitForm(MoveForm):
    """Why the clock stands still, and until when."""

    reason = forms.CharField(label=_("Reason"), max_length=200)
    until = _instant(
        _("Until"), _("The clock stands still until then, and goes on by itself afterwards.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["until"].initial = _in_days(1)


class ResolveForm(MoveForm):
    """What came of the work (CMP-09)."""

    resolution = _words(
        _("Result of the work"), help_text=_("The owner is told of this at the call-back.")
    )
    cause = forms.ChoiceField(
        label=pgettext_lazy("case", "Cause"),
        help_text=_("What the matter came from. The monthly summary counts it."),
        choices=[("", "—"), *CAUSES],
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["resolution"].initial = self.case.resolution
        self.fields["cause"].initial = self.case.cause


class CallBackForm(MoveForm):
    """How the call-back went."""

    outcome = forms.ChoiceField(
        label=_("Outcome of the call-back"), choices=OUTCOMES, widget=forms.RadioSelect
    )
    rating = forms.TypedChoiceField(
        label=_("Satisfaction"),
        help_text=_("5 is the best. Leave empty when the owner gave none."),
        choices=RATINGS,
        required=False,
        coerce=int,
        empty_value=None,
    )
    text = _words(
        _("What the owner said"),
        required=False,
        help_text=_("Needed when the owner is dissatisfied."),
    )

    def clean(self) -> dict[str, Any]:
        """Only who was reached has rated anything."""
        data = super().clean() or {}
        if data.get("outcome") == NOT_REACHED:
            data["rating"] = None
        if data.get("outcome") == DISSATISFIED and not (data.get("text") or "").strip():
            self.add_error(
                "text", gettext("Please write down what the owner is dissatisfied with.")
            )
        return data


class ReasonForm(MoveForm):
    """A move that must be justified."""

    reason = _words(_("Reason"))


class UrgeForm(MoveForm):
    """Why somebody is urged, and until when he answers."""

    reason = forms.CharField(label=_("Reason"), max_length=200)
    answer_by = _instant(_("Answer wanted by"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["answer_by"].initial = _in_days(1)


class AnswerForm(MoveForm):
    """What whoever urged is told."""

    text = _words(_("Answer"))


class DisagreeForm(MoveForm):
    """What a strategic customer disagrees with (CMP-06)."""

    text = _words(
        _("What the customer disagrees with"),
        help_text=_("Say also what is changed in quality, progress and safety."),
    )


class ReactForm(MoveForm):
    """What the committee decided."""

    text = _words(_("Reaction of the committee"))


class AssignForm(MoveForm):
    """Who handles the case: those whose turn it is first, each with his load."""

    handler = forms.ChoiceField(label=_("Handler"), widget=SearchSelect())
    text = _words(_("Remark"), required=False)

    def __init__(self, *args: Any, handlers: Sequence[tuple[User, int]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.people = {
            str(person.employee_no): person
            for person, _load in handlers
            if person.pk != self.case.handler_id
        }
        loads = {str(person.employee_no): load for person, load in handlers}
        field: Any = self.fields["handler"]
        field.choices = [(no, load_words(one, loads[no])) for no, one in self.people.items()]
        if not self.people:
            field.help_text = _("Nobody else may handle cases of this unit.")

    def facts(self) -> dict[str, Any]:
        return super().facts() | {"handler": self.people[self.cleaned_data["handler"]]}


class MergeForm(MoveForm):
    """The case into which this one goes: one of the likely ones, or any other by its number."""

    into = forms.ChoiceField(label=_("Open cases of the unit"), required=False)
    number = forms.CharField(label=_("Or another case number"), required=False, max_length=40)
    text = _words(_("Remark"), required=False)

    def __init__(self, *args: Any, similar: Sequence[Case], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.similar = {str(one.pk): one for one in similar}
        field: Any = self.fields["into"]
        field.choices = [("", "—"), *((key, _likely(one)) for key, one in self.similar.items())]

    def clean_number(self) -> Case | None:
        """A case in reach, by its number."""
        number = self.cleaned_data["number"].strip().upper()
        if not number:
            return None
        found = Case.objects.visible_to(self.user).filter(number=number).first()
        if found is None:
            raise ValidationError(gettext("No case with this number was found."), code="unknown")
        return found

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not data.get("into") and not data.get("number") and "number" not in self.errors:
            sentence = gettext("Please choose the case into which this one is merged.")
            self.add_error("into", sentence)
        return data

    def facts(self) -> dict[str, Any]:
        data = self.cleaned_data
        into = data["number"] or self.similar[data["into"]]
        return {"into": into, "text": data["text"]}


def _likely(case: Case) -> str:
    parts = (case.number, case.room, case.complainant_name, case.content[:20])
    return " ".join(part for part in parts if part)


def _in_days(days: int) -> str:
    """This time of the day, so many days on, as the browser's field writes it."""
    moment: datetime = timezone.localtime() + timedelta(days=days)
    return moment.strftime("%Y-%m-%dT%H:%M")


FORMS: dict[str, type[MoveForm]] = {
    "assign": AssignForm,
    "accept": MoveForm,
    "contact": ContactForm,
    "start": NoteForm,
    "plan": PlanForm,
    "wait_owner": WaitForm,
    "wait_contractor": WaitForm,
    "resume": NoteForm,
    "resolve": ResolveForm,
    "call_back": CallBackForm,
    "close": NoteForm,
    "ask_reject": ReasonForm,
    "reject": MoveForm,
    "merge": MergeForm,
    "unmerge": ReasonForm,
    "reopen": ReasonForm,
    "urge": UrgeForm,
    "answer_urge": AnswerForm,
    "disagree": DisagreeForm,
    "react": ReactForm,
}
