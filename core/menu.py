"""The left menu as data: groups and their items, cut down to what one reader may open.

An item whose address does not exist in this installation, or whose right the reader lacks, is
absent; a group without items is absent too. The right is the one the view itself declares
(core.access), so that menu and page cannot disagree. Counts beside an item come from the caller.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, resolve, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.access import Access, access_of

Text = str | Promise
FRONT_PAGE = "/"  # every address begins with it, so it never counts as a prefix


@dataclass(frozen=True)
class Item:
    """One line of the menu. `also` lists further address prefixes that belong to it."""

    label: Text
    url_name: str
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Group:
    """A heading of the menu with its icon and items."""

    key: str
    label: Text
    icon: str
    items: tuple[Item, ...]


@dataclass
class ShownItem:
    """An item as one reader sees it on one page. `count` is work for the reader."""

    label: Text
    url: str
    count: int = 0
    current: bool = False


@dataclass
class ShownGroup:
    """A group as one reader sees it; `current` when the page open belongs to it."""

    key: str
    label: Text
    icon: str
    items: list[ShownItem] = field(default_factory=list)

    @property
    def current(self) -> bool:
        """Whether the page open is one of the items."""
        return any(item.current for item in self.items)

    @property
    def count(self) -> int:
        """All the work of the group, shown while it is closed."""
        return sum(item.count for item in self.items)


MENU: tuple[Group, ...] = (
    Group(
        "home",
        pgettext_lazy("menu", "Home"),
        "home",
        (
            Item(_("Today"), "home"),
            Item(_("My approvals"), "approvals:inbox", also=("/approvals/",)),
            Item(_("My tasks"), "compliance:tasks"),
            Item(_("Calendar"), "compliance:calendar"),
            Item(_("Bulletins"), "compliance:bulletins"),
            Item(_("My duties"), "compliance:me"),
        ),
    ),
    Group(
        "customers",
        _("Customers"),
        "users",
        (
            Item(_("Customer list"), "customers:list"),
            Item(_("Shares"), "shares"),
            Item(_("Properties"), "properties:list"),
            Item(_("Strategic customers"), "compliance:strategic"),
            Item(_("Follow-up"), "compliance:follow-up"),
            Item(_("Contracts"), "customers:contracts"),
            Item(_("Possible duplicates"), "customers:duplicates"),
            Item(_("Data quality"), "customers:quality"),
            Item(_("Imports"), "imports:list"),
            Item(_("Exports"), "exports:list"),
        ),
    ),
    Group(
        "complaints",
        _("Complaints"),
        "message-report",
        (
            Item(_("Intake"), "complaints:intake"),
            Item(_("Incoming mail"), "complaints:incoming"),
            Item(_("My cases"), "complaints:desk"),
            Item(_("Case board"), "complaints:board"),
            Item(_("All cases"), "complaints:list"),
            Item(_("Waiting for call-back"), "complaints:call-backs"),
            Item(_("Contractor works"), "complaints:works", also=("/complaints/contractors/",)),
            Item(_("Group complaints"), "complaints:groups"),
            Item(_("Public opinion"), "complaints:opinions"),
            Item(_("Early warnings"), "complaints:warnings"),
            Item(_("Patterns"), "complaints:patterns"),
            Item(_("Improvements"), "complaints:measures"),
            Item(_("Urges"), "complaints:urges"),
            Item(_("Duty roster"), "complaints:roster"),
            Item(_("Escalation ladders"), "complaints:ladders"),
            Item(_("Categories and levels"), "complaints:categories"),
            Item(_("Monthly summary"), "complaints:summary"),
            Item(_("Answer templates"), "complaints:answers"),
        ),
    ),
    Group(
        "satisfaction",
        _("Satisfaction"),
        "mood-smile",
        (
            Item(_("Results"), "satisfaction:results"),
            Item(_("Compare units"), "satisfaction:compare"),
            Item(_("Heat map"), "satisfaction:heat-map"),
            Item(pgettext_lazy("survey", "Remarks"), "satisfaction:remarks"),
            Item(_("Annual plan"), "satisfaction:plans"),
            Item(_("Waves"), "satisfaction:waves"),
            Item(_("Questionnaires"), "satisfaction:questionnaires"),
            Item(_("Indicator tree"), "satisfaction:indicators"),
            Item(_("Phone desk"), "satisfaction:phone"),
            Item(_("Closed loop"), "satisfaction:loop"),
            Item(_("After-case ratings"), "satisfaction:ratings"),
            Item(_("Survey reports"), "satisfaction:reports"),
            Item(_("Targets"), "satisfaction:targets"),
            Item(_("Scoring runs"), "satisfaction:runs"),
        ),
    ),
    Group(
        "expenses",
        _("Expenses"),
        "coin",
        (
            Item(_("Applications"), "expenses:applications"),
            Item(_("Budgets"), "expenses:budgets"),
            Item(_("Ledger"), "expenses:ledger"),
            Item(_("Evidence due"), "expenses:evidence"),
            Item(_("Expense analysis"), "expenses:analysis"),
            Item(_("Review list"), "expenses:review"),
            Item(_("Gift stock"), "expenses:stock"),
            Item(_("Customer events"), "expenses:events"),
            Item(_("Key dates"), "expenses:key-dates"),
            Item(_("Expense categories"), "expenses:categories"),
        ),
    ),
    Group(
        "organisation",
        _("Organisation & compliance"),
        "sitemap",
        (
            Item(_("Unit compliance"), "compliance:units"),
            Item(_("Findings"), "compliance:findings"),
            Item(_("Log-in compliance"), "compliance:log-ins"),
            Item(_("Function coverage"), "compliance:functions"),
            Item(_("Trips and leave"), "compliance:trips"),
            Item(_("Headcount plan"), "compliance:headcount"),
            Item(_("Inspections"), "compliance:inspections"),
            Item(_("Account changes"), "compliance:account-changes"),
            Item(
                _("Notices and sanctions"),
                "compliance:notices",
                also=(
                    "/compliance/lapses/",
                    "/compliance/sanctions/",
                    "/compliance/commendations/",
                ),
            ),
            Item(_("Monthly targets"), "compliance:targets"),
            Item(_("Rules library"), "compliance:rules"),
            Item(pgettext_lazy("menu", "Organisation"), "regions:units", also=("/organisation/",)),
            Item(_("Organisation changes"), "regions:changes"),
            Item(_("Sections"), "regions:sections", also=("/organisation/companies/",)),
            Item(_("Policies"), "regions:policies"),
        ),
    ),
    Group(
        "reports",
        pgettext_lazy("menu", "Reports"),
        "chart-bar",
        (
            Item(_("Dashboard"), "reports:dashboard"),
            Item(_("Activity report"), "reports:activity"),
            Item(_("Customer analysis"), "reports:customers"),
            Item(_("Sales targets"), "customers:targets"),
            Item(_("Standard reports"), "reports:standard"),
            Item(_("Report builder"), "reports:builder"),
            Item(_("Schedules"), "reports:schedules"),
            Item(_("Metrics"), "reports:metrics"),
        ),
    ),
    Group(
        "system",
        pgettext_lazy("menu", "System"),
        "settings",
        (
            Item(_("People and access"), "accounts:people", also=("/hand-overs/",)),
            Item(_("Grant review"), "accounts:grant-review"),
            Item(_("Working calendars"), "regions:calendars"),
            Item(_("Approval flows"), "approvals:flows"),
            Item(_("Jobs"), "core:jobs"),
            Item(_("Outbox"), "core:outbox"),
            Item(_("Webhooks"), "core:webhooks"),
            Item(_("API tokens"), "api:tokens"),
            Item(_("Audit log"), "audit:list"),
            Item(_("Personal data"), "privacy:requests"),
            Item(_("Health"), "core:health"),
            Item(_("Administration"), "admin:index"),
        ),
    ),
)


def menu_for(request: HttpRequest, counts: Mapping[str, int] | None = None) -> list[ShownGroup]:
    """The menu of the request's user, the item of the open page marked.

    `counts` maps names of addresses to work that waits for the reader, e.g.
    {"complaints:call-backs": 3}. Gives an empty list to somebody who is not signed in.
    """
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return []
    shown: list[ShownGroup] = []
    prefixes: list[tuple[str, ShownItem]] = []
    for group in MENU:
        target = ShownGroup(group.key, group.label, group.icon)
        for item in group.items:
            place = _place(item.url_name, settings.ROOT_URLCONF)
            if place is None or place[1] is None or not place[1].opens_to(user):
                continue
            line = ShownItem(item.label, place[0], (counts or {}).get(item.url_name, 0))
            target.items.append(line)
            prefixes += [(prefix, line) for prefix in (line.url, *item.also)]
        if target.items:
            shown.append(target)
    _mark_current(request.path, prefixes)
    return shown


@cache
def _place(url_name: str, urlconf: str) -> tuple[str, Access | None] | None:
    """Where an item leads and what that view asks, or None while no such page is installed.

    Remembered, because a menu has some sixty items and addresses do not change while we run.
    """
    try:
        url = reverse(url_name, urlconf=urlconf)
    except NoReverseMatch:
        return None
    return url, access_of(resolve(url, urlconf=urlconf).func)


def _mark_current(path: str, prefixes: list[tuple[str, ShownItem]]) -> None:
    """Mark the item with the longest address that begins `path`; the front page only exactly."""
    matching = [
        (len(prefix), line)
        for prefix, line in prefixes
        if path == prefix or (prefix != FRONT_PAGE and path.startswith(prefix))
    ]
    if matching:
        max(matching, key=lambda pair: pair[0])[1].current = True
