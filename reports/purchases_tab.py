"""The purchases of a customer: a tab of his page, with what the analysis says of him today.

Archive and analysis meet here, because the archive knows no analysis.
"""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import pgettext_lazy

from accounts.scopes import narrow
from core.paging import asked_page, page_of_rows
from core.scope import Scope, scope_of
from customers.models import Customer, CustomerUnit
from customers.selectors.purchases import (
    NEWEST,
    bought_by_product,
    bought_by_year,
    purchases_of,
)
from customers.tabs import Tab, add_tab
from regions.models import OrgUnit
from reports.analysis.purchases import AbcLine, RfmLine, abc, purchases, rfm
from reports.analysis.tables import SEGMENT_WORDS

VIEW = "customers.view_customer"
IMPORT = "customers.import_transaction"
# With more places or purchases than this in the branch, scoring one customer among all of them
# would make the page wait; it links to the analysis instead.
MOST_SCORED = 20_000


@dataclass(frozen=True, slots=True)
class Standing:
    """How a customer stands among all of a branch today; without scores where those cost too
    much. `links` are the addresses of the analysis of him alone."""

    unit: OrgUnit
    links: dict[str, str]
    rfm: RfmLine | None = None
    abc: AbcLine | None = None

    @property
    def segment(self) -> str:
        """The words of his segment."""
        return str(SEGMENT_WORDS[self.rfm.segment]) if self.rfm else ""


def standing(user: Any, customer: Customer) -> Standing | None:
    """Scores of a customer in the largest branch in reach that has a place of his."""
    unit = _topmost(user, customer)
    if unit is None:
        return None
    query = urlencode({"unit": unit.code, "customer": customer.code})
    links = {
        key: f"{reverse('reports:customer-analysis', args=[key])}?{query}"
        for key in ("rfm", "abc", "profit")
    }
    scope = narrow(scope_of(user, VIEW), unit, below=True)
    today = timezone.localdate()
    if not _is_cheap(scope):
        return Standing(unit, links)
    scores, classes = rfm(today, scope, customer), abc(today, scope, customer)
    return Standing(unit, links, next(iter(scores), None), next(iter(classes), None))


def _topmost(user: Any, customer: Customer) -> OrgUnit | None:
    places = CustomerUnit.objects.visible_to(user, VIEW).filter(customer=customer)
    paths = places.order_by().values_list("unit__path", flat=True)[:50]
    above = {int(key) for path in paths for key in path.strip("/").split("/")}
    return OrgUnit.objects.visible_to(user, VIEW).filter(pk__in=above).in_tree_order().first()


def _is_cheap(scope: Scope) -> bool:
    """Whether all customers of a scope can be scored while somebody waits."""
    if not scope.everything:
        places = CustomerUnit.objects.visible_to(scope).order_by()
        if places[: MOST_SCORED + 1].count() > MOST_SCORED:
            return False
    bought = purchases(timezone.localdate(), scope)
    return bought[: MOST_SCORED + 1].count() <= MOST_SCORED


def _context(request: HttpRequest, customer: Customer) -> dict[str, Any]:
    user: Any = request.user
    page = page_of_rows(purchases_of(user, customer), NEWEST, **asked_page(request))
    context: dict[str, Any] = {
        "page": page,
        "may_import": scope_of(user, IMPORT).everything,
        "import_url": reverse("imports:new"),
    }
    if page.rows:
        years = bought_by_year(user, customer)
        context |= {
            "years": years,
            "knows_cost": any(one.cost is not None for one in years),
            "products": bought_by_product(user, customer),
            "standing": standing(user, customer),
        }
    return context


add_tab(
    Tab(
        "purchases",
        pgettext_lazy("customer", "Purchases"),
        VIEW,
        None,
        _context,
        "reports/_purchases.html",
    )
)
