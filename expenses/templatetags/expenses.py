"""Papers and bars of budgets as templates draw them."""

from decimal import Decimal
from typing import Any

from django import template

from expenses.shown import paper_context

register = template.Library()
PARTS = ("spent", "committed", "reserved", "handed_down")


@register.simple_tag
def paper_facts(paper: Any, reader: Any) -> dict[str, Any]:
    """What the paper of an application says, for somebody who reads its approval."""
    return paper_context(paper, reader)


@register.filter
def quantity(value: Decimal) -> str:
    """A quantity without noughts behind: 60, 1.5."""
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


@register.filter
def gift_sum(line: Any) -> Decimal:
    """The value of the pieces of a gift, in yuan."""
    return Decimal(line.quantity * line.price)


@register.simple_tag
def budget_bar(budget: Any) -> list[tuple[str, str, str]]:
    """(what, place, width) of each part in hundredths of what was allotted; nothing without any."""
    if not budget.allotted:
        return []
    place, bar = Decimal(0), []
    for name in PARTS:
        width = 100 * getattr(budget, name) / budget.allotted
        if width:
            bar.append((name, f"{place:.2f}", f"{width:.2f}"))
        place += width
    return bar
