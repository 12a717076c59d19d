"""The least a Django page can be: session, user, one query by the ORM, a bare table.

Used as an own little site (`urlpatterns`) through the same test client as the product.
"""

from collections.abc import Callable
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import path

from customers.models import Activity, Customer, CustomerUnit
from tests.bench.raw import PAGE

# What the views show; set by the measurement before each call.
shown: dict[str, Any] = {"where": Q(), "order": ("-last_contact_at", "-pk")}

_LIST = """<!doctype html><title>{{ user.name }}</title><table>{% for p in rows %}<tr>
<td>{{ p.name }}</td><td>{{ p.source }}</td><td>{{ p.handed_over_on|date:"Y-m-d" }}</td>
<td>{{ p.level }}</td><td>{{ p.customer.phone_last4 }}</td><td>{{ p.unit.name }}</td>
<td>{{ p.keeper.name }}</td><td>{{ p.last_contact_at|date:"Y-m-d" }}</td></tr>{% endfor %}
</table>"""
_ROWS = """<!doctype html><title>{{ user.name }}</title><table>{% for row in rows %}<tr>
{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>{% endfor %}</table>"""
_DETAIL = """<!doctype html><title>{{ user.name }}</title><h1>{{ c.name }}</h1>
<p>{{ c.code }} {{ c.level }} {{ c.phone_last4 }} {{ c.source }}</p>
<ul>{% for p in places %}<li>{{ p.unit.name }} {{ p.keeper.name }}</li>{% endfor %}</ul>
<ul>{% for a in activities %}<li>{{ a.at|date:"Y-m-d H:i" }} {{ a.kind }} {{ a.by.name }}
{{ a.content }}</li>{% endfor %}</ul>"""


def own_addresses(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[..., Any]:
    """Middleware: this site's addresses instead of the product's."""

    def middleware(request: HttpRequest) -> HttpResponse:
        request.urlconf = __name__
        return get_response(request)

    return middleware


MIDDLEWARE = [
    "tests.bench.minimal.own_addresses",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]


def page(request: HttpRequest) -> HttpResponse:
    """A page of places, in the order of the list."""
    rows = (
        CustomerUnit.objects.filter(shown["where"])
        .select_related("customer", "unit", "keeper")
        .order_by(*shown["order"])[:PAGE]
    )
    return _render(_LIST, {"rows": rows, "user": request.user})


def rows(request: HttpRequest) -> HttpResponse:
    """Whatever rows the measurement gives, all their cells in a bare table."""
    return _render(_ROWS, {"rows": shown["rows"](), "user": request.user})


def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One customer with his places and newest activities."""
    context = {
        "c": Customer.objects.get(pk=pk),
        "places": CustomerUnit.objects.filter(customer=pk).select_related("unit", "keeper"),
        "activities": Activity.objects.filter(customer=pk)
        .select_related("by")
        .order_by("-at")[:20],
        "user": request.user,
    }
    return _render(_DETAIL, context)


_compiled: dict[str, Any] = {}


def _render(text: str, context: dict[str, Any]) -> HttpResponse:
    template = _compiled.get(text) or _compiled.setdefault(
        text, engines["django"].from_string(text)
    )
    return HttpResponse(template.render(context))


urlpatterns = [path("list/", page), path("rows/", rows), path("detail/<int:pk>/", detail)]
