"""The words that offices write into their ledgers of expenses, and what they mean here."""

import re
import unicodedata
from typing import Final

from expenses.states import State

_NOISE = re.compile(r"[\s()\[\]【】《》“”\"'·.。,,、:;_\-—/\\]+")
_STATES: Final[tuple[tuple[State, str], ...]] = (
    (State.DRAFT, "草稿 未提交 待提交 暂存 draft"),
    (
        State.IN_APPROVAL,
        "审批中 审核中 待审批 待审核 未审批 审批 流转中 会签中 已提交 待批 in_approval pending",
    ),
    (State.SENT_BACK, "已退回 退回 退回修改 待修改 sent_back"),
    (
        State.APPROVED,
        "已审批 已批准 已通过 审批通过 通过 同意 待支付 待付款 未支付 未付款 已批未付 批准 "
        "审核通过 待报销 approved",
    ),
    (
        State.REJECTED,
        "已驳回 驳回 不同意 未通过 审批不通过 不通过 已拒绝 拒绝 不批准 rejected",
    ),
    (State.WITHDRAWN, "已撤回 撤回 已撤销 撤销 已取消 取消 withdrawn"),
    (
        State.PAID,
        "已支付 支付 已付款 已付 付讫 已打款 已汇款 已发放 已报销 报销完成 支付完成 付款完成 paid",
    ),
    (State.SETTLED, "已结算 结算 已核销 核销 已结清 结清 已完结 完结 已归档 settled"),
    (State.VOID, "已作废 作废 无效 已冲销 冲销 void"),
)


def plain(word: str) -> str:
    """A word as it is compared: half-width, lower case, without blanks and marks."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", word)).lower()


STATES: Final[dict[str, State]] = {
    plain(word): state for state, words in _STATES for word in words.split()
}


def state_of(word: str) -> State | None:
    """The state that a word of a file means; None for a word that nobody knows."""
    return STATES.get(plain(word))
