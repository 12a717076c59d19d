"""Form fields that read what people type with the same parsers as imports."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from core.values.base import BadValue
from core.values.capitals import is_capital_sum, parse_capital_sum
from core.values.identity import parse_identity
from core.values.money import parse_money
from core.values.names import clean_name
from core.values.phones import parse_phone
from core.widgets import MoneyInput, PhoneInput


class ParsedField(forms.CharField):
    """A text that a parser of core.values cleans or refuses with its sentence."""

    parse: Callable[[Any], Any]

    def to_python(self, value: Any) -> Any:
        try:
            return type(self).parse(super().to_python(value))
        except BadValue as bad:
            raise ValidationError(bad.message, code=bad.code) from bad


class PhoneField(ParsedField):
    """A telephone number in any notation; clean value E.164."""

    widget = PhoneInput
    parse = staticmethod(parse_phone)

    def __init__(self, **kwargs: Any) -> None:
        options: dict[str, Any] = {"label": _("Phone"), "max_length": 40}
        super().__init__(**(options | kwargs))


class IdentityField(ParsedField):
    """An 18-digit identity card number; the check digit must fit."""

    parse = staticmethod(parse_identity)

    def __init__(self, **kwargs: Any) -> None:
        options: dict[str, Any] = {"label": _("Identity number"), "max_length": 40}
        super().__init__(**(options | kwargs))
        self.widget.attrs.setdefault("autocomplete", "off")


class MoneyField(ParsedField):
    """Yuan in any notation (`¥1,234.50`, `12万`, 壹佰圆整); clean value Decimal with two places,
    or None."""

    parse = staticmethod(parse_money)

    def __init__(self, **kwargs: Any) -> None:
        options: dict[str, Any] = {"label": _("Amount")}
        super().__init__(**(options | kwargs))
        # Not max_length: it would count the letters of a Decimal.
        self.widget.attrs |= {"inputmode": "decimal", "maxlength": "60"}


class NameField(ParsedField):
    """A person's or an organisation's name, without stray blanks."""

    parse = staticmethod(clean_name)

    def __init__(self, **kwargs: Any) -> None:
        options: dict[str, Any] = {"label": _("Name"), "max_length": 120}
        super().__init__(**(options | kwargs))


class Yuan(forms.DecimalField):
    """A sum in yuan with two places; commas, blanks, full-width digits and capital letters
    (人民币壹佰圆整) are read."""

    def __init__(self, **kwargs: Any) -> None:
        options: dict[str, Any] = {
            "label": _("Amount"),
            "max_digits": 14,
            "decimal_places": 2,
            "widget": MoneyInput(),
            "error_messages": dict.fromkeys(
                ("max_digits", "max_whole_digits"), _("The amount is too large. Please check it.")
            ),
        }
        super().__init__(**(options | kwargs))

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str):
            if is_capital_sum(value):
                return self._capital(value)
            value = value.replace(",", "").replace("，", "").replace("¥", "").replace("￥", "")
            value = "".join(value.split())
        return super().to_python(value)

    def _capital(self, value: str) -> Any:
        try:
            return parse_capital_sum(value)
        except BadValue as bad:
            raise ValidationError(bad.message, code=bad.code) from bad
