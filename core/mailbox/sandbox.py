"""The process in which mails are taken apart: ``python -m core.mailbox.sandbox``.

Anybody can send a mail whose parts or headers keep a parser busy for hours. This process has bounds
of memory and time set by the system, no environment and no database: such a mail makes it die, and
is refused; the worker lives. The mail comes in on standard input, what it says goes out as JSON.
"""

from __future__ import annotations

import base64
import contextlib
import json
import resource
import subprocess
import sys
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from core.mailbox.letter import Enclosed, Letter, Unreadable, read_letter

SECONDS: Final = 60
_CPU_SECONDS: Final = 20
_MEMORY: Final = 768 * 1024 * 1024
_ROOT: Final = Path(__file__).resolve().parents[2]
_HEAD: Final = "--head"


def read_safely(raw: bytes, *, whole: bool = True, seconds: int = SECONDS) -> Letter:
    """Take a mail apart in a process of its own, as read_letter does. Raises Unreadable."""
    try:
        answer = subprocess.run(  # noqa: S603 - our own module, no shell
            [sys.executable, "-s", "-P", "-m", "core.mailbox.sandbox", *([] if whole else [_HEAD])],
            input=raw,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # Nothing of ours: neither the database's address nor secrets.
            env={"PYTHONPATH": str(_ROOT), "LC_ALL": "C.UTF-8"},
            timeout=seconds,
            check=False,
        ).stdout
    except subprocess.TimeoutExpired:
        raise Unreadable("takes too long") from None
    try:
        return _from_json(json.loads(answer))
    except (ValueError, KeyError, TypeError):
        raise Unreadable("the reading process died") from None


def _from_json(facts: dict[str, Any]) -> Letter:
    if "unreadable" in facts:
        raise Unreadable(facts["unreadable"])
    sent_at = facts["sent_at"]
    return Letter(
        **facts
        | {
            "recipients": tuple(facts["recipients"]),
            "sent_at": datetime.fromisoformat(sent_at) if sent_at else None,
            "fingerprint": base64.b64decode(facts["fingerprint"]),
            "files": tuple(
                Enclosed(**one | {"content": base64.b64decode(one["content"])})
                for one in facts["files"]
            ),
        }
    )


def main() -> None:
    """Bind this process, read standard input, write what the mail says."""
    for kind, bound in (
        (resource.RLIMIT_AS, _MEMORY),
        (resource.RLIMIT_CPU, _CPU_SECONDS),
        (resource.RLIMIT_CORE, 0),
    ):
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (bound, bound))
    try:
        facts = asdict(read_letter(sys.stdin.buffer.read(), whole=_HEAD not in sys.argv))
    except (Unreadable, MemoryError) as refusal:
        facts = {"unreadable": str(refusal) or type(refusal).__name__}
    json.dump(facts, sys.stdout, ensure_ascii=True, default=_plain)


def _plain(value: object) -> str:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(type(value).__name__)


if __name__ == "__main__":
    main()
