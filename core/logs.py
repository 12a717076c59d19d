"""Logs: one JSON object a line on standard error, without personal data.

Telephone and identity numbers never belong in a log; the filter is the net below that rule.
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


def scrub(text: str) -> str:
    """The text with everything that looks like a phone or identity number replaced."""
    return PERSONAL.sub(REPLACEMENT, text)


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
                _traceback,
            ],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
