"""How values of a report are written: on pages and paper, and inside the texts of a template."""

import datetime as dt
from typing import Any

from django.utils import timezone

from core import display
from reports.standard.base import Kind

#: Formats of cells that a template left as they are.
FORMATS: dict[str, str] = {
    "integer": "#,##0",
    "number": "#,##0.00",
    "plain": "#,##0.##",
    "score": "0.0",
    "money": "#,##0.00",
    "percent": "0.0%",
    "date": "yyyy-mm-dd",
    "datetime": "yyyy-mm-dd hh:mm",
}


def words(value: Any, kind: Kind) -> str:
    """A value as people read it; nothing where there is none."""
    if value is None or value == "":
        return ""
    if kind == "percent":
        return display.share(value)
    if kind == "money":
        return display.money(value, symbol=False)
    if kind == "score":
        return display.score(value)
    if kind == "integer":
        return display.thousands(value)
    if kind == "plain" and isinstance(value, int):
        return display.thousands(value)
    if kind in ("number", "plain"):
        return display.fixed(value, 2)
    if isinstance(value, dt.datetime):
        return f"{timezone.localtime(value):%Y-%m-%d %H:%M}"
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def cell(value: Any) -> Any:
    """A value as a cell of a workbook holds it: instants by the group's clock, without a zone."""
    if isinstance(value, dt.datetime):
        return timezone.localtime(value).replace(tzinfo=None, microsecond=0)
    return value
