"""Filters for the words of notices, which are plain text too: no markup, unlike the pages' tags."""

from datetime import date, datetime

from django import template

from core import display

register = template.Library()


@register.filter
def when(value: date | datetime | str | None, style: str = "") -> str:
    """A date or instant in words; `style` as in core.display.when. None gives a dash. Facts of
    some kinds hold the day as text (2026-11-20)."""
    if isinstance(value, str):
        value = date.fromisoformat(value)
    return display.DASH if value is None else display.when(value, style)


@register.filter
def number(value: display.Number | None) -> str:
    """1,284."""
    return display.thousands(value)


@register.filter
def money(value: display.Number | None) -> str:
    """¥1,234.50."""
    return display.money(value)
