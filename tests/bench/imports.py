"""The import of a large workbook: the product's command beside bare reading and COPY.

Each runs as a process of its own, in a copy of the database, so that its memory is its own and
the data stay as they were.
"""

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random

import xlsxwriter
from django.conf import settings
from django.db import connection

from customers.demo import names as words
from customers.demo.names import Names
from customers.models import Customer
from tests.bench import data, servers

HEADS = (
    "区域", "城市公司", "项目", "楼栋", "单元", "房号", "业主姓名", "性别", "证件类型", "证件号码",
    "手机号码", "备用电话", "签约日期", "交付日期", "建筑面积(㎡)", "合同总价(元)", "付款方式",
    "客户等级", "备注",
)  # fmt: skip
KNOWN = 0.2  # of the rows name a person the archive has already
NEW_BUILDING = 500


@dataclass(frozen=True, slots=True)
class Import:
    """One finished import. `cpu` is its process's own work in seconds, `peak` its largest memory
    in MB, children included."""

    rows: int
    seconds: float
    cpu: float
    peak: float
    report: dict[str, object]

    @property
    def rows_a_second(self) -> float:
        return self.rows / self.seconds


def workbook(size: int, rows: int) -> Path:
    """A workbook of owners for the database of a size; written once, kept beside the servers."""
    path = Path(settings.CRM_HOME) / f"owners-{size}-{rows}-{data.VERSION}.xlsx"
    if path.exists():
        return path
    servers.use(data.database_of(size))
    draft = path.with_suffix(".tmp")
    with xlsxwriter.Workbook(str(draft), {"constant_memory": True}) as book:
        sheet = book.add_worksheet("业主档案")
        sheet.write_row(0, 0, HEADS)
        for number, row in enumerate(_rows(rows), start=1):
            sheet.write_row(number, 0, row)
    draft.rename(path)
    return path


def _rows(count: int):  # noqa: ANN202
    draw = Random(count)
    names = Names(Random(count + 2))
    known = list(
        Customer.objects.filter(kind="person")
        .select_related("subject")
        .order_by("pk")[: int(count * KNOWN)]
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT r.name, c.name, p.name FROM regions_orgunit p"
            " JOIN regions_orgunit c ON c.id = p.parent_id"
            " JOIN regions_orgunit r ON r.id = c.parent_id WHERE p.kind = 'project' ORDER BY p.id"
        )
        projects = cursor.fetchall()
    for number in range(count):
        flat, project = divmod(number, len(projects))
        person = known[number // 5] if number % 5 == 0 and number // 5 < len(known) else None
        gender = names.gender()
        name = person.name if person else names.person(gender)
        identity = person.clear("identity") if person else names.identity(gender, data.NOW.date())
        phone = person.clear("phone") if person else names.phone().removeprefix("+86")
        yield (
            *projects[project],
            f"{NEW_BUILDING + flat // 100}栋",
            f"{flat % 100 // 50 + 1}单元",
            f"{flat % 50 // 2 + 1}{flat % 2 + 1:02}",
            name,
            gender,
            "身份证",
            identity,
            phone,
            "",
            f"20{draw.randrange(15, 25)}-{draw.randrange(1, 13):02}-{draw.randrange(1, 28):02}",
            "2026-03-01",
            draw.choice(words.AREAS) + 0.5,
            draw.randrange(800_000, 9_000_000),
            draw.choice(words.PAYMENT_METHODS),
            "普通",
            "",
        )


def run(size: int, rows: int) -> tuple[Import, Import]:
    """(product, bare), each in a fresh copy of the database of this size."""
    path = workbook(size, rows)
    product = _run(size, rows, ["manage.py", "import_file", "owners", str(path), "--json"])
    bare = _run(size, rows, ["-m", "tests.bench.bare_import", str(path)])
    return product, bare


def _run(size: int, rows: int, words_: list[str]) -> Import:
    with servers.copy_of(data.database_of(size), "bench_import") as copy:
        environment = {**os.environ, **servers.environment(copy)}
        started = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, *words_],
            cwd=servers.ROOT,
            env=environment,
            stdout=subprocess.PIPE,
        )
        output = process.stdout.read() if process.stdout else b""
        _pid, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - started
        if process.returncode:
            raise RuntimeError(f"{words_} ended with {process.returncode}")
    report = json.loads(output)
    report.pop("errors", None)
    report.pop("warnings", None)
    cpu = usage.ru_utime + usage.ru_stime
    return Import(rows, seconds, cpu, usage.ru_maxrss / 1024, report)
