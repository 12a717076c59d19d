"""Bars of budgets as the templates draw them."""

from decimal import Decimal
from typing import Any

from django import template

register = template.Library()
PARTS = ("spent", "committed", "reserved", "handed_down")


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
