"""The three elements of customer service and what is measured of each (VAL-16)."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from reports.standard.base import Text

ELEMENTS: Final[dict[str, Text]] = {
    "before": pgettext_lazy("service", "Before the sale"),
    "during": pgettext_lazy("service", "During the sale"),
    "after": pgettext_lazy("service", "After the sale"),
}
UNITS: Final[dict[str, Text]] = {
    "count": pgettext_lazy("service", "number"),
    "share": pgettext_lazy("measure", "per cent"),
    "hours": pgettext_lazy("measure", "hours"),
    "score": pgettext_lazy("measure", "1 to 5"),
}


@dataclass(frozen=True, slots=True)
class Item:
    """A measure of an element, in a unit of UNITS. `source` says where the system counts it; an
    item without one is entered by people."""

    key: str
    element: str
    title: Text
    unit: str
    source: Text = ""

    @property
    def bounds(self) -> tuple[Decimal, Decimal]:
        """The least and the most that can be entered."""
        least = Decimal(1) if self.unit == "score" else Decimal(0)
        most = {"share": Decimal(100), "score": Decimal(5)}.get(self.unit, Decimal("9999999999"))
        return least, most


RULES = _("Rule documents in force for the unit, its own and those from above")
POSTS = _("Function coverage of the departments: functions carried of all nine")
ORDERS = _("Gifts of applications approved in the period")
STOCK = _("Movements of the stock of gifts")
WORKS = _("Works of cases, accepted in the period")
CASES = _("Complaints, as the figures count them")

ITEMS: Final[dict[str, Item]] = {
    item.key: item
    for item in (
        Item("rules", "before", _("Service regulations in force"), "count", RULES),
        Item("posts", "before", _("Service organisation staffed"), "share", POSTS),
        Item("value_added", "before", _("Value-added services offered"), "count"),
        Item("stock_outs", "during", _("Times that a gift ran out"), "count", STOCK),
        Item("order_time", "during", _("Median from approval to hand-over"), "hours", ORDERS),
        Item("order_spread", "during", _("Spread of that time"), "hours", ORDERS),
        Item("orders_open", "during", _("Lines not handed over yet"), "count", ORDERS),
        Item("delivered", "during", _("Goods delivered on the day promised"), "share"),
        Item("transport", "during", _("Special transports"), "count"),
        Item("ease", "during", _("Ease of ordering, as customers say"), "score"),
        Item("works", "after", _("Installations and repairs done"), "count", WORKS),
        Item("works_on_time", "after", _("Done by the day planned"), "share", WORKS),
        Item("parts", "after", _("Spare parts put in"), "count", WORKS),
        Item("parts_free", "after", _("Of them under warranty"), "share", WORKS),
        Item("exchanged", "after", _("Goods exchanged"), "count"),
        Item("tracked", "after", _("Sold goods whose whereabouts are known"), "share"),
        Item("complaints", "after", _("Complaints taken in"), "count", CASES),
        Item("response", "after", _("First contact in time"), "share", CASES),
        Item("completion", "after", _("Resolved in time"), "share", CASES),
    )
}
ENTERED: Final = tuple(key for key, item in ITEMS.items() if not item.source)
