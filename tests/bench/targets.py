"""What must hold, and the verdicts on a run (docs/benchmarks.md says where each comes from)."""

from dataclasses import asdict, dataclass
from typing import Any

from tests.bench.measure import Bench, Figures

LIST_QUERIES = 9
SEARCH_QUERIES = 10
DETAIL_QUERIES = 12
SQL_TO_RAW = 3.0
PAGE_TO_MINIMAL = 4.0
DEEP_TO_FIRST = 1.5
OLD_TO_ORDINARY = 3.0
GROWTH = 1.5
# 20 ms and 80 ms on a machine whose minimal view takes 7.6 ms. A page of a handful of rows is
# nearly all frame (menu, filters, rights), which the minimal view does not have.
SEARCH_SQL_TO_MINIMAL = 2.6
SHORT_PAGE_TO_MINIMAL = 10.5
EXACT_TO_LIST = 1.2
# 2,000 rows a second where bare COPY into the same tables and indexes manages 6,300.
IMPORT_TO_BARE = 0.3
DUE_TO_JOIN = 6.0
POLICY_TO_JOIN = 3.0
# The front door with its lock-out, records and session costs twice the hash at most; 0.42 measured.
LOG_IN_TO_BARE = 0.33
CASE_LIST_QUERIES = 13
BOARD_QUERIES = 14
SUMMARY_QUERIES = 30
# Whom each step reaches is worked out in Python, and each notice and log entry is one of its own.
ESCALATE_TO_BARE = 8.0
# All figures of all units, beside the passes over the rows that nobody can do without.
SCORING_TO_BARE = 2.0
# One page or one grouping with the rights of its reader, beside the bare statement.
MONEY_TO_BARE = 4.0
# Ten checks over whole tables beside one pass over the ledger.
LEDGER_CHECK_TO_PASS = 12.0
# The log-in rule of everybody for a quarter of a year beside reading the same log-ins.
CHECK_TO_READING = 3.0
# Sums of every metric by month and part, with the tree and the rights, beside the bare grouping.
FIGURES_TO_BARE = 4.0
# Owners hand in so many answers a second; the pages of staff may slow down twofold meanwhile.
SUBMISSIONS = 200
SURVEY_TO_CALM = 2.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """One target: what was measured, what it stands beside, their ratio and the bound."""

    size: int
    scene: str
    what: str
    value: float
    beside: float | None
    ratio: float
    target: float
    at_least: bool = False

    @property
    def met(self) -> bool:
        return self.ratio >= self.target if self.at_least else self.ratio <= self.target

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "met": self.met}


def verdicts_on(benches: list[Bench]) -> list[Verdict]:
    """All verdicts on pages, sizes from small to large."""
    found: list[Verdict] = []
    for bench in benches:
        for key, figures in bench.figures.items():
            found += _on_scene(bench.size, key, figures)
        found += _within(bench)
    for small, large in zip(benches, benches[1:], strict=False):
        found += _growth(small, large)
    return found


def _ratio(size: int, scene: str, what: str, value: float, beside: float, target: float) -> Verdict:
    return Verdict(size, scene, what, value, beside, value / beside if beside else 0.0, target)


def _on_scene(size: int, key: tuple[str, str], figures: Figures) -> list[Verdict]:
    part, scene = key[0], f"{key[0]} {key[1]}"
    page, sql = figures.median("page"), figures.median("sql")
    queries = {"list": LIST_QUERIES, "search": SEARCH_QUERIES, "detail": DETAIL_QUERIES}[part]
    found = [
        Verdict(size, scene, "queries of the page", figures.queries, None, figures.queries, queries)
    ]
    if figures.wrong_rows:
        found.append(Verdict(size, scene, f"rows: {figures.wrong_rows}", 1, None, 1, 0))
    minimal = figures.median("minimal")
    if part == "search":
        return [
            *found,
            _ratio(size, scene, "SQL / minimal view", sql, minimal, SEARCH_SQL_TO_MINIMAL),
            _ratio(size, scene, "page / minimal view", page, minimal, SHORT_PAGE_TO_MINIMAL),
        ]
    found.append(_ratio(size, scene, "SQL / bare SQL", sql, figures.median("raw"), SQL_TO_RAW))
    found.append(_ratio(size, scene, "page / minimal view", page, minimal, PAGE_TO_MINIMAL))
    return found


def _within(bench: Bench) -> list[Verdict]:
    """Comparisons of scenes of one database."""
    found = []

    def compare(part: str, name: str, other: tuple[str, str], target: float) -> None:
        one, two = bench.figures.get((part, name)), bench.figures.get(other)
        if one and two:
            for what in ("page", "sql"):
                found.append(
                    _ratio(
                        bench.size,
                        f"{part} {name}",
                        f"{what} / {what} of {other[0]} {other[1]}",
                        one.median(what),
                        two.median(what),
                        target,
                    )
                )

    for name in ("region", "group"):
        compare("list", f"{name}, deep page", ("list", name), DEEP_TO_FIRST)
    compare("list", "old region", ("list", "region"), OLD_TO_ORDINARY)
    for part, name in bench.figures:
        if part == "search" and name.startswith("old region: "):
            compare(part, name, (part, name.removeprefix("old ")), OLD_TO_ORDINARY)
        if part == "search" and _is_exact(name):
            one, two = bench.figures[part, name], bench.figures.get(("list", "region"))
            if two:
                found.append(
                    _ratio(
                        bench.size,
                        f"{part} {name}",
                        "page / page of list region",
                        one.median("page"),
                        two.median("page"),
                        EXACT_TO_LIST,
                    )
                )
    return found


def _is_exact(name: str) -> bool:
    text = name.partition(": ")[2]
    return text == "telephone" or text.isdecimal()


def _growth(small: Bench, large: Bench) -> list[Verdict]:
    def kind(key: tuple[str, str]) -> tuple[str, str]:
        # The four digits searched for are another customer's in each database.
        name = key[1]
        return (key[0], "region: digits") if name.rpartition(" ")[2].isdecimal() else key

    before = {kind(key): figures for key, figures in small.figures.items()}
    found = []
    for key, figures in large.figures.items():
        other = before.get(kind(key))
        if other:
            found.append(
                _ratio(
                    large.size,
                    f"{key[0]} {kind(key)[1]}",
                    f"page / page at {small.size:,}",
                    figures.median("page"),
                    other.median("page"),
                    GROWTH,
                )
            )
    return found
