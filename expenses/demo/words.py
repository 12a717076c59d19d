"""Purposes, reasons and lines of the demonstration's applications."""

from dataclasses import dataclass

# category → (purpose, reason, lines as text, quantity, price)
PAST: dict[str, tuple[tuple[str, tuple[tuple[str, int, str], ...]], ...]] = {
    "event": (
        ("业主春季运动会", (("场地", 1, "1600.00"), ("茶点", 60, "18.00"))),
        ("邻里读书会", (("图书", 20, "36.00"), ("茶点", 20, "15.00"))),
        ("工地开放日接待", (("大巴", 2, "650.00"), ("午餐", 40, "25.00"))),
        ("亲子风筝节", (("风筝材料", 50, "12.50"), ("饮用水", 4, "48.00"))),
    ),
    "festive": (
        ("端午节重点业主慰问", (("粽子礼盒", 12, "88.00"),)),
        ("中秋节慰问", (("月饼礼盒", 15, "98.00"),)),
        ("春节慰问老业主", (("米油套装", 10, "120.00"),)),
    ),
    "family": (("决策人婚礼祝贺", (("礼金", 1, "500.00"),)),),
    "compensation": (
        ("卫生间渗漏修复补偿", (("补偿款", 1, "2600.00"),)),
        ("入户门划伤赔付", (("补偿款", 1, "800.00"),)),
        ("交付延期赔付", (("补偿款", 1, "2950.00"),)),
    ),
    "gift": (
        ("战略客户拜访礼品", (("茶叶礼盒", 4, "260.00"),)),
        ("老带新答谢礼品", (("保温杯", 10, "68.00"),)),
    ),
    "repair": (("外墙二次维修垫付", (("人工", 6, "320.00"), ("材料", 1, "980.00"))),),
    "survey": (("上半年满意度调查", (("电话访问", 120, "9.50"),)),),
}


@dataclass(frozen=True, slots=True)
class Tale:
    """An application that runs through its flow: `fate` says how far and to which end."""

    category: str
    title: str
    reason: str
    lines: tuple[tuple[str, int, str], ...]
    fate: str
    customers: int = 0
    people: int | None = None
    days: int | None = None  # until the event; negative: ago
    one_off: bool = True


TALES = (
    Tale(
        "event", "业主亲子运动会", "年度重点业主维系活动，邀请三位业主代表共同组织。",
        (("场地", 1, "1600.00"), ("茶点", 60, "20.00")), "product", 3, 60, 6,
    ),
    Tale(
        "event", "冬至包饺子活动", "邻里互动，增进感情。",
        (("食材", 1, "860.00"), ("布置", 1, "300.00")), "draft", 2, 40, 20,
    ),
    Tale(
        "compensation", "厨房渗漏修复补偿", "业主两次报修，协商一次性补偿。",
        (("补偿款", 1, "3500.00"),), "general", 1,
    ),
    Tale(
        "gift", "重点客户年终拜访", "拜访四家重点客户并赠送自有产品。",
        (("自有产品套装", 4, "180.00"),), "commerce", 2, None, 10,
    ),
    Tale(
        "festive", "元旦慰问高龄业主", "走访八户高龄业主。",
        (("慰问品", 8, "95.00"),), "finance", 1, None, 8,
    ),
    Tale(
        "event", "业主座谈会", "听取对物业移交的意见。",
        (("会议室", 1, "500.00"), ("茶歇", 25, "22.00")), "approved", 2, 25, -3,
    ),
    Tale(
        "event", "样板间开放日", "邀请意向客户参观。",
        (("接待", 1, "900.00"), ("资料", 80, "6.00")), "unproved", 2, 80, -12,
    ),
    Tale(
        "family", "决策人家庭婚礼", "合作单位负责人婚礼，代表公司祝贺。",
        (("礼金", 1, "500.00"),), "paid", 1, None, -4,
    ),
    Tale(
        "gift", "答谢推荐业主", "推荐成交三套。",
        (("保温杯", 6, "68.00"),), "sent_back", 2, None, 5,
    ),
    Tale(
        "event", "户外徒步", "与维系目标关联不足。",
        (("大巴", 3, "900.00"), ("午餐", 90, "30.00")), "rejected", 1, 90, 15, False,
    ),
    Tale(
        "festive", "圣诞布置", "改由物业公司承担。",
        (("布置", 1, "1200.00"),), "withdrawn", 0, None, 30,
    ),
    Tale(
        "compensation", "窗台石开裂赔付", "一次性补偿后结案。",
        (("补偿款", 1, "1200.00"),), "approved", 1,
    ),
)  # fmt: skip
