"""A process that rotates the master key and is killed at a named point (tests/core/test_keys.py).

    python -m tests.core.key_rotator DATABASE POINT

Points: "file" while the new key file is being written, "used" after the file has the new key and
before any row is wrapped, "batch" inside the second batch, before its commit, "" never.
"""

import os
import signal
import sys
from typing import Any


def die(*_args: Any, **_more: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main(database: str, point: str) -> None:
    import django

    django.setup()
    from django.db import connection

    connection.settings_dict["NAME"] = database
    from core import keys

    keys.BATCH = 10
    if point == "file":
        keys.os.replace = die  # type: ignore[attr-defined]
    if point == "used":
        real, asked = keys.rewrap, iter(range(10))
        # The first call looks for what an interrupted rotation left.
        keys.rewrap = lambda: die() if next(asked) else real()  # type: ignore[assignment,func-returns-value]
    if point == "batch":
        rows = keys.SubjectKey.objects
        whole = type(rows).bulk_update
        calls = iter(range(10))

        def second_dies(self: Any, *args: Any, **more: Any) -> Any:
            done = whole(self, *args, **more)
            if next(calls) == 1:
                die()
            return done

        type(rows).bulk_update = second_dies  # type: ignore[method-assign]
    sys.stdout.write(" ".join(map(str, keys.rotate())))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
