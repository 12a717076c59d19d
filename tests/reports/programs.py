"""What programs are told of figures, beside the pages of the same reader and counted again."""

from collections import defaultdict
from decimal import Decimal
from typing import Any

from django.test import Client
from django.utils import timezone

from accounts.models import User
from api.figures import DIMENSIONS
from core import display
from regions.models import OrgUnit
from reports.dashboard.forms import VIEW
from reports.dashboard.tiles import written
from reports.metrics.perimeter import Perimeter
from reports.metrics.periods import read_period
from reports.metrics.reading import rows_behind
from reports.metrics.registry import METRICS, Kind
from tests.api.conftest import Program

DRAWN = {"contacts", "response_on_time"}  # a page takes its time
SURVEY, VISITS = "satisfaction", "strategic_due"


def same_as_pages(client: Client, reader: User, top: str, key: str = "") -> set[str]:
    """Compare every figure of a unit, and of one below it, with the dashboard of the reader; of the
    first also every part with its chart and with its rows, and every part by unit with the figure
    of that unit. Returns the metrics of which something was told by a dimension."""
    client.logout()
    client.force_login(reader)
    program, seen = Program(reader), set()
    reader = User.objects.get(pk=reader.pk)
    period = read_period(key, timezone.localdate()).key
    reached = OrgUnit.objects.visible_to(reader, VIEW).in_tree_order()
    units = [reached.get(code=top), list(reached)[-1]]
    for unit in units:
        asked = {"unit": unit.code, "period": period}
        found = _figures(program, asked)
        _tiles(client, asked, found)
        if unit.code == top:
            _tiles(client, asked | {"only": "true"}, _figures(program, asked | {"only": "true"}))
            seen |= _dimensions(client, program, reader, unit, asked, found)
            _units(program, asked, found)
    return seen


def _figures(program: Program, asked: dict[str, Any]) -> dict[str, dict[str, Any]]:
    answer = program.get("metrics/figures/", **asked)
    assert answer.status_code == 200, answer.content
    return {one["metric"]: one for one in answer.json()["figures"]}


def _page(client: Client, asked: dict[str, Any], **more: str) -> Any:
    query = {name: value for name, value in asked.items() if name != "only"} | more
    return client.get("/reports/", query | ({"only": "on"} if "only" in asked else {})).context


def said(figure: dict[str, Any]) -> str | None:
    """A figure of the API as the page writes it."""
    key, value = figure["metric"], figure["value"]
    if value is None:
        return None
    if key == SURVEY:
        return display.score(float(value))
    return f"{int(value):,}" if key == VISITS else written(METRICS[key], Decimal(value), short=True)


def _tiles(client: Client, asked: dict[str, Any], found: dict[str, dict[str, Any]]) -> None:
    context = _page(client, asked)
    tiles = {tile.key: tile for _label, several in context["groups"] for tile in several}
    told = {key: said(one) for key, one in found.items() if key in tiles}
    assert told == {key: tile.value for key, tile in tiles.items()}, asked
    assert {key for key in found if found[key]["value"] is not None} <= {
        *tiles, *(key for key, metric in METRICS.items() if not metric.tile)
    }  # fmt: skip
    survey = (found.get(SURVEY) or {}).get("survey")
    if survey and survey["low"]:
        low, high = (display.score(float(survey[bound])) for bound in ("low", "high"))
        assert f"{low} to {high}" in tiles[SURVEY].change or f"{low}–{high}" in (
            tiles[SURVEY].change.replace(" 至 ", "–").replace("至", "–").replace(" ", "")
        )


