"""Which request a background task belongs to, in every line it logs, and a line when it ends.

The id of the request travels in the headers of the broker's message. What a task was given is not
logged: arguments may name people.
"""

import logging
import time
from typing import Any

import structlog
from celery.signals import before_task_publish, task_postrun, task_prerun

log = logging.getLogger("crm.task")

HEADER = "crm_request"
JOB_TASKS = "core.run"  # tasks whose first argument is the number of a job

_running: dict[str, tuple[float, Any]] = {}


@before_task_publish.connect
def hand_request_on(headers: dict[str, Any] | None = None, **_more: Any) -> None:
    """Put the id of the present request into the message."""
    request = structlog.contextvars.get_contextvars().get("request")
    if headers is not None and request:
        headers[HEADER] = request


@task_prerun.connect
def begin(task_id: str = "", task: Any = None, args: Any = (), **_more: Any) -> None:
    """Name the task, its job and the request behind it in all that is logged from here on."""
    facts = {"task": task.name, "task_id": task_id}
    message = task.request
    request = getattr(message, HEADER, None) or (message.headers or {}).get(HEADER)
    if request:
        facts["request"] = request
    if args and task.name.startswith(JOB_TASKS) and isinstance(args[0], int):
        facts["job"] = args[0]
    tokens = structlog.contextvars.bind_contextvars(**facts)
    _running[task_id] = (time.monotonic(), tokens)


@task_postrun.connect
def end(task_id: str = "", state: str | None = None, **_more: Any) -> None:
    """One line about the task, then forget what belonged to it."""
    began, tokens = _running.pop(task_id, (None, None))
    if began is None:
        return
    milliseconds = round((time.monotonic() - began) * 1000)
    log.info("task", extra={"state": state or "LOST", "ms": milliseconds})
    structlog.contextvars.reset_contextvars(**(tokens or {}))
