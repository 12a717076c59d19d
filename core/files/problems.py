"""What may be wrong with a file as a whole, one clear sentence each."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _

from core.errors import Refused


class FileProblem(Refused):
    """The file cannot be read, or is not what it should be; nothing was taken from it."""


#: The sentences for the codes that the reading process reports.
SENTENCES: Final = {
    "unreadable": _("There is no file “%(name)s”, or it must not be read."),
    "empty": _("The file is empty."),
    "file_bytes": _("The file is larger than %(limit)s MB. Split it into several files."),
    "kind": _("Only .xlsx and .csv files can be read. Save the file in one of these formats."),
    "old_excel": _(
        "This is an old .xls workbook or one with a password. Save it as .xlsx without a password."
    ),
    "not_xlsx": _("This is not an .xlsx workbook. Open it and save it as .xlsx."),
    "broken": _("The workbook is damaged. Open it, save it again as .xlsx, then try once more."),
    "macro": _("The workbook contains macros. Save it as .xlsx without macros."),
    "password": _("The workbook has a password. Save it without one."),
    "entity": _("The workbook contains declarations that no office program writes."),
    "entries": _("The workbook has too many parts inside. Copy the sheet into a new workbook."),
    "unpacked_bytes": _(
        "The workbook is too large when unpacked. Copy the needed rows into a new workbook."
    ),
    "ratio": _(
        "The workbook is packed suspiciously tightly. Copy the needed rows into a new workbook."
    ),
    "rows": _("The sheet has more than %(limit)s rows. Split it into several files."),
    "columns": _("The sheet has more than %(limit)s columns. Delete those that are not needed."),
    "cells": _(
        "The sheet stretches over too many cells. "
        "Copy the needed rows and columns into a new workbook."
    ),
    "too_large": _("The file needs too much memory or time to read. Split it into several files."),
    "sheet": _("There is no sheet “%(sheet)s”. The workbook has: %(choices)s."),
    "no_sheet": _("The workbook has no sheet with data."),
    "encoding": _(
        "The text of the file can be read neither as UTF-8 nor as GB18030. Save it as “CSV UTF-8”."
    ),
    "binary": _("The file contains bytes that no text has. Save it as “CSV UTF-8” or .xlsx."),
    "csv": _("A row of the file cannot be read; probably a quotation mark is missing."),
}


def problem(code: str, **details: object) -> FileProblem:
    """Return the problem of a code, its sentence filled with the details."""
    sentence = SENTENCES[code]
    return FileProblem(_filled(sentence, details) if details else sentence)


def _filled(sentence: object, details: dict[str, object]) -> str:
    return str(sentence) % details
