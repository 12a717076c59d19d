"""How working hours are written on pages."""

from decimal import Decimal

from django import template
from django.utils.translation import pgettext_lazy

from core.display import thousands
from core.values.hours import parse_hours
from regions.models import CalendarException
from regions.selectors.calendars import hours_in_words, span_in_words

register = template.Library()

LETTERS = (
    pgettext_lazy("letter of a day of the week", "Mo"),
    pgettext_lazy("letter of a day of the week", "Tu"),
    pgettext_lazy("letter of a day of the week", "We"),
    pgettext_lazy("letter of a day of the week", "Th"),
    pgettext_lazy("letter of a day of the week", "Fr"),
    pgettext_lazy("letter of a day of the week", "Sa"),
    pgettext_lazy("letter of a day of the week", "Su"),
)


@register.simple_tag
def weekday_letters() -> tuple[object, ...]:
    """The heads of a month, from Monday."""
    return LETTERS


@register.filter
def working_hours(text: str) -> str:
    """Hours of a day as tables keep them, in words."""
    return hours_in_words(parse_hours(text))


@register.filter
def calendar_span(exception: CalendarException) -> str:
    """The days of an exception."""
    return span_in_words(exception)


@register.filter
def hours_of(minutes: int) -> str:
    """Minutes as hours with at most one decimal: 157.5."""
    hours = round(Decimal(minutes) / 60, 1)
    return thousands(int(hours) if hours == int(hours) else hours)
