"""Who is likely to buy, what he needs, and which class is worth most (VAL-15).

Naive Bayes with one added to each count: each thing that is known of a customer multiplies the
odds that he buys by how much more often it is found among those who bought than among those who
did not. What is not known, and what fewer customers share than the policy asks for, multiplies
nothing. Persons and organisations are learned from apart: they are not alike. Method and worked
example: docs/analysis.md.
"""

# ruff: noqa: S608  conditions are compiled by Django, never pasted from people

import datetime as dt
import json
import math
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from customers.models import POTENTIAL, Activity, ActivityState
from customers.models.activities import TOUCHES
from regions.policies import policy
from reports.analysis.base import OTHER, Question, rows_of, sql_of
from reports.analysis.owners import places_asked
from reports.analysis.profile import BANDS
from reports.analysis.purchases import purchases_asked
from reports.policies import LEAST_ALIKE

WINDOW = 365  # days of contacts before the first purchase, or through the day
PRODUCTS = 10  # of each class, those that most of its buyers bought
CHECKED = 10  # buyers, and others, whom the check of the method must have held out
FEATURES = (
    *("business_type", "level", "source", "industry", "nature", "age", "occupation", "purpose"),
    *("part", "contacts"),
)
Key = tuple[str, str, str]  # kind of customer, feature, word
CLASS = "class"  # counted beside the features and no feature: it is made of them


@dataclass(frozen=True, slots=True)
class FeatureLine:
    """Something known of customers: how many share it, how many of them bought and for how many
    yuan; by how much it multiplies the odds of buying, None where too few share it."""

    kind: str
    feature: str
    word: str
    customers: int
    buyers: int
    amount: Decimal
    factor: float | None

    @property
    def rate(self) -> float:
        """The part of them who bought."""
        return self.buyers / self.customers

    @property
    def worth(self) -> Decimal:
        """Yuan a customer, those who bought nothing counted in."""
        return self.amount / self.customers


@dataclass(frozen=True, slots=True)
class Need:
    """A product that buyers of a class bought most: `buyers` of `of` of them."""

    product: str
    buyers: int
    of: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Lead:
    """Somebody who has not bought: the chance that he does (a part of 1) with what speaks for and
    against it, strongest first; the product that customers alike buy; the yuan to be expected.
    Empty where too little is known to say it."""

    customer: int
    code: str
    name: str
    group: str
    score: float | None
    reasons: tuple[FeatureLine, ...]
    need: Need | None
    worth: Decimal | None


@dataclass(frozen=True, slots=True)
class Cross:
    """Somebody who bought, and what customers alike bought most of all that he has not."""

    customer: int
    code: str
    name: str
    group: str
    need: Need
    worth: Decimal


@dataclass(frozen=True, slots=True)
class Check:
    """The method on customers it had not seen: how often it puts one who bought before one who
    did not (1 always, 0.5 as a coin does)."""

    auc: float
    buyers: int
    others: int


@dataclass(frozen=True, slots=True)
class KindModel:
    """The customers of a kind, those of them who bought and for how many yuan. `scores` where
    enough bought, and enough did not."""

    customers: int
    buyers: int
    amount: Decimal
    scores: bool
    check: Check | None

    @property
    def prior(self) -> float:
        """The odds of buying where nothing is known."""
        return odds(self.customers, self.buyers)


@dataclass(frozen=True, slots=True)
class Model:
    """What was learned of a branch. `least` customers must share something before it counts."""

    least: int
    kinds: dict[str, KindModel]
    features: tuple[FeatureLine, ...]
    classes: tuple[FeatureLine, ...]


def enough(least: int, customers: int, buyers: int) -> bool:
    """Whether so many bought and so many did not."""
    return min(buyers, customers - buyers) >= least


def odds(customers: int, buyers: int) -> float:
    """Those who bought to those who did not, one added to each."""
    return (buyers + 1) / (customers - buyers + 1)


