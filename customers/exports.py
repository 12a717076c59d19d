"""The customer list as a workbook: exactly what is filtered, under the requester's rights.

Numbers of persons stay masked. A page asks for a job, so that a worker writes long files and the
rights are those of the moment it runs; the command writes in its own process.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.services import record
from core.errors import Refused
from core.exports import ListExport, exports, offer
from core.exports.lists import Payload, Progress
from core.files.writer import SheetColumn, SheetWriter
from core.scope import EVERYTHING
from customers.forms import CustomerFilter
from customers.models import CustomerUnit
from customers.selectors.lists import ListQuery, all_places
from regions.models import OrgUnit
from regions.selectors.units import branch_of_code

PERMISSION = "customers.export_customer"

COLUMNS = (
    SheetColumn(gettext_lazy("Customer code"), "id"),
    SheetColumn(gettext_lazy("Name"), width=18),
    SheetColumn(gettext_lazy("Kind")),
    SheetColumn(gettext_lazy("Region"), width=16),
    SheetColumn(gettext_lazy("City"), width=16),
    SheetColumn(gettext_lazy("Project"), width=18),
    SheetColumn(gettext_lazy("Properties"), width=30),
    SheetColumn(gettext_lazy("Stage")),
    SheetColumn(gettext_lazy("Level")),
    SheetColumn(gettext_lazy("Ownership class")),
    SheetColumn(gettext_lazy("Phone (masked)"), "id", 16),
    SheetColumn(gettext_lazy("Keeper")),
    SheetColumn(gettext_lazy("Signed on"), "date"),
    SheetColumn(gettext_lazy("Handed over on"), "date"),
    SheetColumn(gettext_lazy("Last contact"), "datetime", 18),
    SheetColumn(gettext_lazy("Next contact on"), "date"),
    SheetColumn(gettext_lazy("Year of birth"), "integer"),
    SheetColumn(gettext_lazy("Occupation")),
    SheetColumn(gettext_lazy("Purpose of the purchase")),
    SheetColumn(gettext_lazy("Risk condition")),
)


class CustomerSheet:
    """Rows of the export, chunk by chunk; unit names are read once."""

    def __init__(self, user: Any, query: ListQuery) -> None:
        self.user = user
        self.query = query
        self.units = dict(OrgUnit.objects.values_list("pk", "name"))
        self.today = timezone.localdate()

    def rows(self) -> Iterator[tuple[Any, ...]]:
        for places in all_places(self.user, self.query, permission=PERMISSION):
            for place in places:
                yield self._row(place)

    def _row(self, place: CustomerUnit) -> tuple[Any, ...]:
        customer: Any = place.customer
        stage = place.stage(self.today)
        return (
            customer.code,
            customer.name,
            customer.get_kind_display(),
            self.units.get(place.region_id or 0, ""),
            self.units.get(place.city_id or 0, ""),
            self.units.get(place.project_id or 0, ""),
            "、".join(f"{row.unit.name}{row.property.label}" for row in customer.owned),
            stage.label if stage else "",
            place.level,
            place.ownership_class,
            customer.phone_masked,
            place.keeper.name if place.keeper else "",
            place.signed_on,
            place.handed_over_on,
            timezone.localtime(place.last_contact_at) if place.contacted else None,
            place.next_contact_on,
            customer.birth_year,
            customer.occupation,
            customer.get_purpose_display(),
            customer.risk,
        )


def write_export(user: Any, query: ListQuery, target: Path, *, progress: Any = None) -> int:
    """Write the list to a workbook. Returns the number of rows. `user` may be a scope."""
    with SheetWriter(target) as book:
        return book.write_sheet(
            _("Customers"), COLUMNS, CustomerSheet(user, query).rows(), progress=progress
        )


def _write(user: Any, payload: Payload, target: Path, *, progress: Progress) -> int:
    data = QueryDict(payload["filter"])
    query = CustomerFilter(data, user=user).query(data.get("sort", ""))
    if query.term.problem:
        raise Refused(str(query.term.problem))
    return write_export(user, query, target, progress=progress)


CUSTOMERS = offer(
    ListExport(
        kind="customers.export",
        title=gettext_lazy("Export customers"),
        note=gettext_lazy(
            "The workbook holds exactly the filtered list; numbers of persons are masked."
        ),
        right=PERMISSION,
        refusal=gettext_lazy("You may not export customers any more."),
        done=gettext_lazy("{rows} customers were written."),
        file_name=gettext_lazy("Customers {day}.xlsx"),
        deed="customer.exported",
        page="customers:export-detail",
        file="customers:export-file",
        write=_write,
    )
)


@exports("customers")
def _export_command(unit_code: str, target: Path) -> int:
    """The operator's export of a branch or of the whole group."""
    rows = write_export(EVERYTHING, ListQuery(unit=branch_of_code(unit_code)), target)
    record("customer.exported", by=None, rows=rows)
    return rows
