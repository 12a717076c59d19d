"""A standard report for one reader: on a page, as a workbook, as a PDF file."""

from pathlib import Path
from typing import Any, Final

from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import Refused
from core.pdf import render_pdf
from reports.builder.exports import check_rows
from reports.builder.query import JOB_SECONDS, bounded
from reports.models import ReportTemplate
from reports.standard.base import NUMERIC, Found, Question, Standard
from reports.standard.heads import heads_of
from reports.standard.template import filled, shipped
from reports.standard.words import words

PAGE_ROWS: Final = 100
PAPER_ROWS: Final = 500
NARROW: Final = 3  # columns of tables that stand beside one another


def answer(standard: Standard, asked: Question, *, seconds: int = JOB_SECONDS) -> Found:
    """The report as far as the reader may see it. Raises Refused for who may not see it, or not
    of this unit, and TooSlow."""
    if not standard.opens_to(asked.reader):
        raise Refused(_("You may not see “{subject}”.").format(subject=standard.title))
    if not standard.units(asked.reader).filter(pk=asked.unit.pk).exists():
        raise Refused(_("This unit is not within your reach."))
    with bounded(seconds):
        return standard.read(asked)


def check_taking(standard: Standard, user: Any) -> None:
    """Raises Refused for a reader who may see the report but not take it away."""
    if not user.has_perm(standard.taking):
        sentence = _("You may not take “{subject}” away as a file.")
        raise Refused(sentence.format(subject=standard.title))


def name_of(standard: Standard, asked: Question) -> str:
    """What a file is called, without its ending."""
    return f"{standard.title} {asked.unit.name} {asked.period.key}"


def template_of(standard: Standard) -> bytes:
    """The workbook that the report is put into: the group's own, or the shipped one."""
    own = ReportTemplate.objects.filter(standard=standard.key, is_current=True).first()
    return bytes(own.content) if own else shipped(standard)


def write_book(
    standard: Standard, asked: Question, target: Path | None = None
) -> tuple[bytes, int]:
    """The workbook with the number of its rows, written to a file where one is named. Raises
    Refused."""
    check_taking(standard, asked.reader)
    found = answer(standard, asked)
    heads = heads_of(standard, asked, notes_of(standard, found))
    content = filled(template_of(standard), standard, found, heads)
    if target is not None:
        target.write_bytes(content)
    return content, found.count


def write_paper(standard: Standard, asked: Question) -> tuple[bytes, int]:
    """The PDF file with the number of its rows, at most PAPER_ROWS of a table. Raises Refused."""
    check_taking(standard, asked.reader)
    found = answer(standard, asked)
    check_rows(found.count)
    context = shown(standard, asked, found, PAPER_ROWS) | {
        "heads": heads_of(standard, asked, []),
        "printed_at": timezone.now(),
        "printed_by": asked.reader,
    }
    return render_pdf("reports/standard/paper.html", context), found.count


def notes_of(standard: Standard, found: Found) -> list[str]:
    """What must be known beside the figures: what is frozen, came later, or was cut."""
    titles = {table.key: str(table.title) for table in standard.tables}
    cut = _("{table}: the first {count} rows.")
    return [
        *found.notes,
        *(cut.format(table=titles[key], count=len(found.rows[key])) for key in sorted(found.cut)),
    ]


# --- pages and paper ------------------------------------------------------------------------------


def shown(standard: Standard, asked: Question, found: Found, most: int) -> dict[str, Any]:
    """What page and paper show; a table with more than `most` rows says so."""
    return {
        "standard": standard,
        "asked": asked,
        "facts": [
            {
                "label": fact.label,
                "text": words(found.facts[fact.key], fact.kind),
                "url": found.fact_links.get(fact.key, ""),
            }
            for fact in standard.facts
            if standard.tells_facts and fact.key in found.facts
        ],
        "tables": [
            _table(table, found, most) for table in standard.tables if table.key in found.rows
        ],
        "notes": notes_of(standard, found),
    }


def _table(table: Any, found: Found, most: int) -> dict[str, Any]:
    rows = found.rows[table.key]
    links = found.links[table.key] or [""] * len(rows)
    return {
        "key": table.key,
        "title": table.title,
        "is_wide": len(table.columns) > NARROW,
        "note": table.note,
        "columns": [
            {"label": one.label, "is_number": one.kind in NUMERIC} for one in table.columns
        ],
        "rows": [
            {
                "url": url,
                "cells": [
                    {
                        "text": words(value, one.kind),
                        "kind": one.kind,
                        "is_number": one.kind in NUMERIC,
                    }
                    for value, one in zip(row, table.columns, strict=True)
                ],
            }
            for row, url in zip(rows[:most], links, strict=False)
        ],
        "more": len(rows) - most if len(rows) > most else 0,
    }
