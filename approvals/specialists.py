"""Who looks after a customer that a paper is about: asked of the app that knows customers (WF-06).

    register_customers(find)     # find(code, reader) → keys of his specialists, None if unknown

A step for the specialist of the customer finds its people by the field `customer` of the paper.
"""

from collections.abc import Callable, Collection
from typing import Any

CUSTOMER = "customer"  # the field of a paper that holds the customer's code
Find = Callable[[str, Any], Collection[int] | None]
_finders: list[Find] = []


def register_customers(find: Find) -> None:
    """Say who knows customers. `reader` is who must reach the customer, None for nobody."""
    _finders[:] = [find]


def specialists_of(code: str) -> Collection[int]:
    """The people of a customer, by their keys; nobody for a code that is none."""
    return (_finders[0](code, None) or ()) if _finders and code else ()


def is_known(code: str, reader: Any) -> bool:
    """Whether somebody reaches a customer of this code."""
    return bool(_finders) and _finders[0](code, reader) is not None
