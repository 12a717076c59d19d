"""What owners of the demonstration say, and what came of it. All Chinese text here is data."""

from complaints.models import CaseKind, Channel

# kind, category, what the owner says, the plan, the result
STORIES: tuple[tuple[str, str, str, str, str], ...] = (
    (CaseKind.COMPLAINT, "渗漏", "主卧飘窗下方连续下雨后渗水，墙皮起泡。",
     "安排防水班组两日内上门淋水试验。", "外墙缝重新打胶，淋水试验二十四小时无渗漏。"),
    (CaseKind.COMPLAINT, "渗漏", "卫生间顶部渗水，怀疑楼上防水破损。",
     "联系楼上业主共同查验。", "楼上卫生间防水重做，闭水试验合格。"),
    (CaseKind.COMPLAINT, "空鼓", "客厅地砖多处空鼓，走动有声响。",
     "更换空鼓地砖，先取得同批次材料。", "更换地砖九块，复验无空鼓。"),
    (CaseKind.COMPLAINT, "墙面开裂", "客厅与次卧交接处墙面出现贯通裂缝。",
     "请监理判定裂缝性质。", "判定为抹灰层裂缝，已挂网修补并重新涂刷。"),
    (CaseKind.COMPLAINT, "维修不及时", "报修两周无人联系，多次致电物业无果。",
     "由项目负责人直接对接，当日回电。", "当日上门完成维修并致歉。"),
    (CaseKind.COMPLAINT, "停车", "固定车位经常被占，保安劝离不力。",
     "加装地锁，调整夜间巡查。", "地锁已装，巡查班次加密，业主认可。"),
    (CaseKind.COMPLAINT, "承诺不符", "样板间宣传有中央新风，交付时没有。",
     "核对合同附件与宣传资料。", "合同未约定，已解释并赠送净化设备一台。"),
    (CaseKind.COMPLAINT, "办证延误", "交付满一年仍未办妥不动产证。",
     "与登记中心核对批次。", "该批次已出证，通知业主领取。"),
    (CaseKind.COMPLAINT, "噪音", "地库风机夜间噪音大，影响休息。",
     "测量噪音，调整运行时段。", "加装减振垫，夜间改为低速运行。"),
    (CaseKind.REPAIR, "门窗", "阳台推拉门关不严，漏风。",
     "安排门窗厂家调试。", "更换滑轮并调试，密封良好。"),
    (CaseKind.REPAIR, "反复维修", "入户门锁第三次失灵。",
     "整体更换锁体。", "更换新锁体，质保重新计算。"),
    (CaseKind.COMMUNITY, "绿化", "楼前乔木遮挡采光，希望修剪。",
     "列入本周绿化修剪计划。", "已修剪，业主满意。"),
    (CaseKind.CONSULTATION, "收费", "咨询物业费减免政策与缴费渠道。",
     "", "已说明政策并发送缴费指引。"),
    (CaseKind.SUGGESTION, "配套变更", "建议在东门增设快递柜。",
     "", "已列入下季度改造计划，完成后告知。"),
    (CaseKind.PRAISE, "保洁", "感谢保洁人员帮忙找回遗失的钥匙。", "", "已转达表扬。"),
)  # fmt: skip
DISPUTE = (
    CaseKind.COMPLAINT, "承诺不符", "写字楼整层改造后新风量低于合同附件的标准，客户拒付二期款项。",
    "机电顾问复测新风量，法务核对合同附件。", "",
)  # fmt: skip
DISAGREEMENT = "客户高层不认可复测结论，要求集团出面协商，并提出暂停后续合作。"
WEIGHTS = (16, 12, 7, 8, 9, 8, 5, 5, 6, 9, 5, 4, 4, 2, 2)
CHANNELS = (Channel.HOTLINE, Channel.VISIT, Channel.WECHAT, Channel.ONLINE, Channel.PHONE,
            Channel.GOVERNMENT, Channel.LETTER, Channel.OPINION)  # fmt: skip
CHANNEL_WEIGHTS = (46, 14, 16, 8, 8, 5, 1, 2)
CONTACTS = ("已致电业主，了解现场情况。", "已与业主约定上门时间。", "业主在外地，约定周末查看。")
PAUSES = ("等待业主返回后入户。", "等待厂家补发材料。")
REASONS = ("不属于本公司项目，已告知业主联系方式。", "与在办工单为同一事项。")
CAUSES = ("method", "material", "man", "procedure", "behaviour", "promotion")
