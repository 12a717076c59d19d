"""Telling others that a rule has another value, so that they work out anew what they have stored.

    @on_policy_change("complaints.*")
    def _recompute(change: PolicyChange) -> None:
        enqueue("complaints.recompute_deadlines", key=…, by=None, payload=change.payload())

Receivers run in the transaction of the change: they leave a job, they do not do the work.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from typing import Any

Receiver = Callable[["PolicyChange"], None]
RECEIVERS: list[tuple[str, Receiver]] = []


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """A rule that a unit, and what inherits from it, reads otherwise from a day on."""

    key: str
    unit_id: int
    since: date

    def payload(self) -> dict[str, Any]:
        """The same as JSON, for a job."""
        return {"rule": self.key, "unit": self.unit_id, "since": self.since.isoformat()}


def on_policy_change(pattern: str) -> Callable[[Receiver], Receiver]:
    """Register a function that is told of each change of the rules of a pattern, once, in its
    transaction. `pattern` is a key or "app.*"."""

    def register(receiver: Receiver) -> Receiver:
        if (pattern, receiver) not in RECEIVERS:
            RECEIVERS.append((pattern, receiver))
        return receiver

    return register


def tell(change: PolicyChange) -> None:
    """Tell every receiver; called by the services of policies."""
    for pattern, receiver in RECEIVERS:
        if fnmatchcase(change.key, pattern):
            receiver(change)
