"""Logs: one JSON object a line on standard error, without personal data.

Telephone and identity numbers never belong in a log; the filter is the net below that rule. Line
ends inside a message are escaped by JSON, so that nobody can forge a line.
"""

import logging
import re
from typing import Any

import structlog
from structlog.typing import EventDict

PERSONAL = re.compile(
    r"(?<![0-9A-Za-z])(?:(?:\+?86)?1[3-9]\d{9}|\d{17}[\dXx]|\d{15})(?![0-9A-Za-z])"
)
REPLACEMENT = "[personal]"
# PostgreSQL quotes whole rows, names and all, where it explains an error.
ROWS = re.compile(r"^(\s*(?:DETAIL|CONTEXT):).*$", re.MULTILINE)


def scrub(text: str) -> str:
    """The text without anything that looks like a phone or identity number or quotes a row."""
    return PERSONAL.sub(REPLACEMENT, ROWS.sub(rf"\1 {REPLACEMENT}", text))


class PersonalDataFilter(logging.Filter):
    """Replace numbers of persons in messages, arguments and tracebacks before they are written."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = scrub(record.getMessage())
        record.args = ()
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = scrub(record.exc_text)
            record.exc_info = None
        return True


# What a message may bring along besides its text, by `extra=`.
FACTS = ("method", "route", "status", "ms", "user", "state")


def _facts(logger: Any, name: str, event: EventDict) -> EventDict:
    record = event.get("_record")
    for fact in FACTS:
        if record is not None and (value := getattr(record, fact, None)) is not None:
            event[fact] = value
    return event


def _traceback(logger: Any, name: str, event: EventDict) -> EventDict:
    record = event.get("_record")
    if record is not None and record.exc_text:
        event["traceback"] = record.exc_text
    return event


class JsonFormatter(structlog.stdlib.ProcessorFormatter):
    """JSON lines with time (UTC), level, logger and the request's id."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(
            foreign_pre_chain=[
                structlog.contextvars.merge_contextvars,
                structlog.stdlib.add_log_level,
                structlog.stdlib.add_logger_name,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                _facts,
                _traceback,
            ],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
