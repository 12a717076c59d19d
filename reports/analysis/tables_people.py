"""Tables of owners, returning customers, the committee's marks and the effect of a change."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext, pgettext_lazy

from core.display import fixed
from regions.policies import find
from reports.analysis import effect, evaluation, owners
from reports.analysis import retention as staying
from reports.analysis.base import Column, Method, Question, Table, customer_url
from reports.analysis.members import in_stage, of_cohort, of_year
from reports.analysis.tables_members import (
    buyers_table,
    class_links,
    name_columns,
    owners_table,
)
from reports.metrics.definitions import judged_on
from reports.policies import EXPECTED

NO_OWNERS = gettext_lazy("Nobody has signed in this branch by this day.")
HIDDEN = gettext_lazy(
    "Satisfaction: the latest wave of owners that has ended; what too few answered is hidden."
)
STAGE_WORDS = {
    "signed": pgettext_lazy("life cycle", "Signed, not yet handed over"),
    "handing": gettext_lazy("Hand-over (90 days)"),
    "first": gettext_lazy("Up to 1 year"),
    "second": gettext_lazy("1 to 2 years"),
    "later": gettext_lazy("Over 2 years"),
}
MEASURES = {
    "contacts": gettext_lazy("Contacts with customers"),
    "log_ins": gettext_lazy("Log-in rate"),
    "taken_in": gettext_lazy("Cases taken in"),
    "first_contact": gettext_lazy("Median until first contact"),
    "resolution": gettext_lazy("Median until resolved"),
    "first_contact_kept": gettext_lazy("First contact in time"),
    "resolution_kept": gettext_lazy("Resolved in time"),
    "rating": gettext_lazy("Call-back satisfaction"),
}
UNITS = {
    "count": pgettext_lazy("measure", "number"),
    "share": pgettext_lazy("measure", "per cent"),
    "hours": pgettext_lazy("measure", "hours"),
    "score": pgettext_lazy("measure", "1 to 5"),
}


def _two(value: Any) -> Decimal | None:
    """Two decimals, as pages and sheets show figures of people."""
    return None if value is None else round(Decimal(repr(float(value))), 2)


# --- cohorts and stages ---------------------------------------------------------------------------


def _per_owner_columns() -> tuple[Column, ...]:
    return (
        Column(_("Contacts per owner and year"), "number", 18),
        Column(_("Cases per 100 owners and year"), "number", 18),
        Column(pgettext("survey", "Satisfaction"), "number"),
        Column(pgettext("survey", "Answers"), "integer"),
    )


def _cohorts(asked: Question, limit: int | None) -> list[Table]:
    rows = []
    for x in owners.cohorts(asked):
        cases = None if x.cases is None else x.cases * 100 / x.owners
        rows.append(
            (
                *(str(x.year), x.owners, _two(x.contacts / x.owners), _two(cases)),
                *(_two(x.mean), x.answers),
            )
        )
    columns = (
        Column(_("Year of signing"), width=14),
        Column(pgettext("people", "Owners"), "integer"),
        *_per_owner_columns(),
    )
    links = class_links("cohorts", asked, [(row[0], row[1]) for row in rows])
    tables = [Table(_("Years of signing"), columns, rows, links, bars=1, note=str(HIDDEN))]
    if asked.chosen:
        tables.append(owners_table(asked.chosen, of_year(asked, limit)))
    return tables


def _cohorts_sentence(tables: list[Table]) -> str:
    rows = [row for row in tables[0].rows if row[3]]
    if not rows:
        return ""
    worst = max(rows, key=lambda row: row[3])
    words = _("Owners who signed in {year} have most cases: {cases} per 100 owners and year.")
    return words.format(year=worst[0], cases=worst[3])


def _life_cycle(asked: Question, limit: int | None) -> list[Table]:
    lines = owners.life_cycle(asked)
    if not any(line.owners or line.years for line in lines):
        return [Table(_("Stages"), (Column(_("Stage")),), [])]
    rows = [
        (
            *(str(STAGE_WORDS[x.stage]), x.owners, _two(x.years)),
            *(_two(x.per_year(x.contacts)), _two(x.per_year(x.cases, 100))),
            *(_two(x.mean), x.answers, x.money),
        )
        for x in lines
    ]
    columns = (
        Column(_("Stage"), width=26),
        Column(pgettext("people", "Owners"), "integer"),
        Column(_("Owner-years"), "number"),
        *_per_owner_columns(),
        Column(_("Contract prices (yuan)"), "money", 20),
    )
    note = _(
        "Contacts and cases of the 365 days before, by the stage the owner was in at that time."
        " Surveys ask about settling in as a whole: its figure stands at “up to 1 year”."
    )
    links = class_links("life-cycle", asked, [(x.stage, x.owners) for x in lines])
    tables = [Table(_("Stages"), columns, rows, links, bars=4, note=f"{note} {HIDDEN}")]
    if asked.chosen:
        word = str(STAGE_WORDS.get(asked.chosen, asked.chosen))
        tables.append(owners_table(word, in_stage(asked, limit)))
    return tables


def _life_cycle_sentence(tables: list[Table]) -> str:
    rows = [row for row in tables[0].rows if row[4]]
    if not rows:
        return ""
    worst = max(rows, key=lambda row: row[4])
    words = _("Most cases come up in the stage “{stage}”: {cases} per 100 owners and year.")
    return words.format(stage=worst[0], cases=worst[4])


# --- staying --------------------------------------------------------------------------------------


def _retention(asked: Question, limit: int | None) -> list[Table]:
    lines = staying.retention(asked)
    if not lines:
        return [Table(_("Lifetime value"), (Column(_("First purchase")),), [])]
    most = max(max(line.back, default=0) for line in lines)
    shares = [(str(x.cohort), x.customers, *_shares_back(x, most)) for x in lines]
    later = [
        Column(ngettext("After {n} year", "After {n} years", n).format(n=n), "percent")
        for n in range(1, most + 1)
    ]
    head = (Column(_("First purchase"), width=14), Column(_("Customers"), "integer"))
    whole = staying.together(lines)
    links = class_links("retention", asked, [(str(x.cohort), x.customers) for x in lines])
    tables = [
        Table(_("Who bought again"), (*head, *later), shares, links, bars=1),
        Table(
            _("Lifetime value"),
            (
                *head,
                Column(_("Customer-years"), "integer"),
                Column(_("Mean of a year (yuan)"), "money", 18),
                Column(_("Retention"), "percent"),
                Column(_("Lifetime value (yuan)"), "money", 18),
                Column(pgettext("interval", "From"), "money", 18),
                Column(pgettext("interval", "To"), "money", 18),
                Column(pgettext("analysis", "Remark"), width=24),
            ),
            [_valued(str(x.cohort), x) for x in lines] + [_valued(_("All"), whole)],
            bars=5,
            note=_(
                "Lifetime value = mean of a year × 1 ÷ (1 − retention), of money before any cost."
                " From and to: both ends of the interval of the retention (95 %)."
            ),
        ),
    ]
    if asked.chosen:
        tables.append(buyers_table(asked.chosen, of_cohort(asked, limit)))
    return tables


def _shares_back(line: staying.RetentionLine, most: int) -> list[float | None]:
    return [line.back[n] / line.customers if n in line.back else None for n in range(1, most + 1)]


def _valued(word: str, x: staying.RetentionLine) -> tuple[Any, ...]:
    low, high = x.bounds or (None, None)
    remark = ""
    if not x.enough:
        remark = pgettext("customers", "too few")
    elif x.value is None:
        remark = _("nobody left so far")
    return (word, x.customers, x.active, x.mean, x.retention, x.value, low, high, remark)


def _retention_sentence(tables: list[Table]) -> str:
    rows = tables[min(1, len(tables) - 1)].rows
    if not rows or rows[-1][5] is None:
        return ""
    words = _("{share} of the customers buy again the year after; one is worth {value} yuan.")
    return words.format(share=f"{rows[-1][4]:.1%}", value=f"{rows[-1][5]:,.0f}")


# --- the committee's marks ------------------------------------------------------------------------


def _evaluation(asked: Question, limit: int | None) -> list[Table]:
    lines = evaluation.evaluation(asked)
    criteria = list(dict.fromkeys(word for x in lines for word, _mark in x.marks))
    columns = (
        *name_columns(),
        Column(_("Unit"), width=18),
        Column(_("Round"), width=8),
        *(Column(word, "number") for word in criteria),
        Column(_("Mark"), "number"),
        Column(_("Round before"), "number"),
        Column(_("Change"), "number"),
        Column(_("Decision"), width=14),
        Column(_("Class"), width=12),
    )
    rows = [
        (
            *(x.name, x.code, x.unit, str(x.year)),
            *(dict(x.marks).get(word) for word in criteria),
            *(x.mark, x.before, x.change, x.decision, x.level),
        )
        for x in lines
    ]
    links = [customer_url(x.customer) for x in lines[:limit]]
    return [Table(_("Marks"), columns, rows[:limit], links, bars=4 + len(criteria), whole=rows)]


def _evaluation_sentence(tables: list[Table]) -> str:
    rows, place = tables[0].counted, tables[0].bars or 0
    marked = [row for row in rows if row[place] is not None]
    words = ngettext(
        "{marked} of {total} customer of the round has a mark.",
        "{marked} of {total} customers of the round have a mark.",
        len(rows),
    )
    return words.format(marked=len(marked), total=len(rows)) if rows else ""


# --- before and after -----------------------------------------------------------------------------


def _effect(asked: Question, limit: int | None) -> list[Table]:
    before, after = effect.spans(asked)
    found = effect.effect(asked)
    rows = [
        (
            str(MEASURES[x.measure]),
            str(UNITS[x.unit]),
            *(_shown(value, x.unit) for value in (x.before, x.after, x.change, x.expected)),
            _result(x),
        )
        for x in found
    ]
    months = [
        (f"{month:%Y-%m}", expected, met, met / expected)
        for month, expected, met in effect.log_ins_by_month(asked)
    ]
    columns = (
        Column(pgettext("measure", "Measure"), width=28),
        Column(pgettext("measure", "In"), width=10),
        Column(_("Before"), "number"),
        Column(_("After"), "number"),
        Column(_("Change"), "number"),
        Column(pgettext("effect", "Expected"), "number", 14),
        Column(pgettext("effect", "Result"), width=16),
    )
    note = _(
        "Before: {b1} to {b2}. After: {a1} to {a2}. Medians are those of all cases; one that is"
        " still open counts as longer than any other."
    ).format(b1=before.first, b2=before.last, a1=after.first, a2=after.last)
    if any(x.measure in effect.KEPT for x in found):
        kept = _("Shares kept in time are those of the dashboard, judged as of the end of {day}.")
        note = f"{note} {kept.format(day=judged_on() - timedelta(days=1))}"
    note = f"{note} {_expectation(asked)}"
    by_month = Table(
        _("Log-ins by month"),
        (
            Column(_("Month"), width=12),
            Column(_("Days expected"), "integer"),
            Column(_("Days met"), "integer"),
            Column(_("Log-in rate"), "percent"),
        ),
        months,
        bars=3,
    )
    measured = Table(_("Before and after"), columns, rows, note=note)
    tables = [by_month] if months else []
    if saved := effect.time_saved(found):
        tables.append(_saved(saved))
    return [*tables, measured]


def _saved(lines: list[effect.SavedLine]) -> Table:
    """What shorter times come to over all cases."""
    columns = (
        Column(pgettext("measure", "Measure"), width=28),
        Column(_("Before"), "number"),
        Column(_("After"), "number"),
        Column(_("Cases taken in after"), "integer", 14),
        Column(_("Time saved (hours)"), "number", 16),
    )
    rows = [
        (str(MEASURES[x.measure]), _two(x.before), _two(x.after), x.cases, _two(x.hours))
        for x in lines
    ]
    note = _(
        "The median before less the median after, times the cases taken in after. These are hours"
        " that customers waited less, not hours of work; they are an estimate, because a median"
        " stands for all cases and other things may have changed as well. Below 0 they waited"
        " longer."
    )
    return Table(_("Time saved"), columns, rows, note=note)


def _result(line: effect.EffectLine) -> str:
    if line.expected is None:
        return pgettext("effect", "no expectation")
    if line.met is None:
        return pgettext("effect", "no figure")
    return pgettext("effect", "met") if line.met else pgettext("effect", "not met")


def _expectation(asked: Question) -> str:
    """Who said what is expected, and since when."""
    origin = effect.expected_since(asked)
    if origin is None:
        return _("Nothing is expected yet; the policy {name} says what is.").format(
            name=find(EXPECTED).title
        )
    unit, row = origin
    words = _(
        "Expected values: {unit}, set on {day} by {name}, from {since} on. Contacts of a year count"
        " by the days."
    )
    return words.format(
        unit=unit.name,
        day=timezone.localdate(row.created_at),
        name=row.author.name if row.author else _("the system"),
        since=row.effective_from,
    )


def measure_in_unit(key: str) -> str:
    """A measure with what its expected value is given in."""
    units = dict(effect.CASE_MEASURES) | {"contacts": "count", "log_ins": "share"}
    unit = _("number a year") if key == "contacts" else str(UNITS[units[key]])
    return f"{MEASURES[key]} ({unit})"


def _shown(value: float | None, unit: str) -> Decimal | None:
    if value is None:
        return None
    if unit == "count":
        return Decimal(int(value))
    return _two(value * 100 if unit == "share" else value)


def _effect_sentence(tables: list[Table]) -> str:
    return " ".join(filter(None, (_met_sentence(tables), _handling_sentence(tables))))


def _met_sentence(tables: list[Table]) -> str:
    met = [row[6] for row in tables[-1].rows if row[5] is not None]
    words = ngettext(
        "{met} of {total} expectation is met.", "{met} of {total} expectations are met.", len(met)
    )
    count = met.count(pgettext("effect", "met"))
    return words.format(met=count, total=len(met)) if met else ""


def _handling_sentence(tables: list[Table]) -> str:
    rows = {row[0]: row for row in tables[-1].rows}
    row = rows.get(str(MEASURES["resolution"]))
    if row is None or row[2] is None or row[3] is None:
        return ""
    words = _("Half of the cases were resolved within {after} hours, before within {before}.")
    return words.format(after=fixed(row[3], 1), before=fixed(row[2], 1))


METHODS = (
    Method(
        "cohorts",
        gettext_lazy("Years of signing"),
        gettext_lazy(
            "Owners by the year they signed: how many there are, how often we were in touch, how"
            " many cases they had, how satisfied they are."
        ),
        _cohorts,
        _cohorts_sentence,
        ("part",),
        by_money=False,
        empty=NO_OWNERS,
    ),
    Method(
        "life-cycle",
        gettext_lazy("Life cycle"),
        gettext_lazy("What owners meet from signing on, stage by stage."),
        _life_cycle,
        _life_cycle_sentence,
        ("part",),
        by_money=False,
        empty=NO_OWNERS,
    ),
    Method(
        "retention",
        gettext_lazy("Retention and lifetime value"),
        gettext_lazy(
            "Who bought again in the years after the first purchase, and what a customer is worth"
            " over the time he stays. Whole years only."
        ),
        _retention,
        _retention_sentence,
        ("part",),
    ),
    Method(
        "evaluation",
        gettext_lazy("Evaluation of strategic customers"),
        gettext_lazy(
            "The committee's marks of the latest round, beside those of the round before."
        ),
        _evaluation,
        _evaluation_sentence,
        by_money=False,
        empty=gettext_lazy("No round of strategic customers has begun in this branch by this day."),
    ),
    Method(
        "effect",
        gettext_lazy("Effect of a change"),
        gettext_lazy(
            "Log-ins, contacts and handling times, as many days before a day as from it on: what a"
            " new way of working, or this system, brought, and whether that was expected of it."
        ),
        _effect,
        _effect_sentence,
        ("since",),
        by_money=False,
        by_customer=False,
        by_kind=False,
        empty=gettext_lazy("Nothing can be compared in your reach."),
    ),
)
