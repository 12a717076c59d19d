"""What people are told about bulletins and tasks."""

from datetime import UTC, date, datetime

from django.utils.translation import gettext_lazy as _

from core.notices import NoticeKind, register_kind

TITLE = {"title": "关于规范客户回访记录的通知"}

register_kind(NoticeKind("compliance.bulletin", _("A bulletin was published"), sample=TITLE))
register_kind(
    NoticeKind(
        "compliance.bulletin_to_confirm",
        _("A bulletin asks you to confirm that you have read it"),
        mail=True,
        sample=TITLE | {"confirm_by": date(2026, 12, 4)},
    )
)
register_kind(
    NoticeKind(
        "compliance.task",
        _("You were given a task"),
        mail=True,
        sample={
            "title": "核对重点客户联系方式",
            "due_at": datetime(2026, 12, 4, 10, tzinfo=UTC),
            "name": "李敏",
        },
    )
)
register_kind(
    NoticeKind(
        "compliance.task_done",
        _("A task that you gave was finished"),
        sample={"title": "核对重点客户联系方式", "name": "周敏"},
    )
)
register_kind(
    NoticeKind(
        "compliance.rule_review",
        _("The yearly review of a rule comes near"),
        mail=True,
        sample={"title": "客户回访管理办法", "day": date(2026, 12, 31)},
    )
)
