"""What people are told about other systems."""

from django.utils.translation import gettext_lazy as _

from core.notices import NoticeKind, register_kind

register_kind(
    NoticeKind(
        "api.webhook_stopped",
        _("A webhook was switched off for failing"),
        mail=True,
        sample={"name": "数据总线"},
    )
)
