"""Rules of the analysis of customers: wanted shares, managed clients, quality of data, losses,
and what is scored on the sheets of a customer (VAL-01, VAL-03…VAL-05, VAL-09, VAL-12…VAL-14)."""

from collections.abc import Sequence
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from regions.policies import Below, Policy, register
from regions.policies.types import Choice, Choices, Column, Decimal_, Row, Rows, Text, Whole, rows

COMPOSITION = _("Customer-data analysis regime, Art 3(1)")
CLIENTS = _("Customer relationships, part 5")
DATA = _("Customer-relationship management, five elements, 1(2)")
GROUP = "customers"

# --- composition (VAL-03) -------------------------------------------------------------------------

CLASSED_BY = (
    ("level", _("Importance class or grade")),
    ("business_type", _("Business type")),
    ("source", _("Customer source")),
)
OF = (("amount", _("of the money")), ("customers", _("of the customers")))


def _once_and_no_more_than_all(table: Sequence[Row]) -> Promise | None:
    """A class has one wanted share, and those of one whole are at most the whole."""
    if len({(row["by"], row["word"]) for row in table}) < len(table):
        return _("A class stands there twice.")
    for by, _title in CLASSED_BY:
        for of, _words in OF:
            mine = [row["share"] for row in table if (row["by"], row["of"]) == (by, of)]
            if sum(mine) > 100:
                return _("The shares must not add up to more than 100%.")
    return None


register(
    Policy(
        key="customers.wanted_shares",
        title=_("Wanted composition of the customers"),
        meaning=_(
            "Which share classes of customers should have; the analysis shows beside it what they"
            " have. Classes that are not named are not compared."
        ),
        source=COMPOSITION,
        type=Rows(
            (
                Column("by", _("Classed by"), Choice(CLASSED_BY)),
                Column("word", _("Class"), Text(40, minimum=1)),
                Column("share", _("Share"), Decimal_(0, 100, places=1, unit="%")),
                Column("of", _("Share of what"), Choice(OF)),
            ),
            minimum=0,
            maximum=60,
            rule=_once_and_no_more_than_all,
        ),
        default=(),
        group=GROUP,
        below=Below.UNITS,
    )
)

# --- managed clients (VAL-13) ---------------------------------------------------------------------

MANAGED = (
    ("strategic", _("strategic customers")),
    ("key", _("key customers")),
    ("general", _("general customers")),
    ("vip", _("VIP owners")),
)
register(
    Policy(
        key="customers.managed_amount",
        title=_("Amount of a managed client"),
        meaning=_("Who bought for so much meets the first of three measures of a managed client."),
        source=CLIENTS,
        type=Decimal_(0, 10**12, unit=_("yuan")),
        default=Decimal(1_000_000),
        group=GROUP,
        below=Below.GROUP,
    )
)
register(
    Policy(
        key="customers.managed_years",
        title=_("Years of a managed client"),
        meaning=_("Who has worked with us so long meets the second measure."),
        source=CLIENTS,
        type=Whole(0, 50, unit=_("years")),
        default=2,
        group=GROUP,
        below=Below.GROUP,
    )
)
register(
    Policy(
        key="customers.managed_classes",
        title=_("Classes of managed clients"),
        meaning=_("Whose class is one of these meets the third measure."),
        source=CLIENTS,
        type=Choices(MANAGED, required=True),
        default=("strategic", "key", "vip"),
        group=GROUP,
        below=Below.GROUP,
    )
)

# --- quality of data (VAL-14, CUS-24) -------------------------------------------------------------

QUALITY_FIELDS = (
    ("phone", _("Telephone")),
    ("identity", _("Identity number")),
    ("gender", _("Gender")),
    ("address", _("Address")),
    ("source", _("Customer source")),
    ("ownership_class", _("Ownership class")),
    ("level", _("Importance class or grade")),
    ("industry", _("Industry")),
    ("nature", _("Nature of the organisation")),
    ("business_type", _("Business type")),
    ("scale", _("Scale")),
    ("assets", _("Assets")),
    ("payment_record", _("Performance and payment")),
    ("first_cooperation_on", _("First cooperation")),
    ("keeper", pgettext_lazy("data quality", "Keeper")),
    ("signed_on", _("Day of signing")),
    ("contact", pgettext_lazy("data quality", "A contact")),
    ("key_person", _("A key person")),
)
QUALITY_PARTS = (
    ("complete", pgettext_lazy("data quality", "Complete")),
    ("fresh", pgettext_lazy("data quality", "Fresh")),
    ("unique", _("Without a duplicate")),
)
PERSONS = {"phone": 4, "keeper": 2, "signed_on": 2, "gender": 1, "identity": 1}
FIRMS = {"level": 3, "contact": 3, "key_person": 2, "keeper": 2, "industry": 1, "address": 1,
         "nature": 1, "scale": 1}  # fmt: skip


