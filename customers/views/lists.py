"""The customer list: filter, sort, page by key, choose, hand over, export."""

from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.access import requires
from core.htmx import page_or_rows
from core.paging import asked_page, without_page
from customers.forms import CustomerFilter
from customers.selectors.lists import ListQuery, count_customers, customer_page
from customers.views.common import may
from customers.views.rows import list_rows


def count_sentence(number: int, capped: bool) -> str:
    """ "1,000+ customers" when there are more than are counted."""
    if capped:
        return _("{count}+ customers").format(count=f"{number:,}")
    return ngettext("{count} customer", "{count} customers", number).format(count=f"{number:,}")


def filter_of(request: HttpRequest, data: QueryDict) -> tuple[CustomerFilter, ListQuery]:
    """The filter form and the list that a query string means to this reader."""
    form = CustomerFilter(data, user=request.user)
    return form, form.query(data.get("sort", ""))


@requires("customers.view_customer")
def customer_list(request: HttpRequest) -> HttpResponse:
    """Everybody the reader may see, one row a customer."""
    form, query = filter_of(request, request.GET)
    context: dict[str, Any] = {"filter_form": form, "query": query}
    if query.term.problem:
        context["problem"] = query.term.problem
    else:
        page = customer_page(request.user, query, **asked_page(request))
        number, capped = count_customers(request.user, query)
        context |= {
            "page": page,
            "rows": list_rows(page.rows),
            "count": count_sentence(number, capped),
        }
    context |= {
        "bulk_actions": _bulk_actions(request),
        "filter_query": without_page(request),
        "may": may(
            request,
            "customers.add_customer",
            "customers.export_customer",
            "customers.import_customer",
            "customers.hand_over_customer",
        ),
        "is_filtered": form.is_filtered(),
    }
    return page_or_rows(request, "customers/list.html", "customers/_rows.html", context)


def _bulk_actions(request: HttpRequest) -> list[tuple[str, str, str]]:
    actions = []
    if request.user.has_perm("customers.hand_over_customer"):
        actions.append((_("Hand over"), reverse("customers:hand-over"), "users"))
    return actions
