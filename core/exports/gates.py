"""Who may hold a written file back.

An app to the right registers a gate (approvals: large files need a release).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Gate:
    """`hold(job, *, rows, by, url)` says whether a file is held back, in the transaction that ends
    its job; `why_held(job)` gives the sentence for its owner, empty when he may have it."""

    hold: Callable[..., bool]
    why_held: Callable[[Any], str]


GATES: list[Gate] = []


def hold_back(job: Any, *, rows: int, by: Any, url: str) -> bool:
    """Whether a file that was just written waits for a release; `url` is the export's page."""
    return any(gate.hold(job, rows=rows, by=by, url=url) for gate in GATES)


def why_held(job: Any) -> str:
    """Why a file is not handed out; empty when it is."""
    return next(filter(None, (gate.why_held(job) for gate in GATES)), "")
