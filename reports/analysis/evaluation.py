"""The committee's yearly marks of strategic customers, year beside year (VAL-17)."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from compliance.models import Nomination
from reports.analysis.base import Question

STRATEGIC = "compliance.view_strategic"


@dataclass(frozen=True, slots=True)
class EvaluationLine:
    """A customer in a round: the marks of each criterion (0–100), the weighted mark, that of his
    last round before, and what was decided."""

    customer: int
    code: str
    name: str
    unit: str
    year: int
    marks: tuple[tuple[str, Decimal | None], ...]
    mark: Decimal | None
    before: Decimal | None
    decision: str
    level: str

    @property
    def change(self) -> Decimal | None:
        """The mark less that of the last round before."""
        return None if self.mark is None or self.before is None else self.mark - self.before


def evaluation(asked: Question) -> list[EvaluationLine]:
    """The nominations of the latest round that began by the day, the best mark first."""
    rows = asked.of(Nomination.objects.visible_to(asked.reach(STRATEGIC))).filter(
        round__opens_on__lte=asked.as_of
    )
    year = rows.order_by("-round__year").values_list("round__year", flat=True).first()
    if year is None:
        return []
    chosen = rows.filter(round__year=year).select_related("customer", "unit", "round")
    before = _before(rows, year)
    found = [_line(one, before) for one in chosen]
    return sorted(found, key=lambda x: (x.mark is None, -(x.mark or 0), x.code))


def _before(rows: Any, year: int) -> dict[int, Decimal]:
    """Customer → his last mark of an earlier round."""
    marked = rows.filter(round__year__lt=year, mark__isnull=False).order_by("round__year", "pk")
    return dict(marked.values_list("customer_id", "mark"))


def _line(one: Nomination, before: dict[int, Decimal]) -> EvaluationLine:
    marks = tuple(
        (row["word"], Decimal(str(row["mark"])) if row.get("mark") else None) for row in one.sheet
    )
    return EvaluationLine(
        one.customer_id,
        one.customer.code,
        one.customer.name,
        one.unit.name,
        one.round.year,
        marks,
        one.mark,
        before.get(one.customer_id),
        str(one.get_decision_display()),
        one.level,
    )
