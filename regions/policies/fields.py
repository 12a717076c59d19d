"""Form fields of values that take more than one box: a length of time, a small table."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from regions.policies.types import CHOICES, Span, rows

SPARE_ROWS = 3


class SpanWidget(forms.MultiWidget):
    """A number and its unit of time side by side."""

    template_name = "regions/widgets/span.html"

    def __init__(self, choices: Sequence[tuple[str, Any]], attrs: Any = None) -> None:
        number = forms.NumberInput(attrs={"step": "0.5"})
        unit = forms.Select(choices=choices, attrs={"aria-label": _("Unit of time")})
        super().__init__({"amount": number, "unit": unit}, attrs)

    def id_for_label(self, id_: str) -> str:
        """The label belongs to the number."""
        return f"{id_}_0"

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        number, unit = context["widget"]["subwidgets"]
        number["attrs"]["class"], unit["attrs"]["class"] = "form-control", "form-select"
        return context

    def decompress(self, value: Any) -> list[Any]:
        """A `Span` as what its two boxes show."""
        if value is None:
            return [None, None]
        amount = Decimal(value.amount)
        return [int(amount) if amount == int(amount) else amount, value.unit]


class SpanField(forms.MultiValueField):
    """An amount and a unit of time; gives a `regions.policies.types.Span`."""

    def __init__(
        self, *, units: Sequence[str], minimum: Decimal | int, maximum: int, **options: Any
    ) -> None:
        choices = [(unit, CHOICES[unit]) for unit in units]
        fields = (
            forms.DecimalField(min_value=minimum, max_value=maximum, decimal_places=1),
            forms.ChoiceField(choices=choices),
        )
        super().__init__(fields=fields, widget=SpanWidget(choices), **options)

    def compress(self, data_list: list[Any]) -> Any:
        """The value of two clean boxes."""
        return Span(data_list[0], data_list[1]) if data_list and data_list[0] is not None else None


class RowsWidget(forms.Widget):
    """A table of boxes: the rows there are and a few empty ones below."""

    template_name = "regions/widgets/rows.html"

    def __init__(self, cells: Mapping[str, tuple[Any, forms.Field]], maximum: int) -> None:
        super().__init__()
        self.cells, self.maximum = cells, maximum

    def id_for_label(self, id_: str) -> str:
        """The label belongs to the first box."""
        return f"{id_}-0-{next(iter(self.cells))}"

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[dict[str, Any]]:
        """What was posted, row by row; empty rows are left out."""
        found = []
        for index in range(self.maximum + SPARE_ROWS):
            row = {
                cell: field.widget.value_from_datadict(data, files, f"{name}-{index}-{cell}")
                for cell, (_title, field) in self.cells.items()
            }
            if any(value not in (None, "", []) for value in row.values()):
                found.append(row)
        return found

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return not any(key.startswith(f"{name}-") for key in data)

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        filled = list(value or [])
        count = min(len(filled) + SPARE_ROWS, max(self.maximum, len(filled)))
        lines = [
            [
                field.widget.get_context(
                    f"{name}-{index}-{cell}",
                    filled[index].get(cell) if index < len(filled) else None,
                    {
                        "aria-label": f"{title} {index + 1}",
                        "id": f"id_{name}-{index}-{cell}",
                        "class": _css(field.widget),
                    },
                )["widget"]
                for cell, (title, field) in self.cells.items()
            ]
            for index in range(count)
        ]
        heads = [title for title, _field in self.cells.values()]
        context["widget"] |= {"lines": lines, "heads": heads}
        return context


def _css(widget: forms.Widget) -> str:
    return "form-select" if isinstance(widget, forms.Select) else "form-control"


class RowsField(forms.Field):
    """A small table; gives a tuple of read-only rows."""

    def __init__(self, *, columns: Sequence[Any], maximum: int, **options: Any) -> None:
        cells = {
            column.name: (column.title, column.type.field(label=column.title, required=True))
            for column in columns
        }
        super().__init__(widget=RowsWidget(cells, maximum), **options)
        self.cells = cells

    def to_python(self, value: Any) -> Any:
        """Clean every cell; the first problem names its row."""
        clean = []
        for number, row in enumerate(value or [], start=1):
            try:
                clean.append(
                    {cell: field.clean(row[cell]) for cell, (_t, field) in self.cells.items()}
                )
            except ValidationError as error:
                raise ValidationError(
                    _("Row %(number)s: %(problem)s"),
                    params={"number": number, "problem": " ".join(error.messages)},
                ) from error
        return rows(clean)

    def validate(self, value: Any) -> None:
        if self.required and not value:
            raise ValidationError(self.error_messages["required"], code="required")