def _fields_once(table: Sequence[Row]) -> Promise | None:
    if len({(row["kind"], row["field"]) for row in table}) == len(table):
        return None
    return _("A field stands there twice.")


def _parts_of_a_hundred(table: Sequence[Row]) -> Promise | None:
    if len({row["part"] for row in table}) < len(table):
        return _("A part stands there twice.")
    if sum(row["weight"] for row in table) == 100:
        return None
    return _("The weights must add up to 100%.")


register(
    Policy(
        key="customers.quality_fields",
        title=_("Fields that good data have"),
        meaning=_("What a customer's data should hold, and how much each field weighs."),
        source=DATA,
        type=Rows(
            (
                Column(
                    "kind",
                    _("Kind"),
                    Choice((("person", _("Person")), ("organisation", _("Organisation")))),
                ),
                Column("field", _("Field"), Choice(QUALITY_FIELDS)),
                Column("weight", _("Weight"), Whole(1, 100)),
            ),
            minimum=0,
            maximum=40,
            rule=_fields_once,
        ),
        default=rows(
            {"kind": kind, "field": field, "weight": weight}
            for kind, table in (("person", PERSONS), ("organisation", FIRMS))
            for field, weight in table.items()
        ),
        group=GROUP,
        below=Below.GROUP,
    )
)
register(
    Policy(
        key="customers.quality_parts",
        title=_("What makes the score of data"),
        meaning=_("How much completeness, freshness and the lack of duplicates weigh."),
        source=DATA,
        type=Rows(
            (
                Column("part", _("Part"), Choice(QUALITY_PARTS)),
                Column("weight", _("Weight"), Decimal_(0, 100, places=1, unit="%")),
            ),
            minimum=1,
            maximum=3,
            rule=_parts_of_a_hundred,
        ),
        default=rows(
            (
                {"part": "complete", "weight": Decimal(60)},
                {"part": "fresh", "weight": Decimal(30)},
                {"part": "unique", "weight": Decimal(10)},
            )
        ),
        group=GROUP,
        below=Below.GROUP,
    )
)
register(
    Policy(
        key="customers.quality_fresh_days",
        title=_("How long data are fresh"),
        meaning=_(
            "For so many days after a contact or a change data count as fresh; after twice as many"
            " they count as old."
        ),
        source=DATA,
        type=Whole(30, 3650, unit=_("days")),
        default=365,
        group=GROUP,
        below=Below.GROUP,
    )
)

# --- share of wallet (VAL-04, VAL-05) -------------------------------------------------------------

register(
    Policy(
        key="customers.wallet_share",
        title=_("Wanted share of what a customer buys"),
        meaning=_(
            "How much of what a customer buys of everybody he should buy of us; the analysis shows"
            " who stays below."
        ),
        source=_("Customer-data analysis regime, Art 3(3)"),
        type=Decimal_(0, 100, places=1, unit="%"),
        default=Decimal(30),
        group=GROUP,
        below=Below.UNITS,
    )
)

# --- profit (CUS-32, REP-07) ----------------------------------------------------------------------

HOTEL = _("Hotel CRM, questions to the archive")
register(
    Policy(
        key="customers.high_profit_share",
        title=_("Share of the profit that makes a customer a high-profit one"),
        meaning=_(
            "Customers sorted by the profit that they bring: those who together make up this share"
            " of it are of high profit."
        ),
        source=HOTEL,
        type=Decimal_(1, 100, places=1, unit="%"),
        default=Decimal(80),
        group=GROUP,
        below=Below.GROUP,
    )
)
register(
    Policy(
        key="customers.least_profit_share",
        title=_("Share of the profit below which a customer is without value"),
        meaning=_(
            "Whoever brings less than this share of the profit of all, or no profit at all, is"
            " without value. 0: only those who bring none."
        ),
        source=HOTEL,
        type=Decimal_(0, 10, places=2, unit="%"),
        default=Decimal("0.1"),
        group=GROUP,
        below=Below.GROUP,
    )
)

# --- opportunities (SCH-02) -----------------------------------------------------------------------

OUTCOMES = (
    ("open", pgettext_lazy("opportunity", "Open")),
    ("won", pgettext_lazy("opportunity", "Won")),
    ("lost", pgettext_lazy("opportunity", "Lost")),
)


