"""What people are told about approvals."""

from datetime import UTC, datetime
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from core.notices import EventKind, NoticeKind, register_event, register_kind

PAPER = {
    "title": "业主亲子运动会",
    "applicant": "周敏",
    "unit": "武汉云麓天境",
    "amount": Decimal("2800.00"),
}
SOON = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
CALL = {"called_at": datetime(2026, 11, 20, 2, 0, tzinfo=UTC), "sign_by": SOON}

for _key, _title, _mail, _sample in (
    ("to_decide", _("A paper waits for your decision"), True, {"step": "商务核签", "due_at": SOON}),
    ("late", _("A time limit for your decision has passed"), True,
     {"step": "商务核签", "due_at": SOON}),
    ("urged", _("Somebody urges you to decide"), True, {"by": "周敏", "reason": "活动在周六"}),
    ("ended", _("Your paper was decided"), True, {"state": "approved", "by": "宋涛"}),
    ("sent_back", _("Your paper was sent back"), True, {"by": "宋涛", "reason": "请补充方案"}),
    ("copied", _("You got a copy of a paper"), False, {}),
    ("remarked", _("Somebody commented on a paper"), False,
     {"by": "赵琳", "comment": "客户为重点业主"}),
    ("withdrawn", _("A paper that waited for you was withdrawn"), False, {}),
    ("voided", _("A paper that you decided has changed"), True, {}),
    ("to_sign", _("A decision of yours by telephone waits for your signature"), True,
     {"recorded_by": "冯洁", "witness": "赵琳"} | CALL),
    ("unsigned", _("A decision by telephone was not signed in time"), True,
     {"approver": "高翔"} | CALL),
):  # fmt: skip
    register_kind(NoticeKind(f"approvals.{_key}", _title, mail=_mail, sample=PAPER | _sample))
register_event(EventKind("approval.decided", _("An approval was decided")))
