"""What people are told about customers."""

from django.utils.translation import gettext_lazy as _

from core.notices import NoticeKind, register_kind

register_kind(
    NoticeKind(
        "customers.shared",
        _("A customer was shared with you"),
        mail=True,
        sample={"by": "周敏", "until": "2026-12-31"},
    )
)