def factor(mine: tuple[int, int], whole: tuple[int, int], words: int) -> float:
    """How much more often a word is found among those who bought. `mine` and `whole` are
    (customers, buyers) of the word and of all of whom the feature is known."""
    found = (mine[1] + 1) / (whole[1] + words)
    return found / ((mine[0] - mine[1] + 1) / (whole[0] - whole[1] + words))


# --- what is known of everybody -------------------------------------------------------------------

# Contacts are those before the outcome: of who bought those before the first purchase, of others
# those through the day. Where nothing was noted yet at that time, nothing is known of contacts.
_KNOWN = """
    WITH place AS ({places}),
    bought AS (
      SELECT customer_id, sum(amount) AS amount, min("on") FILTER (WHERE amount > 0) AS first
      FROM ({bought}) t GROUP BY 1 HAVING bool_or(amount > 0)),
    held AS (
      SELECT customer_id, max(source) AS source,
             CASE WHEN min(coalesce({part}, unit_id)) = max(coalesce({part}, unit_id))
                  THEN min(coalesce({part}, unit_id))::text ELSE '' END AS part
      FROM place {only} GROUP BY 1),
    touch AS (SELECT customer_id, (at AT TIME ZONE 'Asia/Shanghai')::date AS day
              FROM ({contacts}) a),
    until AS (SELECT h.customer_id, coalesce(b.first, %s) AS day
              FROM held h LEFT JOIN bought b USING (customer_id)),
    spoken AS (
      SELECT t.customer_id, count(*) AS n FROM touch t JOIN until u USING (customer_id)
      WHERE t.day >= u.day - %s AND t.day < u.day GROUP BY 1),
    known AS MATERIALIZED (
      SELECT c.id, c.code, c.name, b.customer_id IS NOT NULL AS bought,
        coalesce(b.amount, 0) AS amount, c.kind,
        CASE c.kind WHEN 'organisation' THEN c.business_type ELSE '' END AS business_type,
        CASE WHEN c.level = %s THEN '' ELSE c.level END AS level,
        coalesce(nullif(c.source, ''), h.source) AS source, c.industry, c.nature,
        CASE WHEN c.birth_year IS NULL THEN '' ELSE
          (SELECT max(low) FROM unnest(%s::int[]) AS low
           WHERE low <= greatest(0, %s - c.birth_year))::text END AS age,
        c.occupation, c.purpose, h.part,
        CASE WHEN u.day <= coalesce((SELECT min(day) FROM touch), u.day) THEN ''
             WHEN coalesce(s.n, 0) = 0 THEN '0' WHEN s.n < 3 THEN '1' ELSE '3' END AS contacts,
        c.kind || ':' || CASE WHEN c.kind = 'organisation'
          THEN coalesce(nullif(c.business_type, ''), %s)
          ELSE CASE WHEN c.level = %s THEN '' ELSE c.level END END AS class,
        substr(md5(c.code), 1, 1) < '4' AS held_out
      FROM held h JOIN customers_customer c ON c.id = h.customer_id
      JOIN until u ON u.customer_id = c.id
      LEFT JOIN bought b ON b.customer_id = c.id LEFT JOIN spoken s ON s.customer_id = c.id)"""
_WORDS = ", ".join(f"('{name}', k.{name})" for name in (*FEATURES, CLASS))
_COUNTED = f"""
    SELECT k.kind, v.feature, v.word, count(*), count(*) FILTER (WHERE bought),
           coalesce(sum(amount) FILTER (WHERE bought), 0), count(*) FILTER (WHERE NOT held_out),
           count(*) FILTER (WHERE NOT held_out AND bought)
    FROM known k, LATERAL (VALUES {_WORDS}, ('', '-')) AS v (feature, word)
    WHERE v.word <> '' GROUP BY k.kind, v.feature, v.word
    ORDER BY k.kind, v.feature, v.word COLLATE "C" """
_POINTS = " + ".join(
    f"coalesce((w.f ->> (k.kind || ':{name}:' || k.{name}))::float8, 0)" for name in FEATURES
)


