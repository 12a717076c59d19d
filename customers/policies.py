"""How customers are classed, kept in touch with, and their personal data shown."""

from collections.abc import Sequence
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from core.display import capped
from customers import value_policies  # noqa: F401  they register themselves
from customers.models import CustomerUnit
from regions.policies import Below, Policy, register
from regions.policies.touches import Change, Touch, touches
from regions.policies.types import (
    Choice,
    Choices,
    Column,
    Decimal_,
    Row,
    Rows,
    Text,
    Whole,
    rows,
)

COUNTED = 1000  # no page counts farther
QUIET = "customers.quiet_days"

STRATEGIC = _("Strategic-customer regime, 1.2")
CONTACTS = _("Strategic-customer regime, 2.2(2), 3.2(6–7)")
CONSTRUCTION = _("Construction group's maintenance rule, Art 5")
SALES = _("Sales department's rule, 3.1")
RETAIL = _("Retail customer rule, 2")
SEGMENTS = _("Customer segmentation rule, 2")
ANALYSIS = _("Customer-data analysis regime, Art 3(2)")
ENGINEERING = _("Construction-engineering method")
HOMES = _("Property-management customer regime")

SCHEMES = (
    ("two", _("strategic / general")),
    ("four", _("strategic / key / general / potential")),
    ("three", _("key / ordinary / potential")),
    ("life_cycle", _("potential / new / loyal / lost")),
    ("value", _("high / medium / low value")),
    ("abc", _("A / B / C by share of sales")),
    ("engineering", _("potential / intention / quasi / signed / developed / partner")),
    ("vip", _("VIP / ordinary")),
)
register(
    Policy(
        key="customers.importance_scheme",
        title=_("Importance classes"),
        meaning=_("Into which classes customers are put by their importance."),
        source=CONSTRUCTION,
        type=Choice(SCHEMES),
        default="four",
        group="customers",
        below=Below.GROUP,
        prepared=True,
        variants=(
            (STRATEGIC, "two"),
            (CONSTRUCTION, "four"),
            (SALES, "three"),
            (RETAIL, "life_cycle"),
            (SEGMENTS, "value"),
            (ANALYSIS, "abc"),
            (ENGINEERING, "engineering"),
            (HOMES, "vip"),
        ),
    )
)


def _make_a_hundred(table: Sequence[Row]) -> Promise | None:
    """Shares of classes are shares of one whole."""
    if sum(row["share"] for row in table) == 100:
        return None
    return _("The shares must add up to 100%.")


