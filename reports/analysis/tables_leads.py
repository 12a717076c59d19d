"""The tables of lead scoring: who, what he needs, what counts, which class is worth most."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from core.display import fixed, listed
from customers.models import CustomerKind
from regions.models import OrgUnit
from reports.analysis import leads as scoring
from reports.analysis.base import Column, Method, Question, Table, customer_url
from reports.analysis.tables_members import class_links, name_columns, title_of
from reports.analysis.tables_profile import word_of

REASONS = 3  # of a customer on a page; the workbook has them all
FEATURE_WORDS = {
    "business_type": gettext_lazy("Business type"),
    "level": pgettext_lazy("lead", "Class or grade"),
    "source": pgettext_lazy("lead", "Source"),
    "industry": pgettext_lazy("lead", "Industry"),
    "nature": pgettext_lazy("lead", "Nature"),
    "age": pgettext_lazy("lead", "Age"),
    "occupation": pgettext_lazy("lead", "Occupation"),
    "purpose": pgettext_lazy("lead", "Purpose of the purchase"),
    "part": pgettext_lazy("lead", "Unit"),
    "contacts": pgettext_lazy("lead", "Contacts in a year"),
}
CONTACTS = {
    "0": pgettext_lazy("contacts", "none"),
    "1": pgettext_lazy("contacts", "1 or 2"),
    "3": pgettext_lazy("contacts", "3 or more"),
}


@dataclass(frozen=True, slots=True)
class Words:
    """How keys are read: units have their names."""

    units: dict[str, str]

    def value(self, feature: str, word: str) -> str:
        """A word of a feature."""
        if feature == "part":
            return self.units.get(word, word)
        if feature == "contacts":
            return str(CONTACTS[word])
        return word_of(feature, word)

    def reason(self, line: scoring.FeatureLine) -> str:
        """What speaks for or against somebody, and how much."""
        return _("{feature} {word} ×{factor}").format(
            feature=FEATURE_WORDS[line.feature],
            word=self.value(line.feature, line.word),
            factor=fixed(line.factor or 1, 2),
        )


def _words_of(model: scoring.Model) -> Words:
    keys = [int(x.word) for x in model.features if x.feature == "part"]
    units = OrgUnit.objects.in_bulk(keys)
    return Words({str(key): unit.name for key, unit in units.items()})


def class_word(group: str) -> str:
    """A class: the business type of an organisation, the grade of a person."""
    kind, _colon, word = group.partition(":")
    if kind == CustomerKind.ORGANISATION:
        return word
    return _("Persons, {grade}").format(grade=word or _("without a grade"))


def _leads(asked: Question, limit: int | None) -> list[Table]:
    model = scoring.learn(asked)
    if not model.kinds:
        return [_classes(asked, model)]
    found = scoring.needs(asked, model)
    words = _words_of(model)
    who = _who(model, words, scoring.leads(asked, model, found, limit), limit)
    others = _others(scoring.crosses(asked, model, found, limit))
    if asked.chosen:
        named = Table(
            title_of(class_word(asked.chosen)), who.columns, who.rows, who.links, who.bars, who.note
        )
        return [_classes(asked, model), others, named]
    return [who, others, _features(model, words, limit), _classes(asked, model)]


def _who(model: scoring.Model, words: Words, lines: list[scoring.Lead], limit: int | None) -> Table:
    columns = (
        *name_columns(),
        Column(pgettext("lead", "Class"), width=20),
        Column(_("Likely to buy"), "percent", 14),
        Column(_("Speaks for it"), "sentence", 50),
        Column(_("Speaks against it"), "sentence", 40),
        Column(_("Customers alike buy"), width=28),
        Column(_("To be expected (yuan)"), "money", 20),
    )
    rows = []
    if not any(kind.scores for kind in model.kinds.values()):
        lines = []  # a list without a single score would be one of codes
    for x in lines:
        pro = [words.reason(y) for y in x.reasons if (y.factor or 1) > 1]
        contra = [words.reason(y) for y in x.reasons if (y.factor or 1) < 1]
        shown = REASONS if limit else None
        cells = (listed(pro[:shown]) or None, listed(contra[:shown]) or None)
        need = _need(x.need) if x.need else None
        rows.append((x.name, x.code, class_word(x.group), x.score, *cells, need, x.worth))
    links = [customer_url(x.customer) for x in lines]
    return Table(_("Potential customers"), columns, rows, links, 3, _note(model))


def _need(need: scoring.Need) -> str:
    return _("{product} ({buyers} of {of})").format(
        product=need.product, buyers=f"{need.buyers:,}", of=f"{need.of:,}"
    )


def _note(model: scoring.Model) -> str:
    """What the scores rest on, and how well they hold."""
    first = _(
        "×2 means twice as frequent among those who bought; what fewer than {least} customers"
        " share does not count."
    ).format(least=model.least)
    lines = [_note_of(kind, whole, model.least) for kind, whole in model.kinds.items()]
    return " ".join([first, *lines])


def _note_of(kind: str, whole: scoring.KindModel, least: int) -> str:
    facts = {
        "kind": str(CustomerKind(kind).label),
        "buyers": f"{whole.buyers:,}",
        "others": f"{whole.customers - whole.buyers:,}",
        "least": least,
    }
    if not whole.scores:
        words = _(
            "{kind}: {buyers} bought, {others} did not; under {least} of either nobody is scored."
        )
    elif whole.check is None:
        words = _(
            "{kind}: learned from {buyers} who bought and {others} who did not; too few to check"
            " how well the scores hold."
        )
    else:
        words = _(
            "{kind}: learned from {buyers} who bought and {others} who did not. Of {n1} and {n2}"
            " kept apart, one who bought is put before one who did not {auc} of the time (AUC; by"
            " chance 50%)."
        )
        check = whole.check
        facts |= {"n1": check.buyers, "n2": check.others}
        facts["auc"] = f"{fixed(check.auc * 100, 1)}%"
    return words.format(**facts)


def _others(lines: list[scoring.Cross]) -> Table:
    columns = (
        *name_columns(),
        Column(pgettext("lead", "Class"), width=20),
        Column(_("Not bought yet"), width=24),
        Column(_("Buyers alike who have it"), "percent", 18),
        Column(_("Of so many buyers alike"), "integer", 16),
        Column(_("To be expected (yuan)"), "money", 20),
    )
    rows = [
        (
            *(x.name, x.code, class_word(x.group), x.need.product),
            *(x.need.buyers / x.need.of, x.need.of, x.worth),
        )
        for x in lines
    ]
    links = [customer_url(x.customer) + "?tab=purchases" for x in lines]
    note = _("What most buyers of the same class bought and this customer has not.")
    return Table(_("More to the same customers"), columns, rows, links, 6, note)


def _features(model: scoring.Model, words: Words, limit: int | None) -> Table:
    columns = (
        Column(pgettext("lead", "Known of a customer"), width=22),
        Column(pgettext("lead", "Kind"), width=10),
        Column(pgettext("lead", "Word"), width=28),
        Column(_("Customers"), "integer"),
        Column(_("Of them bought"), "integer", 14),
        Column(pgettext("part of a whole", "Share"), "percent"),
        Column(_("Multiplies the odds by"), "number", 18),
    )
    rows = [
        (
            *(str(FEATURE_WORDS[x.feature]), str(CustomerKind(x.kind).label)),
            *(words.value(x.feature, x.word), x.customers, x.buyers, x.rate, _two(x.factor)),
        )
        for x in model.features
        if model.kinds[x.kind].scores or not any(one.scores for one in model.kinds.values())
    ]
    note = _(
        "Empty where fewer than {least} customers share it, or where it is known of fewer who"
        " bought, or who did not."
    ).format(least=model.least)
    return Table(_("What counts"), columns, rows[:limit], note=note)


def _two(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(fixed(value, 2).replace(",", ""))


def _classes(asked: Question, model: scoring.Model) -> Table:
    columns = (
        Column(pgettext("lead", "Class"), width=26),
        Column(_("Customers"), "integer"),
        Column(_("Of them bought"), "integer", 14),
        Column(pgettext("part of a whole", "Share"), "percent"),
        Column(_("Mean of a buyer (yuan)"), "money", 20),
        Column(_("Mean of a customer (yuan)"), "money", 22),
    )
    rows: list[tuple[Any, ...]] = []
    for x in model.classes:
        told = x.customers >= model.least
        mean = round(x.amount / x.buyers, 2) if told and x.buyers else None
        worth = round(x.worth, 2) if told else None
        rate = x.rate if told else None
        rows.append((class_word(x.word), x.customers, x.buyers, rate, mean, worth))
    parts = [(x.word, x.customers - x.buyers) for x in model.classes]
    note = _(
        "The most valuable class first, by what a customer of it bought on the mean, those who"
        " bought nothing counted in. Nothing is said of classes of fewer than {least} customers."
    ).format(least=model.least)
    return Table(_("Classes"), columns, rows, class_links("leads", asked, parts), 5, note)


def _leads_sentence(tables: list[Table]) -> str:
    head, classes = tables[0], tables[-1]
    if len(tables) < 4 or not classes.rows:
        return ""
    name, _count, _bought, _rate, _mean, worth = classes.rows[0]
    if worth is None:
        return _("There are too few customers to say which class is the most valuable.")
    if not worth:
        return _("No class has bought anything so far.")
    best = _("{name} is the most valuable class.").format(name=name)
    if not head.rows or head.rows[0][3] is None:
        return best
    likely = _("{customer} is the likeliest to buy.").format(customer=head.rows[0][0])
    return f"{best} {likely}"


METHODS = (
    Method(
        "leads",
        gettext_lazy("Potential customers"),
        gettext_lazy(
            "Who is likely to buy, what customers alike need, and which class is worth most: from"
            " what is known of customers and from what others like them bought."
        ),
        _leads,
        _leads_sentence,
        ("part",),
        by_money=False,
        empty=gettext_lazy("No customer is in this branch yet."),
    ),
)
