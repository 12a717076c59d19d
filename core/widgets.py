"""Form widgets that carry what the pages' scripts and phones' keyboards need to know."""

from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext_lazy


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


SEARCHED: dict[str, Any] = {"data-crm": "select", "data-nothing": gettext_lazy("Nothing matches.")}


class SearchSelect(forms.Select):
    """A choice from many, searched by typing. `url`, if given, answers ?q= with further choices
    as JSON: [{"value": "…", "text": "…"}]."""

    def __init__(self, attrs: dict[str, Any] | None = None, *, url: str = "") -> None:
        extra = SEARCHED | ({"data-url": url} if url else {})
        super().__init__(extra | (attrs or {}))


class RemoteSelect(SearchSelect):
    """A choice from thousands: the page holds only what is chosen, typing asks the server.

    `address` is a name of `crm_site.urls` (`args` go with it); `right` limits the answers to the
    reach of a right. `beside` names another field of the form whose value goes along.
    """

    def __init__(
        self,
        address: str,
        right: str = "",
        attrs: dict[str, Any] | None = None,
        *,
        args: tuple[Any, ...] = (),
        beside: str = "",
    ) -> None:
        super().__init__((attrs or {}) | ({"data-beside": beside} if beside else {}))
        self.address, self.right, self.args = address, right, args

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        query = f"?right={self.right}" if self.right else ""
        context["widget"]["attrs"]["data-url"] = reverse(self.address, args=self.args) + query
        return context

    def optgroups(self, name: str, value: list[str], attrs: Any = None) -> Any:
        """Only the empty choice and the chosen one: the rest is never read from the database."""
        field: Any = self.choices
        queryset = getattr(field, "queryset", None)
        chosen = [one for one in value if one]
        options: list[tuple[Any, Any]] = []
        if not self.is_required or not chosen:
            options.append(("", getattr(getattr(field, "field", None), "empty_label", None) or "—"))
        if chosen and queryset is not None:
            key = field.field.to_field_name or "pk"
            for row in queryset.filter(**{f"{key}__in": chosen}):
                options.append((getattr(row, key), field.field.label_from_instance(row)))
        plain = forms.Select(choices=options)
        return plain.optgroups(name, value, attrs)


class RemoteSelectMultiple(RemoteSelect, forms.SelectMultiple):
    """Several choices from thousands."""

    allow_multiple_selected = True

    def optgroups(self, name: str, value: list[str], attrs: Any = None) -> Any:
        """Only what is chosen; an empty choice among several means nothing."""
        field: Any = self.choices
        queryset = getattr(field, "queryset", None)
        chosen = [one for one in value if one]
        options: list[tuple[Any, Any]] = []
        if chosen and queryset is not None:
            key = field.field.to_field_name or "pk"
            for row in queryset.filter(**{f"{key}__in": chosen}):
                options.append((getattr(row, key), field.field.label_from_instance(row)))
        return forms.SelectMultiple(choices=options).optgroups(name, value, attrs)


class SearchSelectMultiple(forms.SelectMultiple):
    """Several choices from many, searched by typing."""

    def __init__(self, attrs: dict[str, Any] | None = None, *, url: str = "") -> None:
        extra = SEARCHED | ({"data-url": url} if url else {})
        super().__init__(extra | (attrs or {}))
