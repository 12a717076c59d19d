"""Categories of expenses, kept by who holds the right over the whole group: data, not code.

What applications bear is never deleted, only no longer offered (EXP-01).
"""

from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from audit.services import record
from core.errors import Refused
from core.locking import lock
from core.scope import scope_of
from expenses.models import Category

ADD, CHANGE = "expenses.add_category", "expenses.change_category"
FIELDS = (
    *("code", "name", "family", "fields", "customers", "case", "beneficiary", "gifts", "event"),
    *("evidence_days", "evidence_kinds", "ceiling_policy", "words", "position", "is_offered"),
)


@transaction.atomic
def save(category: Category | None, *, by: Any, **values: Any) -> Category:
    """Write a category; None makes a new one. `values` are fields of Category; a code stays.

    Raises Refused without the right over the whole group, and for a name or code that exists.
    """
    right = CHANGE if category else ADD
    if by is not None and not scope_of(by, right).everything:
        raise Refused(_("You may not change categories of expenses."))
    row = Category() if category is None else lock(Category.objects.filter(pk=category.pk)).get()
    for name, value in values.items():
        if name not in FIELDS:
            raise LookupError(name)
        if name == "code" and category is not None:
            continue
        setattr(row, name, value)
    row.name = row.name.strip()
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise Refused(_("There is a category of this name or code already.")) from error
    record("expense_category.saved", by=by, subject=row, name=row.name)
    return row
