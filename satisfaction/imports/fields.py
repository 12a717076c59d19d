"""The columns that any file of answers may have; what was asked differs from file to file."""

from django.utils.translation import gettext_lazy as _

from core.files.headers import Field

FIELDS = (
    Field(
        "sample_no",
        _("Sample number"),
        (
            *("样本编号", "样本号", "问卷编号", "答卷编号", "问卷号", "答卷号", "受访者编号"),
            *("序列号", "编号", "序号", "样本ID", "ID"),
        ),
    ),
    Field("region", _("Region"), ("区域", "区域公司", "区域平台", "大区", "所属区域")),
    Field(
        "city", _("City"), ("城市公司", "城市", "片区", "所属城市", "所属公司", "分公司", "公司")
    ),
    Field(
        "project_code",
        _("Project code"),
        ("项目编码", "项目代码", "项目编号", "楼盘编码", "小区编码"),
    ),
    Field(
        "project",
        _("Project"),
        (
            *("项目名称", "项目", "所属项目", "楼盘", "楼盘名称", "小区", "小区名称", "管理处"),
            *("调查项目", "受访项目"),
        ),
    ),
    Field(
        "stage",
        _("Owner stage"),
        (
            *("客户阶段", "业主阶段", "阶段", "业主类型", "客户类型", "客户类别", "所处阶段"),
            *("业主分类", "生命周期阶段"),
        ),
    ),
    Field(
        "answered",
        _("Answered at"),
        (
            *("访问日期", "访问时间", "答题时间", "提交时间", "调查日期", "调查时间", "填写时间"),
            *("完成时间", "受访日期", "受访时间", "拨打时间", "回收日期", "日期"),
        ),
    ),
    Field(
        "seconds",
        _("Duration in seconds"),
        ("用时", "答题时长", "访问时长", "时长", "答题用时", "所用时间", "用时(秒)", "通话时长"),
    ),
    Field(
        "asked_by",
        _("Channel"),
        ("访问方式", "调查方式", "渠道", "答题渠道", "来源渠道", "填写渠道", "采集方式"),
    ),
    Field("interviewer", _("Interviewer"), ("访问员", "访员", "访问员编号", "坐席", "调查员")),
    Field(
        "overall",
        _("Overall satisfaction"),
        (
            *("总体满意度", "整体满意度", "总满意度", "综合满意度", "总体评价", "整体评价"),
            *("总体满意程度", "整体满意程度", "总体感受"),
        ),
    ),
    Field(
        "recommendation",
        _("Recommendation"),
        (
            *("推荐意愿", "推荐度", "净推荐值", "NPS", "推荐可能性", "推荐分值", "推荐意向"),
            *("是否愿意推荐", "愿意推荐程度"),
        ),
    ),
    Field(
        "remark",
        _("Remark"),
        ("意见建议", "意见和建议", "意见与建议", "意见", "建议", "其他意见", "开放题", "备注"),
    ),
)