def _dimensions(
    client: Client,
    program: Program,
    reader: User,
    unit: OrgUnit,
    asked: dict[str, Any],
    found: dict[str, dict[str, Any]],
) -> set[str]:
    seen: set[str] = set()
    told: dict[str, dict[str, dict[str, Any]]] = {}
    for key in [key for key in found if key in DIMENSIONS]:
        metric, by = METRICS[key], DIMENSIONS[key]
        if by not in told:
            told[by] = _figures(program, asked | {"by": by})
        parts = told[by][key]["parts"]
        charts = {}
        if key in DRAWN and _runs(asked):
            charts = {one.key: one for one in _page(client, asked, metric=key)["charts"]}
        if "parts" in charts:
            rows = [(row.label, row.text) for row in charts["parts"].rows]
            texts = [(one["label"], _text(metric, one["value"])) for one in parts]
            assert texts == rows, (key, asked)
        if not metric.once and (metric.kind == Kind.FLOW or _runs(asked)):
            assert _sums(parts, metric) == _counted(reader, unit, asked, metric), (key, asked)
            seen |= {key} if parts else set()
    return seen


def _runs(asked: dict[str, Any]) -> bool:
    return read_period(asked["period"], timezone.localdate()).runs


def _text(metric: Any, value: str | None) -> str | None:
    return written(metric, None if value is None else Decimal(value))


def _sums(parts: list[dict[str, Any]], metric: Any) -> dict[str, tuple[Decimal, Decimal]]:
    return {
        one["key"]: (Decimal(one["numerator"]), Decimal(one["denominator"]))
        if metric.is_share
        else (Decimal(one["value"]), Decimal(0))
        for one in parts
    }


def _counted(reader: User, unit: OrgUnit, asked: dict[str, Any], metric: Any) -> Any:
    """The same from the rows behind the figure, each added to the part it says it belongs to."""
    period = read_period(asked["period"], timezone.localdate())
    perimeter = Perimeter(reader, unit, day=period.end)
    rows = rows_behind(perimeter, period, metric)
    sums: dict[str, list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for adds in metric.adds(rows, period.first, period.last).values():
        sums[adds.part][0] += adds.numerator
        sums[adds.part][1] += adds.denominator
    return {part: (above, below) for part, (above, below) in sums.items()}


def _units(program: Program, asked: dict[str, Any], found: dict[str, dict[str, Any]]) -> None:
    """A unit below has the figure that it has alone."""
    alone: dict[tuple[str, bool], dict[str, dict[str, Any]]] = {}
    for key, figure in _figures(program, asked | {"by": "unit"}).items():
        assert {name: value for name, value in figure.items() if name != "parts"} == {
            name: value for name, value in found[key].items() if name != "parts"
        }
        if key != SURVEY:
            assert (figure["parts"] is None) == (
                (figure["own_rows"] and key != VISITS) or _is_unknown(key, figure)
            ), key
        for part in figure["parts"] or ():
            itself = part["key"] == asked["unit"]
            where = asked | {"unit": part["key"]} | ({"only": "true"} if itself else {})
            if (part["key"], itself) not in alone:
                alone[part["key"], itself] = _figures(program, where)
            own = alone[part["key"], itself][key]
            assert (part["value"], part["survey"]) == (own["value"], own["survey"]), (key, where)


def _is_unknown(key: str, figure: dict[str, Any]) -> bool:
    """A stock of which nobody took a snapshot, or what is told of one."""
    if figure["value"] is not None or key not in METRICS:
        return False
    return METRICS[key].kind == Kind.STOCK or METRICS[key].once == "last"


def same_as_months(program: Program, unit: str, months: list[str]) -> None:
    """A series is what each of its months says by itself."""
    for more in ({"by": "unit"}, {"by": "level", "metric": ["customers", "complaints_opened"]}):
        asked = {"unit": unit, "since": months[0], "until": months[-1]} | more
        series = program.get("metrics/series/", **asked).json()
        assert [one["period"] for one in series["months"]] == months
        for month in series["months"]:
            query = {"unit": unit, "period": month["period"]} | more
            single = program.get("metrics/figures/", **query).json()
            running = month["period"] == f"{timezone.localdate():%Y-%m}"
            for one, other in zip(month["figures"], single["figures"], strict=True):
                if one["metric"] == VISITS and not running:
                    assert (one["value"], one["as_of"], one["parts"]) == (None, None, None)
                else:
                    assert one == other
            rest = ("first", "last", "period", "frozen_months")
            assert [month[name] for name in rest] == [single[name] for name in rest]
