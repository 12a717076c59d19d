"""The words by which remarks are read: topics and tone (SAT-09).

Small on purpose, so that everybody can check it; docs/scoring.md says how it is used. A word is
found as a whole after segmentation, or as a part of the text where owners write it together. To
teach the lexicon a word, add it here and raise VERSION: the next scoring reads all remarks anew.
"""

from django.db.models import TextChoices
from django.utils.translation import pgettext_lazy

VERSION = "1"


class Topic(TextChoices):
    """What a remark is about; it may be about several things."""

    PARKING = "parking", pgettext_lazy("remark", "Parking")
    LIFTS = "lifts", pgettext_lazy("remark", "Lifts")
    LEAKS = "leaks", pgettext_lazy("remark", "Leaks")
    CRACKS = "cracks", pgettext_lazy("remark", "Cracks and finish")
    SECURITY = "security", pgettext_lazy("remark", "Security")
    CLEANING = "cleaning", pgettext_lazy("remark", "Cleaning")
    GREENING = "greening", pgettext_lazy("remark", "Greening")
    FEES = "fees", pgettext_lazy("remark", "Fees")
    REPAIR_SPEED = "repair_speed", pgettext_lazy("remark", "Speed of repair")
    ATTITUDE = "attitude", pgettext_lazy("remark", "Attitude")
    HAND_OVER = "hand_over", pgettext_lazy("remark", "Hand-over")
    NOISE = "noise", pgettext_lazy("remark", "Noise")
    FACILITIES = "facilities", pgettext_lazy("remark", "Facilities")
    COMMUNITY = "community", pgettext_lazy("remark", "Community life")
    PROMISES = "promises", pgettext_lazy("remark", "Promises and contracts")
    ANSWERS = "answers", pgettext_lazy("remark", "Being answered")


WORDS: dict[Topic, str] = {
    Topic.PARKING: "停车 车位 停车位 停车场 车库 乱停 充电桩 地库 停车难 停车费",
    Topic.LIFTS: "电梯 梯控 等电梯 困梯 轿厢",
    Topic.LEAKS: "漏水 渗水 渗漏 漏雨 返潮 反水 防水 外墙渗 滴水 墙体渗",
    Topic.CRACKS: "开裂 裂缝 空鼓 脱落 掉皮 起皮 地砖 瓷砖 门窗 漏风 墙皮 质量 做工 装修",
    Topic.SECURITY: "保安 门禁 安保 门岗 巡逻 陌生人 被盗 失窃 安全 监控 高空抛物 消防",
    Topic.CLEANING: "保洁 卫生 垃圾 清洁 打扫 异味 脏 垃圾桶 楼道 清运",
    Topic.GREENING: "绿化 草坪 草地 树木 修剪 枯死 花草 景观",
    Topic.FEES: "物业费 收费 费用 涨价 缴费 乱收费 太贵 价格 账单 公摊",
    Topic.REPAIR_SPEED: "维修 报修 修 没修 上门 返修 整改 修好 维修慢 拖延",
    Topic.ATTITUDE: "态度 服务态度 耐心 热情 礼貌 冷漠 推诿 敷衍 负责 客服 管家",
    Topic.HAND_OVER: "交付 交房 收房 验房 延期 逾期 钥匙 办证 房产证 产权证",
    Topic.NOISE: "噪音 噪声 吵 扰民 异响 施工声 广场舞 隔音",
    Topic.FACILITIES: "设施 健身 儿童 游乐 路灯 水压 停水 停电 供暖 暖气 会所 泳池 设备",
    Topic.COMMUNITY: "活动 社区 邻里 邻居 亲子 文化",
    Topic.PROMISES: "承诺 虚假 宣传 合同 货不对板 欺骗 兑现 减配 销售",
    Topic.ANSWERS: "回复 反馈 投诉 沟通 联系 电话 没人 没人管 不理 处理",
}
GOOD = (
    "满意 好 很好 不错 挺好 周到 及时 热情 耐心 专业 干净 整洁 方便 舒适 "
    "舒心 放心 贴心 细心 负责 认真 礼貌 快 很快 迅速 感谢 谢谢 表扬 点赞 赞 "
    "优秀 解决 改善 进步 提升 喜欢 漂亮 温馨 安静 安全 合理 到位 好评 修好 "
    "兑现 友好 热心 给力"
)
BAD = (
    "差 太差 很差 慢 太慢 拖 拖延 拖拉 推诿 敷衍 冷漠 漏水 渗水 渗漏 漏雨 "
    "开裂 裂缝 空鼓 脱落 脏 乱 吵 噪音 扰民 异味 臭 坏 故障 失望 投诉 失修 "
    "破损 贵 太贵 乱收费 涨价 难 太难 太少 少 不足 不够 缺乏 延期 逾期 欺骗 "
    "虚假 减配 被盗 失窃 危险 困梯 枯死 混乱 糟糕 恶劣 垃圾 没人管 不理 停水 "
    "停电 异响 货不对板 乱停 占用 希望 建议 加强 差劲 麻烦 郁闷 生气 愤怒"
)
# These turn a good word that follows closely into a bad one, and a bad one into nothing said.
NOT = "不 没 没有 未 无 从不 从未 不够 不太 不是 不能 难以 并未 并不 尚未 一直没 还没 别 毫无 缺乏"
