"""Words of cases in notices, whose facts are plain values."""

from django import template

from complaints.states import MOVES

register = template.Library()


@register.filter
def move_label(name: str) -> str:
    """The name of a move in the reader's language; a move of former days as it was called."""
    return str(MOVES[name].label) if name in MOVES else name