def _stages_once(table: Sequence[Row]) -> Promise | None:
    if len({row["word"] for row in table}) < len(table):
        return _("A word stands there twice.")
    if any(row["outcome"] == "open" for row in table):
        return None
    return _("At least one stage must be open.")


register(
    Policy(
        key="customers.opportunity_stages",
        title=_("Stages of opportunities"),
        meaning=_(
            "The stages an opportunity goes through, in their order, the chance of success that"
            " each has, and whether it is still open then."
        ),
        source=_("Problems a CRM system must solve (construction materials)"),
        type=Rows(
            (
                Column("word", pgettext_lazy("opportunity", "Stage"), Text(20, minimum=1)),
                Column("chance", _("Chance"), Whole(0, 100, unit="%")),
                Column("outcome", pgettext_lazy("opportunity", "Outcome"), Choice(OUTCOMES)),
            ),
            minimum=1,
            maximum=15,
            rule=_stages_once,
        ),
        default=rows(
            {"word": word, "chance": chance, "outcome": outcome}
            for word, chance, outcome in (
                ("初步接触", 10, "open"),
                ("需求确认", 30, "open"),
                ("方案报价", 50, "open"),
                ("商务谈判", 70, "open"),
                ("赢单", 100, "won"),
                ("输单", 0, "lost"),
            )
        ),
        group=GROUP,
        below=Below.NOBODY,
    )
)

# --- lost customers (VAL-12) ----------------------------------------------------------------------

SIDES = (("ours", _("within our control")), ("outside", _("outside our control")))
LOSSES = _("Analysis of customers who leave, 2(2)")


def _words_once(table: Sequence[Row]) -> Promise | None:
    if len({row["word"] for row in table}) == len(table):
        return None
    return _("A word stands there twice.")


register(
    Policy(
        key="customers.loss_causes",
        title=_("Why customers leave"),
        meaning=_("The causes to choose from when a customer is lost, and whether they were ours."),
        source=LOSSES,
        type=Rows(
            (
                Column("word", pgettext_lazy("lost customer", "Cause"), Text(40, minimum=1)),
                Column("side", _("Within our control"), Choice(SIDES)),
            ),
            minimum=1,
            maximum=30,
            rule=_words_once,
        ),
        default=rows(
            {"word": word, "side": side}
            for word, side in (
                ("价格", "ours"),
                ("产品或工程质量", "ours"),
                ("服务不到位", "ours"),
                ("投诉处理不满意", "ours"),
                ("交付或供货不及时", "ours"),
                ("联系中断", "ours"),
                ("竞争对手争取", "outside"),
                ("客户需求变化", "outside"),
                ("客户经营困难或停业", "outside"),
                ("迁址或出售房产", "outside"),
                ("其他", "outside"),
            )
        ),
        group=GROUP,
        below=Below.NOBODY,
    )
)
register(
    Policy(
        key="customers.loss_directions",
        title=_("Where lost customers go"),
        meaning=_("The directions to choose from when a customer is lost."),
        source=LOSSES,
        type=Rows(
            (Column("word", pgettext_lazy("lost customer", "Direction"), Text(40, minimum=1)),),
            minimum=1,
            maximum=20,
            rule=_words_once,
        ),
        default=rows(
            {"word": word}
            for word in ("竞争对手", "自建自营", "停止购买", "迁往外地", "停业注销", "去向不明")
        ),
        group=GROUP,
        below=Below.NOBODY,
    )
)

# --- credit (VAL-01) ------------------------------------------------------------------------------

CREDIT = _("CRM construction plan, 2.8; strategic-customer regime, Art 4(3)")


def _a_hundred_points(table: Sequence[Row]) -> Promise | None:
    if sum(row["most"] for row in table) != 100:
        return _("The highest points must add up to 100.")
    return _words_once(table)


def _grades_downwards(table: Sequence[Row]) -> Promise | None:
    floors = [row["floor"] for row in table]
    if floors[-1] != 0:
        return _("The last grade must begin at 0 points.")
    if floors != sorted(set(floors), reverse=True):
        return _("The grades must stand from the best to the worst.")
    if len({row["grade"] for row in table}) < len(table):
        return _("A grade stands there twice.")
    return None


