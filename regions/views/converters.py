"""Parts of addresses."""

from datetime import date


class IsoDay:
    """A calendar date like 2027-01-01."""

    regex = r"\d{4}-\d{2}-\d{2}"

    def to_python(self, value: str) -> date:
        """Raises ValueError for a day that does not exist, which makes the address unknown."""
        return date.fromisoformat(value)

    def to_url(self, value: date | str) -> str:
        """The same way; a text stands for itself."""
        return value if isinstance(value, str) else value.isoformat()
