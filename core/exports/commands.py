"""Kinds of exports that the command line offers (`manage.py export KIND`)."""

from collections.abc import Callable
from pathlib import Path

Writer = Callable[[str, Path], int]
WRITERS: dict[str, Writer] = {}


def exports(kind: str) -> Callable[[Writer], Writer]:
    """Register the function that writes a kind: `writer(unit_code, target)` returns the rows.

    It acts as the operator, with group reach; an empty code means the whole group. It raises
    Refused for an unknown unit.
    """

    def register(writer: Writer) -> Writer:
        WRITERS[kind] = writer
        return writer

    return register
