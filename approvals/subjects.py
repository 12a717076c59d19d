"""What can be approved: any app registers a kind of paper and says what follows from a decision.

Registered in `<app>/approvals.py`, found when Django starts:

    register(Subject(
        kind="expenses.application", label=_("Expense application"), model=Application,
        facts=facts_of_application, template="expenses/_paper.html",
        fields=(FieldSpec("category", _("Category"), "choice", choices=…),),
        on=Handlers(approved=commit_budget, rejected=free_budget),
    ))

Handlers run in the transaction of the decision; one that raises Refused refuses it. An app that
changes its own record while an approval runs calls `approvals.services.hold` first (the approval
is always locked before the record) and `subject_changed` after it.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model
from django.utils.functional import Promise

if TYPE_CHECKING:
    from approvals.models import Approval

FIELD_TYPES: Final = ("money", "number", "choice", "text", "yes_no", "date", "unit")
Words = str | Promise


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """A field that conditions and field rights may name; `type` is one of FIELD_TYPES, `choices`
    are (value, words) or a function that gives them. Those of a "yes_no" field, if any, say how a
    condition on it reads: ((False, "within the budget"),)."""

    key: str
    label: Words
    type: str = "text"
    choices: Any = ()

    def __post_init__(self) -> None:
        if self.type not in FIELD_TYPES:
            raise ValueError(f"{self.type!r} is no type of a field")

    def pairs(self) -> list[tuple[str, Words]]:
        """The choices as they are now."""
        return list(self.choices() if callable(self.choices) else self.choices)


@dataclass(frozen=True, slots=True)
class Facts:
    """A paper as approvals see it. `unit` is the applying unit, `amount` yuan with two places or
    None, `fields` the values that conditions read, `snapshot` exactly what is approved, as plain
    values (text, numbers, dates, lists, mappings), `url` where the paper itself stands."""

    title: str
    unit: Any
    amount: Decimal | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    snapshot: Mapping[str, Any] = field(default_factory=dict)
    url: str = ""


Handler = Callable[..., Any]


def _nothing(obj: Any, approval: Any, *, by: Any) -> None:
    """What follows where an app says nothing."""


@dataclass(frozen=True, slots=True)
class Handlers:
    """What follows, each `(obj, approval, *, by)`; `by` is None for the clock."""

    submitted: Handler = _nothing
    approved: Handler = _nothing
    rejected: Handler = _nothing
    sent_back: Handler = _nothing
    withdrawn: Handler = _nothing
    voided: Handler = _nothing


@dataclass(frozen=True, slots=True)
class Subject:
    """A kind of paper.

    `template` is a fragment that shows it on the page of the approval; it gets `subject_object`,
    `approval` and `reader`. `change(obj, values, *, by)` writes what an approver entered in the
    fields his step lets him write; without it no field is writable. `may_submit(obj, by)` says
    whether somebody may ask for this approval; by default whoever reaches the service may.
    `work` is the kind of work (accounts.handover) as which the record itself is handed over; a
    paper that was sent back then goes with it.
    """

    kind: str
    label: Words
    model: type[Model]
    facts: Callable[[Any], Facts]
    fields: tuple[FieldSpec, ...] = ()
    template: str = ""
    change: Callable[..., Any] | None = None
    may_submit: Callable[[Any, Any], bool] | None = None
    work: str = ""
    on: Handlers = field(default_factory=Handlers)

    def field_keys(self) -> tuple[str, ...]:
        """Keys of the fields, for `definitions.parse`."""
        return tuple(spec.key for spec in self.fields)

    def object_of(self, pk: int) -> Any:
        """The record, whoever asks: what an approval shows was checked with the approval.
        Raises the model's DoesNotExist."""
        return self.model._base_manager.get(pk=pk)


SUBJECTS: dict[str, Subject] = {}


def register(subject: Subject) -> Subject:
    """Make a kind of paper known. Raises ValueError when another one has its name."""
    known = SUBJECTS.get(subject.kind)
    if known is not None and known is not subject:
        raise ValueError(f"{subject.kind!r} is registered twice")
    SUBJECTS[subject.kind] = subject
    return subject


def subject_of(kind: str) -> Subject:
    """The kind of paper with this name. Raises LookupError."""
    try:
        return SUBJECTS[kind]
    except KeyError:
        raise LookupError(f"{kind!r} is not a registered kind of paper") from None


def object_of(approval: "Approval") -> Any:
    """The record that an approval is about. Raises its DoesNotExist when it is gone."""
    return subject_of(approval.subject_kind).object_of(approval.subject_id)


def facts_of(approval: "Approval") -> Facts:
    """The paper of an approval as it stands now."""
    return subject_of(approval.subject_kind).facts(object_of(approval))


def plain(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """A snapshot as JSON keeps it: decimals and dates as text."""
    return json.loads(json.dumps(snapshot, cls=_Encoder, ensure_ascii=False))


def hash_of(snapshot: Mapping[str, Any]) -> str:
    """SHA-256 of a snapshot, in hexadecimal: the same content always gives the same hash."""
    text = json.dumps(plain(snapshot), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


class _Encoder(DjangoJSONEncoder):
    """Also says translated words and instants exactly."""

    def default(self, o: Any) -> Any:
        if isinstance(o, Decimal):
            return str(o)
        if isinstance(o, datetime | date):
            return o.isoformat()
        return super().default(o)
