"""What the database itself refuses: changing what was booked, and handing down more than there is.

No page, command or slip of the code may rewrite a line of the ledger or of a budget; mistakes are
corrected by lines against them (EXP-11).
"""

import pgtrigger

_REFUSAL = """
    RAISE EXCEPTION '{table} is append-only' USING ERRCODE = 'check_violation';
"""
# A parent may not have handed down anything but what its children were allotted. The parents are
# those of the row as it was and as it is, and the row itself, whose own sum may have been changed.
_CHILDREN = """
    SELECT p.id INTO wrong FROM expenses_budget p
    WHERE p.id = ANY({parents}) AND p.handed_down <>
        (SELECT coalesce(sum(c.allotted), 0) FROM expenses_budget c WHERE c.parent_id = p.id)
    LIMIT 1;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'budget % has not handed down what its children have', wrong
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
"""


def append_only(table: str, *, movable: bool = False, brought: bool = False) -> list:
    """Triggers that keep the rows of a table as they were written.

    `movable` lets the derived scope columns follow the tree; `brought` lets rows of the kind
    "import" be deleted, so that a file of former times can be taken back.
    """
    refusal = _REFUSAL.format(table=table)
    return [
        pgtrigger.Trigger(
            name="no_update",
            when=pgtrigger.Before,
            operation=pgtrigger.Update,
            condition=(
                pgtrigger.AnyChange(exclude=["region", "city", "project"]) if movable else None
            ),
            func=refusal,
        ),
        pgtrigger.Trigger(
            name="no_delete",
            when=pgtrigger.Before,
            operation=pgtrigger.Delete,
            condition=pgtrigger.Condition("OLD.kind <> 'import'") if brought else None,
            func=refusal,
        ),
    ]


def children_match() -> list[pgtrigger.Trigger]:
    """Deferred checks: at the end of a transaction every budget that was touched has handed down
    exactly what its children are allotted. Reserving and spending do not fire them."""
    return [
        pgtrigger.Trigger(
            name=f"children_{word}",
            when=pgtrigger.After,
            operation=operation,
            timing=pgtrigger.Deferred,
            condition=condition,
            declare=[("wrong", "bigint")],
            func=_CHILDREN.format(parents=f"ARRAY[{parents}]::bigint[]"),
        )
        for word, operation, condition, parents in (
            ("insert", pgtrigger.Insert, None, "NEW.parent_id, NEW.id"),
            (
                "update",
                pgtrigger.Update,
                pgtrigger.AnyChange("allotted", "handed_down", "parent"),
                "OLD.parent_id, NEW.parent_id, NEW.id",
            ),
            ("delete", pgtrigger.Delete, None, "OLD.parent_id"),
        )
    ]
