"""Files of answers as agencies send them, and the scoring as the command line does it."""

import json
from collections.abc import Iterable, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

from django.core.management import call_command

from satisfaction.models import (
    Analysis,
    Comparison,
    Driver,
    IndicatorScore,
    ItemScore,
    ScoringRun,
    UnitScore,
)
from tests.customers.files import import_file, table, write_xlsx

SAMPLE = Path(__file__).parent / "sample"
TREE = Path(__file__).parents[1] / "complaints" / "sample" / "组织架构.xlsx"
ANSWERS = SAMPLE / "满意度调查原始数据_GBK.csv"
HEADS = (
    "样本编号 项目编码 客户阶段 访问日期 Q1总体满意度 Q2销售服务 Q3物业服务 重要度_销售服务 "
    "重要度_物业服务 推荐意愿(0-10) 意见建议"
).split()


def answer(number: str = "S1", **more: Any) -> dict[str, Any]:
    """A good row of the north's first project, changed by head."""
    row = {
        "样本编号": number,
        "项目编码": "N1A",
        "客户阶段": "准业主",
        "访问日期": "2026-09-11",
        "Q1总体满意度": 4,
        "Q2销售服务": 4,
        "Q3物业服务": 2,
        "重要度_销售服务": 5,
        "重要度_物业服务": 3,
        "推荐意愿(0-10)": 9,
        "意见建议": "停车位太少",
    }
    return row | more


def survey_file(path: Path, rows: Iterable[dict[str, Any]], heads: Sequence[str] = ()) -> Path:
    """A workbook with these rows; heads that only rows name come last."""
    rows = list(rows)
    more = [head for row in rows for head in row if head not in HEADS]
    return write_xlsx(path, {"数据": table(heads or [*HEADS, *dict.fromkeys(more)], rows)})


def import_survey(path: Path, *arguments: str, wave: str = "2026-H2") -> dict[str, Any]:
    return import_file("survey", path, "--wave", wave, *arguments)


def scored(wave: str = "2026-H2", *arguments: str) -> dict[str, Any]:
    """What `score_satisfaction --json` prints."""
    out = StringIO()
    call_command("score_satisfaction", "--wave", wave, *arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


def bytes_of(run: ScoringRun) -> list:
    """Everything that both passes of a run have written, without keys, to be compared."""
    found: list = [Analysis.objects.get(run=run).checksum, run.checksum]
    for model in (UnitScore, ItemScore, IndicatorScore, Driver, Comparison):
        found += sorted(
            repr([(f.name, getattr(one, f.attname)) for f in model._meta.fields[2:]])
            for one in model.objects.filter(run=run)
        )
    return found