def known_sql(asked: Question, *, buyers: bool = False) -> tuple[str, list[Any]]:
    """The customers of a branch as `known`: whether they bought, and their features. `buyers`
    leaves the others out, and the contacts of all."""
    places = ("customer_id", "unit_id", "region_id", "city_id", "project_id", "source")
    here, params = sql_of(places_asked(_all(asked)), *places)
    bought, more = sql_of(purchases_asked(_all(asked)), "customer_id", "amount", "on")
    touches = asked.among.of(Activity.objects.visible_to(asked.scope))
    done = touches.filter(state=ActivityState.DONE, kind__in=TOUCHES)
    contacts, third = sql_of(done.none() if buyers else done, "customer_id", "at")
    values = [asked.as_of + dt.timedelta(days=1), WINDOW, POTENTIAL, list(BANDS)]
    values += [asked.as_of.year, OTHER, POTENTIAL]
    only = "WHERE customer_id IN (SELECT customer_id FROM bought)" if buyers else ""
    parts = {"places": here, "bought": bought, "contacts": contacts}
    return _KNOWN.format(**parts, part=asked.part, only=only), [*params, *more, *third, *values]


def _all(asked: Question) -> Question:
    """Whoever is looked at alone is scored among all."""
    return replace(asked, customer=None)


# --- learning -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Count:
    kind: str
    feature: str
    word: str
    customers: int
    buyers: int
    amount: Decimal
    learned: int
    learned_buyers: int

    @property
    def key(self) -> Key:
        return (self.kind, self.feature, self.word)


def learn(asked: Question) -> Model:
    """What tells those who bought through the day from those who did not."""
    least = policy(LEAST_ALIKE, unit=asked.unit, on=asked.as_of)
    sql, params = known_sql(asked)
    counts = [_Count(*row) for row in rows_of(sql + _COUNTED, params)]
    whole = [x for x in counts if not x.feature]
    checks = _checks(asked, counts, least)
    kinds = {
        x.kind: KindModel(
            *(x.customers, x.buyers, x.amount, enough(least, x.customers, x.buyers)),
            checks.get(x.kind),
        )
        for x in whole
    }
    factors = _factors(counts, least, lambda x: (x.customers, x.buyers))
    lines = [
        FeatureLine(*x.key, x.customers, x.buyers, x.amount, factors.get(x.key)) for x in counts
    ]
    features = [x for x in lines if x.feature in FEATURES]
    features.sort(key=lambda x: (x.kind, FEATURES.index(x.feature), -(x.factor or 0), x.word))
    classes = [x for x in lines if x.feature == CLASS]
    classes.sort(key=lambda x: (x.customers < least, -x.worth, x.word))
    return Model(least, kinds, tuple(features), tuple(classes))


def _factors(
    counts: list[_Count], least: int, of: Callable[[_Count], tuple[int, int]]
) -> dict[Key, float]:
    """What each word multiplies, of the words that enough share, of features that enough of the
    buyers and of the others are known by. `of` gives a count's customers and buyers."""
    known: dict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
    for x in counts:
        known[x.kind, x.feature].append(of(x))
    found = {}
    for x in counts:
        mine = known[x.kind, x.feature]
        whole = (sum(n for n, _b in mine), sum(b for _n, b in mine))
        if x.feature in FEATURES and of(x)[0] >= least and enough(least, *whole):
            found[x.key] = factor(of(x), whole, len(mine))
    return found


_HELD_OUT = f"""
    SELECT k.kind, round(({_POINTS})::numeric, 9), count(*) FILTER (WHERE bought),
           count(*) FILTER (WHERE NOT bought)
    FROM known k, (SELECT %s::jsonb AS f) w WHERE held_out GROUP BY 1, 2 ORDER BY 1, 2"""


