"""The indicator tree with the shares that its weights come to (SAT-10)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import Count

from satisfaction.models import Indicator


@dataclass(slots=True)
class Node:
    """An indicator among its siblings. `share` is its part of them, 0–1, `of_all` its part of the
    whole tree, both None out of use; `total` the sum of the weights of the children in use."""

    indicator: Indicator
    share: Decimal | None = None
    of_all: Decimal | None = None
    total: Decimal = Decimal(0)
    children: list["Node"] = field(default_factory=list)


def tree() -> tuple[list[Node], Decimal]:
    """The fields with all below them, and the sum of the fields' weights. One query."""
    rows = Indicator.objects.annotate(asked=Count("items")).order_by("level", "position", "pk")
    nodes: dict[int, Node] = {}
    roots: list[Node] = []
    for row in rows:
        nodes[row.pk] = Node(row)
        siblings = roots if row.parent_id is None else nodes[row.parent_id].children
        siblings.append(nodes[row.pk])
    return roots, _share(roots, Decimal(1))


def flat(roots: Iterable[Node]) -> list[Node]:
    """The nodes in the order of reading: each with all below it before the next."""
    return [one for root in roots for one in (root, *flat(root.children))]


def _share(siblings: list[Node], whole: Decimal | None) -> Decimal:
    """Work out the shares of siblings and of all below them; the sum of their weights in use."""
    total = sum((n.indicator.weight for n in siblings if n.indicator.is_active), Decimal(0))
    for node in siblings:
        if node.indicator.is_active and whole is not None:
            node.share = node.indicator.weight / total
            node.of_all = node.share * whole
        node.total = _share(node.children, node.of_all)
    return total