register(
    Policy(
        key="customers.abc_shares",
        title=_("Shares of the classes A, B and C"),
        meaning=_(
            "Customers of a line of business sorted by their sales: the first class holds those "
            "who together make up its share, and so on."
        ),
        source=ANALYSIS,
        type=Rows(
            (
                Column("word", _("Class"), Text(20, minimum=1)),
                Column("share", _("Share of sales"), Decimal_(0, 100, places=1, unit="%")),
            ),
            minimum=2,
            maximum=6,
            rule=_make_a_hundred,
        ),
        default=rows(
            (
                {"word": "A", "share": Decimal(75)},
                {"word": "B", "share": Decimal(20)},
                {"word": "C", "share": Decimal(5)},
            )
        ),
        group="customers",
        below=Below.GROUP,
    )
)
TESTS = (
    ("cooperations", _("cooperated often enough")),
    ("follow_up", _("follow-up projects")),
    ("sound", _("sound fundamentals")),
    ("willing", _("both sides willing")),
    ("agreement", _("a strategic agreement, which suffices alone")),
    ("influence", _("major influence, which suffices alone")),
    ("key_role", _("a key role for future development, which suffices alone")),
)
register(
    Policy(
        key="customers.strategic_tests",
        title=_("What makes a strategic customer"),
        meaning=_(
            "The tests a customer must pass together, besides those that suffice by themselves."
        ),
        source=CONSTRUCTION,
        type=Choices(TESTS, required=True),
        default=("cooperations", "follow_up", "sound", "willing", "agreement", "influence"),
        group="customers",
        below=Below.GROUP,
        variants=(
            (
                CONSTRUCTION,
                ("cooperations", "follow_up", "sound", "willing", "agreement", "influence"),
            ),
            (STRATEGIC, ("key_role",)),
        ),
    )
)
register(
    Policy(
        key="customers.strategic_cooperations",
        title=_("Cooperations of a strategic customer"),
        meaning=_("So many cooperations are often enough for a strategic customer."),
        source=CONSTRUCTION,
        type=Whole(1, 20, unit=_("times"), one=_("time")),
        default=3,
        group="customers",
        below=Below.GROUP,
        variants=((CONSTRUCTION, 3),),
    )
)
WHO = (
    ("specialist", _("marketing specialist")),
    ("contact_leader", _("contact leader")),
    ("top_leader", _("principal leader of the company")),
    ("travelling_leader", _("leader who inspects a project there")),
    ("keeper", _("keeper")),
)
WHOM = (
    ("strategic", _("strategic customers")),
    ("key", _("key customers")),
    ("general", _("general customers")),
    ("potential", _("potential customers")),
    ("vip", _("VIP owners")),
    ("opportunity", _("leads and opportunities")),
)
SPANS = (
    ("month", _("a month")),
    ("quarter", _("a quarter")),
    ("half_year", _("half a year")),
    ("year", _("a year")),
)
STRATEGIC_CONTACTS = (
    {"whom": "strategic", "who": "specialist", "times": 1, "span": "month"},
    {"whom": "strategic", "who": "top_leader", "times": 1, "span": "year"},
    {"whom": "strategic", "who": "contact_leader", "times": 2, "span": "year"},
    {"whom": "strategic", "who": "travelling_leader", "times": 1, "span": "year"},
)
OPPORTUNITY_CONTACTS = ({"whom": "opportunity", "who": "keeper", "times": 1, "span": "month"},)
register(
    Policy(
        key="customers.contact_frequency",
        title=_("How often customers are contacted"),
        meaning=_("The least that is expected; an empty table leaves it to everybody's judgement."),
        source=CONTACTS,
        type=Rows(
            (
                Column("whom", _("Customers"), Choice(WHOM)),
                Column("who", _("By whom"), Choice(WHO)),
                Column("times", _("At least"), Whole(1, 99, unit=_("times"), one=_("time"))),
                Column("span", _("Within"), Choice(SPANS)),
            ),
            minimum=0,
            maximum=20,
        ),
        default=rows((*STRATEGIC_CONTACTS, *OPPORTUNITY_CONTACTS)),
        group="customers",
        variants=(
            (CONTACTS, rows(STRATEGIC_CONTACTS)),
            (_("Group CRM-system rules, Art 3(2)"), rows(OPPORTUNITY_CONTACTS)),
            (CONSTRUCTION, ()),
        ),
    )
)
MEANS = (
    ("visit", _("visits")),
    ("high_level_visit", _("high-level visits")),
    ("consultation", _("consultation groups")),
    ("forum", _("forums")),
    ("questionnaire", _("satisfaction questionnaires")),
    ("return_visit", _("periodic return visits")),
    ("get_together", _("get-togethers")),
    ("greeting", _("festival greetings")),
    ("phone", _("telephone calls")),
    ("departments", _("visits between departments")),
)
FOCUS = (
    ("mode", _("mode of cooperation")),
    ("resources", _("resources the company provides")),
    ("quality", _("quality")),
    ("price", _("price")),
    ("services", _("services")),
    ("schedule", _("schedule")),
    ("objections", _("objections")),
)


def _pairs(column: str, table: dict[str, str]) -> tuple[Row, ...]:
    """One row for each class and word."""
    return rows(
        {"whom": whom, column: word} for whom, words in table.items() for word in words.split()
    )


def _each_once(table: Sequence[Row]) -> Promise | None:
    """A class and a word stand together once."""
    if len({tuple(row.values()) for row in table}) == len(table):
        return None
    return _("Two rows say the same.")


