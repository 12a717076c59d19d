"""Files as branch offices send them, and what an import leaves behind."""

import csv
import datetime as dt
import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import connection

OWNER_HEADS = (
    "区域 城市公司 项目 楼栋 单元 房号 业主姓名 性别 证件类型 证件号码 手机号码 备用电话 "
    "签约日期 交付日期 建筑面积 合同总价 付款方式 客户等级 客户来源 备注"
).split()
ORGANISATION_HEADS = (
    "客户代码 单位名称 客户类别 客户级别 单位性质 行业类别 单位地址 邮政编码 经营规模 资产状况 "
    "联系人 职务 手机 传真 电子邮件 营销专员工号 联点领导工号 首次合作日期 履约及付款情况 "
    "客户来源 备注"
).split()
UNIT_HEADS = "层级 编码 名称 上级编码 客户关系部门名称 部门级别 项目阶段 总户数 启用日期".split()
PEOPLE_HEADS = (
    "工号 姓名 手机号 邮箱 所属组织编码 职能 是否专职 汇报对象 系统角色 入职日期 离职日期"
).split()

# Tables that say who did something and when, not what is so now. The context of the histories is
# among them: their triggers for whole statements ask for it before they know whether any row
# changed, so whether an idle run leaves one depends on the plan that PostgreSQL chose. The events
# themselves are compared.
DIARIES = {"core_importrun", "core_job", "audit_entry", "pghistory_context"}


def identity(number: int) -> str:
    """A resident identity number with a right check digit, another one for each number."""
    born = dt.date(1970, 1, 1) + dt.timedelta(days=number % 10_000)
    first = f"420106{born:%Y%m%d}{number // 10_000:03d}"
    total = sum(int(digit) * (2 ** (17 - place) % 11) for place, digit in enumerate(first))
    return first + "10X98765432"[total % 11]


def phone(number: int) -> str:
    """A mobile number, another one for each number."""
    return f"139{number:08d}"


def owner(name: str = "张三", **more: Any) -> dict[str, Any]:
    """A good row of owners in the north's first project, changed by head."""
    row = {
        "区域": "北方区域",
        "城市公司": "北方公司",
        "项目": "北方花园",
        "楼栋": "3栋",
        "单元": "2单元",
        "房号": "1201",
        "业主姓名": name,
        "证件类型": "身份证",
        "签约日期": "2023-05-01",
        "交付日期": "2024-06-30",
    }
    return row | more


def table(heads: Sequence[str], rows: Iterable[dict[str, Any]]) -> list[list[Any]]:
    """Head and rows; a row says its cells by head."""
    return [list(heads), *([row.get(head) for head in heads] for row in rows)]


def write_xlsx(path: Path, sheets: dict[str, list[list[Any]]], merged: Sequence[str] = ()) -> Path:
    """A workbook with these sheets; `merged` ranges belong to the first."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        page = book.create_sheet(title)
        for row in rows:
            page.append(row)
    for area in merged:
        book.worksheets[0].merge_cells(area)
    book.save(path)
    return path


def write_csv(path: Path, rows: list[list[Any]], encoding: str) -> Path:
    """A text file as spreadsheets save it."""
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def owners_file(path: Path, rows: Iterable[dict[str, Any]], heads: Sequence[str] = ()) -> Path:
    return write_xlsx(path, {"业主": table(heads or OWNER_HEADS, rows)})


def import_file(kind: str, path: Path, *arguments: str) -> dict[str, Any]:
    """What `manage.py import_file KIND FILE … --json` prints."""
    out = io.StringIO()
    call_command("import_file", kind, str(path), *arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


def codes(report: dict[str, Any], part: str = "errors") -> list[tuple[int, str]]:
    """(row, code) of each problem."""
    return [(problem["row"], problem["code"]) for problem in report[part]]


def tables(*schemas: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) FROM pg_tables "
            "WHERE schemaname = ANY(%s) ORDER BY 1",
            [list(schemas)],
        )
        return [name for (name,) in cursor.fetchall()]


def checksums() -> dict[str, tuple[int, str]]:
    """Rows and checksum of every table, histories too, but for an import's own diary."""
    found = {}
    with connection.cursor() as cursor:
        for name in tables("public"):
            if name.removeprefix("public.") not in DIARIES:
                rows = "string_agg(t::text, E'\\n' ORDER BY t::text)"
                cursor.execute(f"SELECT count(*), md5({rows}) FROM {name} t")
                found[name] = cursor.fetchone()
    return found


def everything_stored() -> str:
    """All rows of all tables as text, as a stolen dump shows them."""
    with connection.cursor() as cursor:
        parts = []
        for name in tables("public", "staging"):
            cursor.execute(f"SELECT string_agg(t::text, E'\\n') FROM {name} t")
            parts.append(cursor.fetchone()[0] or "")
    return "\n".join(parts)


def other_connection(user: str = "") -> psycopg.Connection:
    """A second connection to the test database, as the application or another role."""
    database = settings.DATABASES["default"]
    return psycopg.connect(
        dbname=connection.settings_dict["NAME"],
        user=user or connection.settings_dict["USER"],
        host=database["HOST"],
        port=database.get("PORT") or None,
        password=database.get("PASSWORD") or None,
        autocommit=True,
    )
