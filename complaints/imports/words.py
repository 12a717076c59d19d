"""The words that property offices write into their lists of complaints, and what they mean here."""

import re
import unicodedata

from complaints.models import CaseKind, Channel
from complaints.states import State

_NOISE = re.compile(r"[\s()\[\]【】《》“”\"'·.。,,、:;_\-—/\\]+")

# Each line: what it means here, and the words for it.
_STATES: tuple[tuple[State, str], ...] = (
    (
        State.REGISTERED,
        "已登记 登记 已录入 新建 新增 待受理 未受理 待分派 未分派 待派单 未派单 待分配 "
        "未处理 待处理 待办 草稿 已提交 registered new",
    ),
    (
        State.ASSIGNED,
        "已分派 已派单 已派发 已派工 已分配 已转办 已转派 已指派 待接单 待接收 派单中 "
        "分派中 assigned",
    ),
    (State.ACCEPTED, "已接单 已受理 受理 受理中 已接收 已响应 已签收 已联系 accepted"),
    (
        State.IN_PROGRESS,
        "处理中 办理中 跟进中 处置中 进行中 维修中 整改中 协调中 施工中 处理 跟进 已上门 "
        "未完成 未关闭 未结案 未办结 未解决 已重开 重新处理 重新打开 返工 返工中 在办 "
        "in_progress open",
    ),
    (
        State.WAITING_OWNER,
        "等待业主 待业主确认 待业主 等待客户 待客户确认 业主原因暂缓 待预约 待业主配合 "
        "waiting_owner",
    ),
    (
        State.WAITING_CONTRACTOR,
        "等待施工方 等待施工单位 待施工 待施工单位 待维修 待整改 待配件 挂起 暂停 暂缓 "
        "已挂起 延期 延期处理 waiting_contractor",
    ),
    (
        State.RESOLVED,
        "已解决 已处理 处理完成 处理完毕 已处理完成 已完成 完成 已办理 已整改 已维修 "
        "待回访 未回访 回访中 待评价 待确认 待关闭 待验收 待结案 待审核 resolved",
    ),
    (State.CALLED_BACK, "已回访 回访完成 已评价 已确认 回访 called_back"),
    (
        State.CLOSED,
        "已关闭 关闭 已结案 结案 已办结 办结 已闭环 闭环 已归档 归档 已销项 销项 已销单 "
        "已关单 已完结 完结 正常关闭 强制关闭 结束 已结束 已终结 已合并 合并 closed done",
    ),
    (
        State.REJECTED,
        "不予受理 不受理 已拒绝 拒绝 已驳回 驳回 已退回 退回 已作废 作废 无效 无效投诉 "
        "已撤销 撤销 已撤诉 撤诉 已取消 取消 rejected",
    ),
)
_CHANNELS: tuple[tuple[Channel, str], ...] = (
    (
        Channel.HOTLINE,
        "400热线 400 热线 400电话 400客服 400呼叫中心 呼叫中心 客服热线 服务热线 集团热线 "
        "全国热线 客户热线 热线电话 95 hotline",
    ),
    (
        Channel.VISIT,
        "来访 上门 现场 到访 当面 前台 客服前台 现场来访 现场投诉 面访 接待 客服中心 visit",
    ),
    (Channel.LETTER, "来信 信件 信函 书信 函件 书面 来函 律师函 letter"),
    (
        Channel.ONLINE,
        "网上 线上 在线 网站 官网 网络 网络投诉 在线客服 app 小程序 在线平台 网上投诉 online",
    ),
    (Channel.WECHAT, "微信 微信公众号 公众号 企业微信 微信群 业主群 微信小程序 wechat"),
    (
        Channel.OPINION,
        "网络舆情 舆情 媒体 新闻媒体 媒体曝光 微博 抖音 论坛 小红书 自媒体 网络曝光 "
        "黑猫投诉 业主论坛 贴吧 opinion",
    ),
    (
        Channel.GOVERNMENT,
        "政府转办 政府 12345 12345热线 市长热线 市民热线 政务热线 政府热线 政府部门 信访 "
        "信访局 住建局 住建委 房管局 街道 街道办 社区 居委会 12315 消协 消费者协会 "
        "政府转件 领导信箱 government",
    ),
    (Channel.PORTAL, "业主端 业主平台 业主app 业主小程序 业主自助 自助报事 业主自助平台 portal"),
    (Channel.MAIL, "邮件 电子邮件 邮箱 电邮 email e-mail mail"),
    (
        Channel.PHONE,
        "电话 来电 致电 其他电话 电话投诉 项目电话 物业电话 座机 前台电话 手机 客服电话 phone",
    ),
    (Channel.SURVEY, "满意度调查 满意度问卷 问卷调查 问卷 survey"),
    (Channel.OTHER, "其他 其它 其他渠道 other"),
)
_KINDS: tuple[tuple[CaseKind, str], ...] = (
    (CaseKind.COMPLAINT, "投诉 客户投诉 业主投诉 抱怨 举报 complaint"),
    (CaseKind.REPAIR, "报修 维修 报事 报事报修 维修请求 保修 repair"),
    (CaseKind.COMMUNITY, "园区服务 社区服务 服务请求 园区 community"),
    (CaseKind.CONSULTATION, "咨询 问询 查询 客户咨询 consultation"),
    (CaseKind.SUGGESTION, "建议 意见 意见建议 合理化建议 suggestion"),
    (CaseKind.PRAISE, "表扬 感谢 称赞 锦旗 praise"),
)
_RATINGS: tuple[tuple[int, str], ...] = (
    (5, "非常满意 很满意 十分满意 五星 五分"),
    (4, "满意 比较满意 较满意 四星 四分"),
    (3, "一般 基本满意 中立 尚可 三星 三分"),
    (2, "不满意 较不满意 比较不满意 不太满意 二星 两星 二分 两分"),
    (1, "非常不满意 很不满意 极不满意 十分不满意 一星 一分"),
)


def plain(word: str) -> str:
    """A word as it is compared: half-width, lower case, without blanks and marks."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", word)).lower()


def _table(lines: tuple) -> dict:
    return {plain(word): meaning for meaning, words in lines for word in words.split()}


STATES: dict[str, State] = _table(_STATES)
CHANNELS: dict[str, Channel] = _table(_CHANNELS)
KINDS: dict[str, CaseKind] = _table(_KINDS)
RATINGS: dict[str, int] = _table(_RATINGS)

# How far a case has come; a file only ever takes it further.
PROGRESS = {
    State.REGISTERED: 0,
    State.ASSIGNED: 1,
    State.ACCEPTED: 2,
    State.IN_PROGRESS: 3,
    State.WAITING_OWNER: 3,
    State.WAITING_CONTRACTOR: 3,
    State.RESOLVED: 4,
    State.CALLED_BACK: 5,
    State.CLOSED: 6,
    State.REJECTED: 6,
    State.MERGED: 6,
}


def state_of(word: str) -> State | None:
    """The state that a word of a file means; None for a word that nobody knows."""
    return STATES.get(plain(word))


def channel_of(word: str) -> Channel:
    """The channel that a word means; an unknown one is another channel."""
    return CHANNELS.get(plain(word), Channel.OTHER)


def kind_of(word: str) -> CaseKind:
    """The kind of a case, a complaint unless the word says otherwise."""
    return KINDS.get(plain(word), CaseKind.COMPLAINT)
