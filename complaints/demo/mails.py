"""Mails of the demonstration that wait to be registered."""

import datetime as dt
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

from complaints.models import Mailbox
from complaints.services.mailbox import take_in
from customers.demo.parts import Scene

BOX = "demonstration"
# Name, subject, words, hours ago.
MAILS = (
    (
        "陈女士",
        "地下车库顶板漏水，车被滴花",
        "您好，我是3栋2单元1201的业主。地下二层B2-118车位上方一直滴水，已经把车漆滴花了，请尽快"
        "派人查看。\n我的电话 13800005507，白天都方便。",
        3,
    ),
    (
        "刘先生",
        "咨询产证办理进度",
        "请问我们这一批的不动产权证什么时候可以办理？需要准备哪些材料？谢谢。",
        20,
    ),
    (
        "周女士",
        "表扬物业小李",
        "昨晚家里水管爆裂，值班的小李十分钟就到了，帮忙关阀、清水到半夜，请一定转达感谢！",
        27,
    ),
)


def write_mails(cursor: Any, scene: Scene) -> dict[str, int]:
    """Three mails of owners: a complaint, a question, a praise."""
    box, _made = Mailbox.objects.get_or_create(name=BOX)
    for number, (name, title, text, hours) in enumerate(MAILS, start=1):
        message = EmailMessage(policy=SMTP)
        message["From"] = f"{name} <owner{number}@example.com>"
        message["Subject"] = title
        message["Message-ID"] = f"<{scene.seed}.{number}@example.com>"
        message.set_content(text)
        take_in(message.as_bytes(), box=box, at=scene.now - dt.timedelta(hours=hours))
    return {"mails": len(MAILS)}
