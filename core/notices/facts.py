"""Facts of a notice as they are stored: plain values, dates kept as dates, no numbers of people.

Words are made when a notice is read, so only facts are kept. Model instances are refused, because
they would be read later with rights that may be gone; lazy sentences are refused, because they
would freeze one reader's language; choices travel as their stored value and are put into words by
the template.
"""

from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from core.logs import scrub

MARK = "$"


def pack(context: Mapping[str, Any]) -> dict[str, Any]:
    """The facts as JSON. Raises TypeError for what cannot be kept.

    What looks like a telephone or identity number is blotted out: notices are mailed, and outlive
    the right to see a customer.
    """
    return {name: _pack(name, value) for name, value in context.items()}


def _pack(name: str, value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return scrub(str(value))
    if isinstance(value, datetime):
        return {MARK: "datetime", "value": value.isoformat()}
    if isinstance(value, date):
        return {MARK: "date", "value": value.isoformat()}
    if isinstance(value, time):
        return {MARK: "time", "value": value.isoformat()}
    if isinstance(value, Decimal):
        return {MARK: "decimal", "value": str(value)}
    if isinstance(value, list | tuple):
        return [_pack(name, one) for one in value]
    if isinstance(value, Mapping):
        return {str(key): _pack(name, one) for key, one in value.items()}
    raise TypeError(f"a notice cannot keep {name} of the type {type(value).__name__}")


READERS = {
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "time": time.fromisoformat,
    "decimal": Decimal,
}


def unpack(value: Any) -> Any:
    """The facts again as Python values."""
    if isinstance(value, list):
        return [unpack(one) for one in value]
    if isinstance(value, dict):
        if MARK in value:
            return READERS[value[MARK]](value["value"])
        return {key: unpack(one) for key, one in value.items()}
    return value
