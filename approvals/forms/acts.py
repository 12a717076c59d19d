"""Forms of what people do with a running approval."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from approvals.forms.fields import ColleagueField, ColleaguesField, comment_field
from approvals.models import Step, Task, Verb
from approvals.selectors.powers import earlier_steps
from approvals.subjects import FieldSpec
from core.formfields import Yuan
from core.widgets import DateInput, DateTimeInput

VALUE = "value-"  # before the key of a field that the step lets its approver write
FORMATS = ["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S"]


class DecideForm(forms.Form):
    """Agree, reject or send back, with a comment; files lie in the draft of the page.

    `writable` are the fields of the paper that this step may write, `values` what they hold now;
    `names_next` where the approver may name who follows.
    """

    task = forms.IntegerField(widget=forms.HiddenInput)
    request_key = forms.CharField(max_length=64, widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        task: Task,
        reader: Any,
        names_next: bool = False,
        writable: tuple[FieldSpec, ...] = (),
        values: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        for spec in writable:
            field = _value_field(spec)
            field.initial = (values or {}).get(spec.key)
            self.fields[VALUE + spec.key] = field
        if names_next:
            following = ColleagueField(label=_("Next approver"), required=False)
            following.of(reader)
            following.help_text = _("Leave it empty if nobody needs to follow.")
            self.fields["next"] = following
        self.fields["comment"] = comment_field(help_text=_("Needed when you reject or send back."))
        self.writable = writable

    def values(self) -> dict[str, Any]:
        """What was written into the paper's fields."""
        return {spec.key: self.cleaned_data[VALUE + spec.key] for spec in self.writable}


def _value_field(spec: FieldSpec) -> forms.Field:
    shared: dict[str, Any] = {"label": spec.label, "required": False}
    if spec.type == "money":
        return Yuan(**shared)
    if spec.type == "number":
        return forms.DecimalField(max_digits=14, **shared)
    if spec.type == "yes_no":
        return forms.BooleanField(**shared)
    if spec.type == "date":
        return forms.DateField(widget=DateInput(), **shared)
    if spec.type == "choice":
        return forms.ChoiceField(choices=[("", "—"), *spec.pairs()], **shared)
    return forms.CharField(max_length=2000, widget=forms.Textarea({"rows": 2}), **shared)


class ActForm(forms.Form):
    """Only a comment; the base of the others. `facts()` are arguments of the verb."""

    request_key = forms.CharField(max_length=64, widget=forms.HiddenInput)
    needs_comment = False
    takes_files = False

    def __init__(self, *args: Any, reader: Any, task: Task | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["comment"] = comment_field(required=self.needs_comment)
        for field in self.fields.values():
            if isinstance(field, ColleagueField | ColleaguesField):
                field.of(reader)

    def facts(self) -> dict[str, Any]:
        return dict(self.cleaned_data)


class GiveForm(ActForm):
    """To one colleague."""

    to = ColleagueField(label=_("To whom"))


class SignerForm(ActForm):
    """One more who must decide, before or after the reader."""

    who = ColleaguesField(label=_("Who must sign too"))
    after = forms.TypedChoiceField(
        label=_("When"),
        choices=(
            ("0", pgettext_lazy("signer", "Before me")),
            ("1", pgettext_lazy("signer", "After me")),
        ),
        coerce=lambda value: value == "1",
        initial="0",
        widget=forms.RadioSelect,
    )


class BackForm(ActForm):
    """To the applicant, or to an earlier step that decides anew."""

    needs_comment = True
    to = forms.ChoiceField(label=_("Back to"), required=False, widget=forms.RadioSelect)

    def __init__(self, *args: Any, task: Task, **kwargs: Any) -> None:
        super().__init__(*args, task=task, **kwargs)
        field: Any = self.fields["to"]
        applicant = task.step.approval.applicant.name
        first = (
            "",
            _("The applicant {name}, who mends it and submits it again").format(name=applicant),
        )
        field.choices = [first, *((step.key, step.name) for step in self._steps(task))]

    @staticmethod
    def _steps(task: Task) -> list[Step]:
        return earlier_steps(task.step)


class GiveBackForm(ActForm):
    """The delegate's answer to whoever asked him."""

    needs_comment = True
    agrees = forms.TypedChoiceField(
        label=_("Your advice"),
        choices=(
            ("", _("None")),
            ("1", pgettext_lazy("advice", "Approve")),
            ("0", pgettext_lazy("advice", "Reject")),
        ),
        coerce=lambda value: value == "1",
        empty_value=None,
        required=False,
        widget=forms.RadioSelect,
    )


class CopyForm(ActForm):
    """To whom the paper is shown."""

    people = ColleaguesField(label=_("To whom"))

    def facts(self) -> dict[str, Any]:
        return {key: value for key, value in self.cleaned_data.items() if key != "request_key"}


class RemarkForm(ActForm):
    """A comment with files, without a decision."""

    takes_files = True


class CallForm(ActForm):
    """A decision made by telephone (EXP-07)."""

    verb = forms.ChoiceField(
        label=pgettext_lazy("telephone", "What was decided"),
        choices=(
            (Verb.APPROVE, pgettext_lazy("approval", "Approve")),
            (Verb.REJECT, pgettext_lazy("approval", "Reject")),
        ),
        widget=forms.RadioSelect,
    )
    called_at = forms.DateTimeField(
        label=_("When the call was"), widget=DateTimeInput(), input_formats=FORMATS
    )
    witness = ColleagueField(label=pgettext_lazy("call", "Witness"))
    needs_comment = True
    takes_files = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["initial"] = {"called_at": timezone.localtime()} | kwargs.get("initial", {})
        super().__init__(*args, **kwargs)
        self.fields["comment"].label = _("What was said")