def _checks(asked: Question, counts: list[_Count], least: int) -> dict[str, Check]:
    """Kind → a quarter of its customers scored by what the others teach."""
    kinds = {x.kind for x in counts if not x.feature and enough(least, x.learned, x.learned_buyers)}
    if not kinds:
        return {}
    factors = _factors(counts, least, lambda x: (x.learned, x.learned_buyers))
    sql, params = known_sql(asked)
    rows = rows_of(sql + _HELD_OUT, [*params, _points(factors)])
    found = {}
    for kind in kinds:
        pairs = [(yes, no) for word, _total, yes, no in rows if word == kind]
        buyers, others = sum(yes for yes, _no in pairs), sum(no for _yes, no in pairs)
        if min(buyers, others) >= CHECKED:
            found[kind] = Check(_auc(pairs) / (buyers * others), buyers, others)
    return found


def _auc(pairs: list[tuple[int, int]]) -> float:
    """In how many pairs the buyer stands before the other, equal ones half; lowest score first."""
    below, won = 0, 0.0
    for yes, no in pairs:
        won += yes * (below + no / 2)
        below += no
    return won


def _points(factors: dict[Key, float], **more: float) -> str:
    return json.dumps({":".join(key): math.log(x) for key, x in factors.items()} | more)


# --- what customers alike buy ---------------------------------------------------------------------

_NEEDS = """,
    sold AS (
      SELECT k.kind, k.class, t.product, t.customer_id, sum(t.amount) AS amount
      FROM known k JOIN ({bought}) t ON t.customer_id = k.id
      WHERE k.bought AND t.product <> '' GROUP BY 1, 2, 3, 4 HAVING bool_or(t.amount > 0)),
    counted AS (
      SELECT coalesce(class, kind) AS class, product, count(*) AS buyers, sum(amount) AS amount
      FROM sold GROUP BY GROUPING SETS ((class, product), (kind, product)))
    SELECT * FROM (
      SELECT class, product, buyers, amount, row_number() OVER (
        PARTITION BY class ORDER BY buyers DESC, amount DESC, product COLLATE "C") AS place
      FROM counted) c WHERE place <= %s ORDER BY class, place"""


def needs(asked: Question, model: Model) -> dict[str, list[Need]]:
    """Class → the products that most of its buyers bought; those of a whole kind under the kind.
    Where too few bought there are none."""
    sql, params = known_sql(asked, buyers=True)
    bought, more = sql_of(purchases_asked(_all(asked)), "customer_id", "product", "amount")
    rows = rows_of(sql + _NEEDS.format(bought=bought), [*params, *more, PRODUCTS])
    sizes = {x.word: x.buyers for x in model.classes}
    sizes |= {kind: x.buyers for kind, x in model.kinds.items()}
    found: dict[str, list[Need]] = defaultdict(list)
    for group, product, buyers, amount, _place in rows:
        if sizes[group] >= model.least:
            found[group].append(Need(product, buyers, sizes[group], amount))
    return dict(found)


def _like(group: str, found: dict[str, list[Need]]) -> list[Need]:
    """What those alike buy: those of the class, or of the kind where too few of it bought."""
    return found.get(group) or found.get(kind_of(group), [])


def kind_of(group: str) -> str:
    """The kind of the customers of a class."""
    return group.partition(":")[0]


# --- who ------------------------------------------------------------------------------------------

_LEADS = f"""
    SELECT k.id, k.code, k.name, k.class, {", ".join(f"k.{name}" for name in FEATURES)}
    FROM known k, (SELECT %s::jsonb AS f) w
    WHERE NOT k.bought AND (%s = '' OR k.class = %s) AND (%s::bigint IS NULL OR k.id = %s)
    ORDER BY (w.f ->> k.kind) IS NULL,
      round(((w.f ->> k.kind)::float8 + {_POINTS})::numeric, 9) DESC, k.code COLLATE "C" LIMIT %s"""


