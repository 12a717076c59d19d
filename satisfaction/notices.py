"""What people are told about surveys."""

from django.utils.translation import gettext_lazy as _

from core.notices import NoticeKind, register_kind

register_kind(
    NoticeKind(
        "satisfaction.held_back",
        _("A file brought more low answers than it opens cases"),
        sample={"count": 120, "file": "满意度调查2026下半年.csv"},
    )
)
