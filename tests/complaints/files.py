"""Lists of complaints as offices and service systems export them."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from tests.customers.files import table, write_xlsx

HEADS = (
    "投诉编号 受理时间 项目 房号 投诉人 联系电话 来源渠道 一级分类 二级分类 投诉级别 投诉内容 "
    "首次响应时间 处理完成时间 状态 回访满意度(1-5)"
).split()


def complaint(number: str = "TS202603020001", **more: Any) -> dict[str, Any]:
    """A good row of a closed complaint in the north's first project, changed by head."""
    row = {
        "投诉编号": number,
        "受理时间": "2026-03-02 09:00",
        "项目": "北方花园",
        "房号": "3栋2单元1201",
        "投诉人": "张三",
        "联系电话": "13900000001",
        "来源渠道": "来访",
        "一级分类": "工程质量",
        "二级分类": "渗漏",
        "投诉级别": "一般投诉",
        "投诉内容": "卫生间顶部渗水",
        "首次响应时间": "2026-03-02 10:30",
        "处理完成时间": "2026-03-04 16:00",
        "状态": "已关闭",
        "回访满意度(1-5)": 4,
    }
    return row | more


def complaints_file(path: Path, rows: Iterable[dict[str, Any]], heads: Sequence[str] = ()) -> Path:
    """A workbook with these rows; heads that only rows name come last."""
    rows = list(rows)
    more = [head for row in rows for head in row if head not in HEADS]
    return write_xlsx(path, {"投诉台账": table(heads or [*HEADS, *dict.fromkeys(more)], rows)})
