"""What was searched for, marked in what was found."""

import re

from django import template
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

register = template.Library()


@register.filter
def marked(text: str, pieces: list[str]) -> SafeString:
    """The text, escaped, with every occurrence of a piece in <mark>; longer pieces first."""
    wanted = sorted({piece for piece in pieces if piece}, key=len, reverse=True)
    if not wanted:
        return format_html_join("", "{}", [(text,)])
    parts = re.split(f"({'|'.join(map(re.escape, wanted))})", text, flags=re.IGNORECASE)
    # Every second part is what the pattern caught.
    return format_html_join(
        "",
        "{}{}",
        (
            (part, "")
            if number % 2 == 0
            else ("", format_html_join("", "<mark>{}</mark>", [(part,)]))
            for number, part in enumerate(parts)
        ),
    )
