"""The columns of a ledger of expenses, and the heads that offices give them."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.files.headers import Field

FIELDS = (
    Field(
        "number",
        _("Application number"),
        (
            *("单据编号", "申请单号", "费用单号", "申请编号", "单号", "编号", "流水号", "单据号"),
            *("报销单号", "台账编号", "费用编号"),
        ),
    ),
    Field(
        "applied_on",
        _("Applied on"),
        (
            *("申请日期", "申请时间", "提交日期", "填单日期", "单据日期", "制单日期", "提交时间"),
            *("登记日期", "日期", "发生日期"),
        ),
        required=True,
    ),
    Field(
        "unit",
        _("Unit code"),
        (
            *("组织编码", "单位编码", "机构编码", "部门编码", "组织代码", "单位代码", "机构代码"),
            *("项目编码", "成本中心编码", "成本中心"),
        ),
    ),
    Field(
        "unit_name",
        _("Unit"),
        (
            *("组织名称", "单位名称", "机构名称", "部门名称", "所属单位", "申请单位", "单位"),
            *("组织", "机构", "部门", "申请部门", "项目名称", "项目", "所属项目", "费用归属单位"),
        ),
    ),
    Field(
        "category",
        pgettext_lazy("expense", "Category"),
        (
            *("费用类别", "费用类型", "费用科目", "类别", "科目", "费用项目", "支出类别", "类型"),
            "费用名称",
        ),
        required=True,
    ),
    Field(
        "amount",
        _("Amount"),
        (
            *("金额(元)", "金额", "申请金额", "费用金额", "支出金额", "金额(万元)", "申请金额(元)"),
            *("发生金额", "报销金额", "合计金额", "实付金额", "支付金额"),
        ),
        required=True,
    ),
    Field(
        "applicant",
        _("Applicant"),
        (
            *("申请人工号", "申请人", "经办人工号", "经办人", "申请人姓名", "工号", "报销人"),
            *("员工编号", "填单人", "提交人", "申请人编号"),
        ),
    ),
    Field(
        "title",
        pgettext_lazy("application", "Purpose"),
        (
            *("事由", "申请事由", "费用事由", "用途", "摘要", "说明", "费用说明", "申请原因"),
            *("内容", "备注"),
        ),
    ),
    Field(
        "state",
        _("State"),
        ("状态", "单据状态", "审批状态", "支付状态", "流程状态", "当前状态", "处理状态"),
        required=True,
    ),
    Field(
        "paid_on",
        _("Paid on"),
        ("支付日期", "付款日期", "打款日期", "支付时间", "付款时间", "报销日期"),
    ),
    Field("event_on", _("Date of the event"), ("活动日期", "活动时间", "事件日期", "发生时间")),
)
