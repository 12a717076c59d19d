"""A word from a worker's head to its children: we are being shut down, put your work back.

One byte of memory that both share, because the children are forked after this module was
imported. Signals do not reach them (Celery sends them none on a warm shutdown), the broker may be
gone, and asking the database for it at every step would cost a query.
"""

import mmap

_flag = mmap.mmap(-1, 1)  # anonymous and shared


def announce() -> None:
    """Tell every child of this process to leave its work at the next step."""
    _flag[0] = 1


def take_back() -> None:
    """Forget the announcement (a test's need: a real process that leaves does not come back)."""
    _flag[0] = 0


def is_announced() -> bool:
    """Whether the worker of this process is being shut down."""
    return bool(_flag[0])
