"""What came of a file: counts, and a sentence for each row that needs one."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Self

from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy

from core.values.base import BadValue, Cell, is_nothing
from core.values.text import parse_text

# What imports count, in words.
COUNTED = {
    "customers": gettext_lazy("Customers"),
    "co_owners": gettext_lazy("Co-owners"),
    "properties": gettext_lazy("Properties"),
    "contacts": gettext_lazy("Contacts"),
    "units": gettext_lazy("Units"),
    "people": gettext_lazy("People"),
    "posts": gettext_lazy("Posts held"),
    "public_days": gettext_lazy("Public days"),
    "cases": gettext_lazy("Cases"),
    "categories": gettext_lazy("Categories"),
    "levels": gettext_lazy("Levels of cases"),
    "responses": gettext_lazy("Responses"),
    "waves": gettext_lazy("Waves"),
    "questionnaires": gettext_lazy("Questionnaires"),
    "applications": gettext_lazy("Applications"),
    "expense_categories": gettext_lazy("Categories of expenses"),
    "log_ins": gettext_lazy("Log-ins"),
    "absences": gettext_lazy("Trips and leave"),
    "transactions": gettext_lazy("Purchases"),
}


def phase(*, writing: bool) -> str:
    """What a pass over a file does, as its progress says it."""
    return gettext("Writing") if writing else gettext("Checking")


@dataclass(frozen=True, slots=True)
class Problem:
    """A row (its number in the sheet; 0 for the file as a whole), a stable code, a sentence."""

    row: int
    code: str
    message: str | Promise

    def as_json(self) -> dict[str, Any]:
        return {"row": self.row, "code": self.code, "message": str(self.message)}


@dataclass(slots=True)
class Report:
    """`rows` counts data rows = accepted + rejected + skipped; `created` and `updated` count
    records by kind. `errors` is complete, one per rejected or skipped row."""

    rows: int = 0
    accepted: int = 0
    rejected: int = 0
    skipped: int = 0
    created: Counter[str] = field(default_factory=Counter)
    updated: Counter[str] = field(default_factory=Counter)
    errors: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """The report as `--json` prints it and ImportRun.report keeps it."""
        return {
            "rows": self.rows,
            "accepted": self.accepted,
            "rejected": self.rejected,
            "skipped": self.skipped,
            "created": dict(self.created),
            "updated": dict(self.updated),
            "errors": [problem.as_json() for problem in self.errors],
            "warnings": [problem.as_json() for problem in self.warnings],
        }

    @classmethod
    def from_counts(cls, document: dict[str, Any]) -> Self:
        """The counts of records a killed run had committed, to go on from."""
        return cls(
            created=Counter(document.get("created", {})),
            updated=Counter(document.get("updated", {})),
        )

    def reject(self, row: int, code: str, message: str | Promise) -> None:
        """The row is not taken and comes back with this sentence."""
        self.rejected += 1
        self.errors.append(Problem(row, code, message))

    def take_back(self, row: int, code: str, message: str | Promise) -> None:
        """A row that passed the check cannot be written after all and comes back too."""
        self.accepted -= 1
        self.reject(row, code, message)

    def skip(self, row: int, code: str, message: str | Promise) -> None:
        """The row says nothing new; it is listed but does not come back."""
        self.skipped += 1
        self.errors.append(Problem(row, code, message))

    def skip_repeated(self, row: int) -> None:
        """The row is an earlier one again."""
        sentence = gettext_lazy("This row repeats an earlier row and was skipped.")
        self.skip(row, "duplicate_row", sentence)

    def text(self, row: int, value: Cell, limit: int, *, one_line: bool = False) -> str:
        """The text of a cell, empty when it says nothing; a bad one is warned of and left out."""
        try:
            text = parse_text(value, max_length=limit, one_line=one_line)
        except BadValue as bad:
            self.warn(row, bad.code, bad.message)
            return ""
        return "" if is_nothing(text) else text

    def warn(self, row: int, code: str, message: str | Promise) -> None:
        """The row is taken, but somebody should look at it."""
        self.warnings.append(Problem(row, code, message))
