"""What people are told about customers."""

from django.utils.translation import gettext_lazy as _

from core.notices import EventKind, NoticeKind, register_event, register_kind

register_kind(
    NoticeKind(
        "customers.shared",
        _("A customer was shared with you"),
        mail=True,
        sample={"by": "周敏", "until": "2026-12-31"},
    )
)
register_event(EventKind("customer.created", _("A customer was entered")))
register_event(EventKind("customer.changed", _("A customer was changed")))
register_event(EventKind("customer.merged", _("A customer was merged into another one")))
