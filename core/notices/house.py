"""The kinds of notices that core itself gives."""

from django.utils.translation import gettext_lazy as _

from core.notices.kinds import NoticeKind, register_kind

register_kind(
    NoticeKind(
        "core.import_finished",
        _("Import finished"),
        sample={
            "file": "业主名册.xlsx",
            "act": "apply",
            "outcome": "done",
            "accepted": 3862,
            "rejected": 15,
        },
    )
)
register_kind(
    NoticeKind("core.export_ready", _("Export ready"), sample={"rows": 1284, "outcome": "done"})
)
