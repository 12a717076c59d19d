"""Places where the tests break the product on purpose; outside the tests they do nothing.

`CRM_FAULTS="import.batch:2:kill,job.finish:1:sleep=3"` kills the process when it passes the
point `import.batch` for the second time and holds it for three seconds at `job.finish`. The
verbs: kill (as `kill -9`), abort (as a crash in C), exit, sleep=SECONDS, raise. With a file
after the verb ("kill@/tmp/once") the fault happens while the file is absent, and makes it: once
for all processes together. A system check refuses to serve while the variable is set
(crm.E010), except for the settings of the tests.
"""

import os
import signal
import time
from collections import Counter
from pathlib import Path

VARIABLE = "CRM_FAULTS"
_passed: Counter[str] = Counter()


class Fault(Exception):
    """What the verb `raise` raises."""


def fault_point(name: str) -> None:
    """Pass a named place; does what CRM_FAULTS says about it, usually nothing."""
    faults = os.environ.get(VARIABLE)
    if not faults:
        return
    _passed[name] += 1
    for fault in faults.split(","):
        place, number, verb = fault.split(":", 2)
        if place == name and number in ("*", str(_passed[name])):
            _happen(verb)


def _happen(verb: str) -> None:
    verb, _at, once = verb.partition("@")
    if once:
        try:
            Path(once).touch(exist_ok=False)
        except FileExistsError:
            return
    what, _equals, amount = verb.partition("=")
    if what == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif what == "abort":
        os.abort()
    elif what == "exit":
        os._exit(1)
    elif what == "sleep":
        time.sleep(float(amount))
    elif what == "raise":
        raise Fault(verb)
    else:
        raise ValueError(f"{verb!r} is no fault")