CLASSES = tuple(choice for choice in WHOM if choice[0] != "opportunity")
register(
    Policy(
        key="customers.contact_means",
        title=_("Means of contact by class"),
        meaning=_("By what means customers of each class are kept in touch with."),
        source=CONSTRUCTION,
        type=Rows(
            (
                Column("whom", _("Customers"), Choice(CLASSES)),
                Column("means", _("Means"), Choice(MEANS)),
            ),
            minimum=0,
            maximum=50,
            rule=_each_once,
        ),
        default=_pairs(
            "means",
            {
                "strategic": "high_level_visit consultation forum questionnaire return_visit"
                " get_together greeting",
                "key": "departments forum phone questionnaire greeting",
                "general": "departments phone questionnaire greeting",
                "potential": "phone",
                "vip": "visit phone get_together greeting",
            },
        ),
        group="customers",
        below=Below.UNITS,
    )
)
register(
    Policy(
        key="customers.contact_focus",
        title=_("What to watch by class"),
        meaning=_("To what attention is paid with customers of each class."),
        source=CONSTRUCTION,
        type=Rows(
            (
                Column("whom", _("Customers"), Choice(CLASSES)),
                Column("focus", _("Watched"), Choice(FOCUS)),
            ),
            minimum=0,
            maximum=50,
            rule=_each_once,
        ),
        default=_pairs(
            "focus",
            {
                "strategic": "mode resources quality price services",
                "key": "mode quality price objections",
                "general": "price quality schedule objections",
                "vip": "quality services objections",
            },
        ),
        group="customers",
        below=Below.UNITS,
    )
)
register(
    Policy(
        key="customers.reveals_per_day",
        title=_("Numbers shown a day"),
        meaning=_(
            "So many masked telephone and identity numbers one person may have shown in a day."
        ),
        source=_("Personal Information Protection Law, Art 51"),
        type=Whole(0, 2000),
        default=100,
        group="privacy",
        below=Below.GROUP,
    )
)

# --- who sees what ------------------------------------------------------------------------------

OWN_UNIT, CITY, REGION, REACH = "unit", "city", "region", "reach"

register(
    Policy(
        key="customers.assign_reach",
        title=_("Whom a customer may be given to"),
        meaning=_(
            "Only people who work so near to the customer's unit may become his keeper: who sits"
            " there, or holds a post or role there."
        ),
        source=_("CRM rules of the group, Arts 4–5"),
        type=Choice(
            (
                (OWN_UNIT, _("people of the unit itself")),
                (CITY, _("people of the same city company")),
                (REGION, _("people of the same region")),
                (REACH, _("everybody in the reach of whoever assigns")),
            )
        ),
        default=REACH,
        group="customers",
        below=Below.UNITS,
    )
)
register(
    Policy(
        key="customers.share_days",
        title=_("Longest share of a customer"),
        meaning=_("A customer may be shared with a colleague for so many days at most."),
        source=_("Customer relationships in construction, part 1"),
        type=Whole(1, 366, unit=_("days")),
        default=90,
        group="customers",
        below=Below.UNITS,
    )
)
register(
    Policy(
        key="customers.share_reach",
        title=_("With whom a customer may be shared"),
        meaning=_(
            "Colleagues who can be chosen when a customer is shared. Those of one's own region are"
            " offered by name; others are found by their full employee number."
        ),
        source=_("Strategic-customer regime, section 4"),
        type=Choice(
            (
                (CITY, _("people of the same city company")),
                (REGION, _("people of the same region")),
                ("group", _("people of the whole group")),
            )
        ),
        default="group",
        group="customers",
        below=Below.UNITS,
    )
)


@touches("customers.*")
@touches("complaints.*")
@touches("satisfaction.*")
def customers_touched(change: Change) -> Touch | None:
    """How many customers have a place in the units whose value changes, counted up to a cap."""
    places = CustomerUnit.objects.filter(unit__in=change.unit_ids).order_by()
    found = len(set(places.values_list("customer_id", flat=True)[: 2 * COUNTED]))
    if not found:
        return None
    words = ngettext(
        "The change touches {count} customer.", "The change touches {count} customers.", found
    )
    return Touch(words.format(count=capped(found, COUNTED)), found)


register(
    Policy(
        key=QUIET,
        title=_("Days without contact after which a customer counts as quiet"),
        meaning=_(
            "The page Today counts the customers with whom nobody was in touch for so many days, "
            "and leads to them."
        ),
        source=_("Operation of the system"),
        type=Whole(7, 730, unit=_("days"), one=_("day")),
        default=90,
        group="customers",
        below=Below.UNITS,
    )
)