register(
    Policy(
        key="customers.credit_criteria",
        title=_("Criteria of the credit assessment"),
        meaning=_(
            "By what a business customer's credit is assessed, and how many points each has."
        ),
        source=CREDIT,
        type=Rows(
            (
                Column("word", _("Criterion"), Text(40, minimum=1)),
                Column("most", _("Highest points"), Decimal_(1, 100, places=1)),
            ),
            minimum=1,
            maximum=15,
            rule=_a_hundred_points,
        ),
        default=rows(
            {"word": word, "most": Decimal(most)}
            for word, most in (
                ("履约与付款记录", 30),
                ("财务实力", 25),
                ("经营状况与资质", 15),
                ("合作年限与规模", 15),
                ("行业前景与信誉", 10),
                ("担保与抵押", 5),
            )
        ),
        group=GROUP,
        below=Below.NOBODY,
    )
)
register(
    Policy(
        key="customers.credit_grades",
        title=_("Grades and limits of credit"),
        meaning=_("Which grade and which credit limit follow from the points, the best first."),
        source=CREDIT,
        type=Rows(
            (
                Column("floor", _("From points"), Decimal_(0, 100, places=1)),
                Column("grade", pgettext_lazy("credit", "Grade"), Text(10, minimum=1)),
                Column("limit", _("Credit limit"), Decimal_(0, 10**11, places=2, unit=_("yuan"))),
            ),
            minimum=1,
            maximum=12,
            rule=_grades_downwards,
        ),
        default=rows(
            {"floor": Decimal(floor), "grade": grade, "limit": Decimal(limit)}
            for floor, grade, limit in (
                (90, "AAA", 5_000_000),
                (80, "AA", 2_000_000),
                (70, "A", 1_000_000),
                (60, "B", 300_000),
                (0, "C", 0),
            )
        ),
        group=GROUP,
        below=Below.NOBODY,
    )
)

# --- differentiated service and buyer profile (CUS-34, CUS-27) ------------------------------------

KINDS = (
    ("any", pgettext_lazy("kind of customer", "any")),
    ("person", _("Person")),
    ("organisation", _("Organisation")),
)
register(
    Policy(
        key="customers.risk_service",
        title=_("Service for a risk condition"),
        meaning=_(
            "Which service a customer gets by kind, risk condition and business. The first row that"
            " fits holds; without a business it fits all of them. The page of the customer says it."
        ),
        source=_("Commercial bank's customer rule, Art 5"),
        type=Rows(
            (
                Column("kind", _("Kind"), Choice(KINDS)),
                Column("risk", _("Risk condition"), Text(20, minimum=1)),
                Column("business", _("Business type or industry"), Text(40)),
                Column("service", pgettext_lazy("customers", "Service"), Text(200, minimum=1)),
            ),
            minimum=1,
            maximum=40,
        ),
        default=rows(
            {"kind": kind, "risk": risk, "business": "", "service": service}
            for kind, risk, service in (
                ("any", "低风险", "常规服务，优先推荐新项目与增值服务"),
                ("organisation", "中风险", "缩短账期，按季度复核授信与履约情况"),
                ("person", "中风险", "付款节点前主动提醒，专员每季度回访"),
                ("organisation", "高风险", "先款后货，合同须经负责人审批，每月复核"),
                ("person", "高风险", "由负责人对接，重要事项书面确认，每月回访"),
            )
        ),
        group=GROUP,
        below=Below.NOBODY,
    )
)


def _ages_in_order(table: Sequence[Row]) -> Promise | None:
    if all(row["youngest"] <= row["oldest"] for row in table):
        return None
    return _("The youngest age must not lie above the oldest one.")


PURPOSES = (
    ("any", pgettext_lazy("purpose", "any")),
    ("own_use", _("To live in")),
    ("investment", _("As an investment")),
)
register(
    Policy(
        key="customers.target_segment",
        title=_("Target segments of buyers"),
        meaning=_(
            "Whom the company sells homes to: ages, purpose, and words of which the occupation"
            " holds one, parted by 、; without words every occupation fits. The analysis shows the"
            " share of the owners who belong to each."
        ),
        source=_("Real-estate buyer profile, 1"),
        type=Rows(
            (
                Column("name", pgettext_lazy("segment", "Name"), Text(40, minimum=1)),
                Column("youngest", _("From age"), Whole(0, 120)),
                Column("oldest", _("Through age"), Whole(0, 120)),
                Column("purpose", _("Purpose"), Choice(PURPOSES)),
                Column("occupations", _("Occupations"), Text(200)),
            ),
            minimum=0,
            maximum=10,
            rule=_ages_in_order,
        ),
        default=rows(
            {
                "name": name,
                "youngest": 25,
                "oldest": 55,
                "purpose": purpose,
                "occupations": "职员、白领、个体",
            }
            for name, purpose in (("自住主力客群", "own_use"), ("投资置业客群", "investment"))
        ),
        group=GROUP,
        below=Below.GROUP,
    )
)
