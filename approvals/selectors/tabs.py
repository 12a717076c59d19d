"""The four lists of the inbox, each with its rows as the page shows them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import QuerySet

from approvals.models import Approval, Flow, Task
from approvals.selectors import inbox
from core.keyset import Order, Page
from core.paging import page_of_rows

FLOW = "flow_version__flow"


@dataclass(frozen=True, slots=True)
class Tab:
    """A list: its rows, the way from a row to its approval ("" is the row itself), its order."""

    name: str
    rows: Callable[[Any], QuerySet]
    way: str
    order: Order

    @property
    def flow(self) -> str:
        """The way from a row to its flow."""
        return f"{self.way}__{FLOW}" if self.way else FLOW


TABS = {
    tab.name: tab
    for tab in (
        Tab("waiting", inbox.waiting, "step__approval", inbox.WAITING),
        Tab("done", inbox.done, "approval", inbox.DONE),
        Tab("started", inbox.started, "", inbox.STARTED),
        Tab("copied", inbox.copied, "approval", inbox.COPIED),
    )
}


@dataclass(frozen=True, slots=True)
class Line:
    """One row: its approval, and the task or copy through which the reader has it."""

    approval: Approval
    row: Any

    @property
    def task(self) -> Task | None:
        return self.row if isinstance(self.row, Task) else None


def flows_in(user: Any, tab: Tab) -> list[tuple[int, str]]:
    """Key and name of the flows that have something in a list."""
    rows = tab.rows(user).select_related(None).order_by()
    flows = Flow.objects.filter(pk__in=rows.values(tab.flow))
    return list(flows.order_by("name").values_list("pk", "name"))


def lines(
    user: Any, tab: Tab, *, flow: int | None, after: str = "", before: str = "", size: int = 25
) -> Page:
    """One page of a list as `Line`s, perhaps of one flow alone."""
    rows = tab.rows(user)
    if flow is not None:
        rows = rows.filter(**{tab.flow: flow})
    joins = [f"{tab.way}__{join}" if tab.way else join for join in ("applicant", "unit", FLOW)]
    if tab.name == "waiting":
        joins.append("person")
    page = page_of_rows(
        rows.select_related(*joins), tab.order, after=after, before=before, size=size
    )
    return replace(page, rows=[Line(_approval(row), row) for row in page.rows])


def _approval(row: Any) -> Approval:
    if isinstance(row, Task):
        return row.step.approval
    return row if isinstance(row, Approval) else row.approval
