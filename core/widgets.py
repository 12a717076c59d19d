"""Form widgets that carry what the pages' scripts and phones' keyboards need to know."""

from typing import Any

from django import forms


class DateInput(forms.DateInput):
    """The browser's own date field; it insists on ISO dates whatever the language."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%d")


class DateTimeInput(forms.DateTimeInput):
    """The browser's own field of a date with hours and minutes, in the reader's time zone."""

    input_type = "datetime-local"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%dT%H:%M")


class MoneyInput(forms.TextInput):
    """Yuan: ¥ in front, right-aligned; the script adds commas on leaving and takes them off again.

    A text field, because a number field refuses pasted commas without a word.
    """

    prefix = "¥"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(
            {"inputmode": "decimal", "autocomplete": "off", "data-crm": "money"} | (attrs or {})
        )


class PhoneInput(forms.TextInput):
    """A telephone number; phones show their digits."""

    input_type = "tel"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"inputmode": "tel", "autocomplete": "off"} | (attrs or {}))


class SearchSelect(forms.Select):
    """A choice from many, searched by typing. `url`, if given, answers ?q= with further choices
    as JSON: [{"value": "…", "text": "…"}]."""

    def __init__(self, attrs: dict[str, Any] | None = None, *, url: str = "") -> None:
        extra = {"data-crm": "select"} | ({"data-url": url} if url else {})
        super().__init__(extra | (attrs or {}))


class SearchSelectMultiple(forms.SelectMultiple):
    """Several choices from many, searched by typing."""

    def __init__(self, attrs: dict[str, Any] | None = None, *, url: str = "") -> None:
        extra = {"data-crm": "select"} | ({"data-url": url} if url else {})
        super().__init__(extra | (attrs or {}))
