"""What waits for somebody across all apps, as tiles of the home page; each leads to its rows.

Apps register how their own work is counted beside the menu (core.menu_counts); whatever the menu
counts for a reader stands on his home page too, so a new kind of work appears by itself. Cases
are counted here, because their lists carry no number in the menu.
"""

from typing import Any
from urllib.parse import urlencode

from django.core.cache import cache
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from complaints.selectors.lists import STATES_OPEN, CaseQuery, count_cases
from complaints.states import ASSIGN, CALL_BACK, HANDLE, State
from core.menu import ShownItem, menu_for
from core.menu_counts import COUNTED, SECONDS, Waiting, rows_counted

# Where somebody without customers of his own begins, in this order.
BEGINNINGS = (
    "complaints:intake",
    "complaints:list",
    "satisfaction:phone",
    "reports:dashboard",
    "compliance:units",
    "accounts:people",
    "core:health",
)


def menu_items(request: HttpRequest) -> list[ShownItem]:
    """The lines of the reader's menu with the work behind them."""
    groups = menu_for(request, Waiting(request.user))
    return [item for group in groups for item in group.items]


def waiting_tiles(user: Any, items: list[ShownItem]) -> list[dict[str, Any]]:
    """A tile for each kind of work that waits for the reader; none for what does not."""
    rows = rows_counted()
    tiles = [*_case_tiles(user), *(_tile(item, rows) for item in items if item.count)]
    return [tile for tile in tiles if tile["value"] != "0"]


def _tile(item: ShownItem, rows: dict[str, str]) -> dict[str, Any]:
    value = f"{item.count}+" if item.count >= COUNTED else str(item.count)
    return {"label": item.label, "value": value, "url": rows.get(item.url, item.url), "state": ""}


def _case_tiles(user: Any) -> list[dict[str, Any]]:
    """Open cases of the reader, those of them that are late, cases nobody has, call-backs;
    numbers are remembered as those of the menu are."""
    found: list[tuple[str, CaseQuery, str, dict[str, str], str]] = []
    mine = {"handler": user.employee_no, "state": STATES_OPEN}
    if user.has_perm(HANDLE):
        own = CaseQuery(handler=user, state=STATES_OPEN)
        late = CaseQuery(handler=user, state=STATES_OPEN, overdue=True)
        late_address = mine | {"overdue": "on"}
        found.append((_("My overdue cases"), late, "complaints:list", late_address, "alarm"))
        found.append((_("My open cases"), own, "complaints:list", mine, ""))
    if user.has_perm(ASSIGN):
        free, address = CaseQuery(unassigned=True, state=STATES_OPEN), {"unassigned": "on"}
        address |= {"state": STATES_OPEN}
        found.append((_("Cases without handler"), free, "complaints:list", address, ""))
    if user.has_perm(CALL_BACK):
        done = CaseQuery(state=State.RESOLVED)
        found.append((_("Waiting for call-back"), done, "complaints:call-backs", {}, ""))
    return [_counted(user, *one) for one in found]


def _counted(
    user: Any, label: str, query: CaseQuery, name: str, address: dict[str, str], state: str
) -> dict[str, Any]:
    key = f"home-count:{name}:{urlencode(address)}:{user.pk}"
    number, capped = cache.get_or_set(key, lambda: count_cases(user, query), SECONDS) or (0, False)
    url = f"{reverse(name)}?{urlencode(address)}" if address else reverse(name)
    value = f"{number:,}+" if capped else f"{number:,}"
    return {"label": label, "value": value, "url": url, "state": state}


def beginnings(items: list[ShownItem]) -> list[ShownItem]:
    """The pages on which the reader begins something, of those that open to him."""
    by_url = {item.url: item for item in items}
    wanted = (reverse(name) for name in BEGINNINGS)
    return [by_url[url] for url in wanted if url in by_url]