def leads(
    asked: Question, model: Model, found: dict[str, list[Need]], limit: int | None = None
) -> list[Lead]:
    """Those who have not bought, the likeliest first; of a chosen class those of it alone. Whom
    nothing can be said of stands last, by code and without a score."""
    known = {(x.kind, x.feature, x.word): x for x in model.features}
    factors = {key: x.factor for key, x in known.items() if x.factor and model.kinds[x.kind].scores}
    priors = {kind: math.log(x.prior) for kind, x in model.kinds.items() if x.scores}
    sql, params = known_sql(asked)
    one = asked.customer.pk if asked.customer else None
    values = [_points(factors, **priors), asked.chosen, asked.chosen, one, one, limit]
    lines = []
    for key, code, name, group, *words in rows_of(sql + _LEADS, [*params, *values]):
        pairs = ((kind_of(group), *pair) for pair in zip(FEATURES, words, strict=True))
        mine = [known[pair] for pair in pairs if pair in factors]
        lines.append(_lead(model, found, (key, code, name, group), mine))
    return lines


def _lead(
    model: Model,
    found: dict[str, list[Need]],
    who: tuple[int, str, str, str],
    mine: list[FeatureLine],
) -> Lead:
    products = _like(who[3], found)
    need = products[0] if products else None
    whole = model.kinds[kind_of(who[3])]
    if not whole.scores:
        return Lead(*who, None, (), need, None)
    total = whole.prior * math.prod(x.factor or 1 for x in mine)
    chance = total / (1 + total)
    mine.sort(key=lambda x: (-abs(math.log(x.factor or 1)), FEATURES.index(x.feature)))
    worth = Decimal(repr(chance)) * _mean(model, who[3])
    return Lead(*who, chance, tuple(mine), need, round(worth, 2))


def _mean(model: Model, group: str) -> Decimal:
    """Yuan a buyer of the class, of its kind where too few of it bought."""
    mine = next(x for x in model.classes if x.word == group)
    if mine.buyers >= model.least:
        return mine.amount / mine.buyers
    whole = model.kinds[kind_of(group)]
    return whole.amount / whole.buyers


_CROSS = """,
    offered AS (SELECT * FROM unnest(%s::text[], %s::text[], %s::int[], %s::numeric[])
                AS o (class, product, place, worth)),
    had AS (SELECT DISTINCT customer_id, product FROM ({bought}) t WHERE amount > 0)
    SELECT * FROM (
      SELECT DISTINCT ON (k.id) k.id, k.code, k.name, k.class, o.place, o.worth
      FROM known k JOIN offered o ON o.class = k.class
      LEFT JOIN had h ON h.customer_id = k.id AND h.product = o.product
      WHERE k.bought AND h.product IS NULL AND (%s = '' OR k.class = %s)
        AND (%s::bigint IS NULL OR k.id = %s)
      ORDER BY k.id, o.place) best
    ORDER BY worth DESC, code COLLATE "C" LIMIT %s"""


def crosses(
    asked: Question, model: Model, found: dict[str, list[Need]], limit: int | None = None
) -> list[Cross]:
    """Those who bought, with the product that most of those alike bought and they did not; most
    money to be expected first. Products that fewer than `least` bought are not proposed."""
    offers = [
        (x.word, need, place)
        for x in model.classes
        for place, need in enumerate(_like(x.word, found))
        if need.buyers >= model.least
    ]
    worths = [round(need.amount / need.of, 2) for _group, need, _place in offers]
    sql, params = known_sql(asked, buyers=True)
    bought, more = sql_of(purchases_asked(_all(asked)), "customer_id", "product", "amount")
    one = asked.customer.pk if asked.customer else None
    columns = [
        [group for group, _need, _place in offers],
        [need.product for _group, need, _place in offers],
        [place for _group, _need, place in offers],
        worths,
    ]
    values = [*columns, *more, asked.chosen, asked.chosen, one, one, limit]
    rows = rows_of(sql + _CROSS.format(bought=bought), [*params, *values])
    return [
        Cross(key, code, name, group, _like(group, found)[place], worth)
        for key, code, name, group, place, worth in rows
    ]
