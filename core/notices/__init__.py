"""Notices: what the product tells people by itself, in the bell and, as they like it, by mail.

    # <app>/notices.py, found by itself
    register_kind(NoticeKind("customers.handed_over", _("Customers handed over"), mail=True))

    # in a service, inside its transaction
    notify([keeper], "customers.handed_over", key=f"hand-over:{entry.pk}", url=url, count=3)

The words are templates, `templates/notices/customers/handed_over/{subject.txt,body.txt,body.html}`.
docs/notices.md tells all of it, docs/adr/0019-notices.md why.
"""

from core.notices import house  # noqa: F401  it registers the kinds of core
from core.notices.events import EVENTS, EventKind, Happening, announce, register_event
from core.notices.health import findings
from core.notices.kinds import KINDS, NoticeKind, kind_named, register_kind
from core.notices.quiet import register_working_days
from core.notices.services import Letter, mark_read, notify, notify_each

__all__ = [
    "EVENTS",
    "KINDS",
    "EventKind",
    "Happening",
    "Letter",
    "NoticeKind",
    "announce",
    "findings",
    "kind_named",
    "mark_read",
    "notify",
    "notify_each",
    "register_event",
    "register_kind",
    "register_working_days",
]
