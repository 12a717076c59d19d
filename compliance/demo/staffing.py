"""Plans, an inspection, an account change and the findings of the demonstration."""

import datetime as dt
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Function, User
from approvals.models import Approval
from compliance.models import (
    AccountChange,
    Finding,
    FindingException,
    FunctionPlan,
    ImplementationRule,
    Inspection,
    InspectionFile,
    InspectionKind,
    InspectionPoint,
    PlannedPost,
)
from compliance.services import account_changes, findings, inspections, plans
from compliance.states import ChangeCause, ChangeKind, Severity
from customers.demo.histories import forget_history
from customers.demo.parts import Gone, Part, Scene, register
from expenses.demo.removal import _discard, _keys
from regions.models import Kind, OrgUnit

TRACKED = (
    AccountChange,
    FunctionPlan,
    PlannedPost,
    ImplementationRule,
    Inspection,
    InspectionPoint,
)
POSTS = (
    ("客户满意度及感受管理", 1, "主管级", "三年以上客户关系经验，熟悉满意度调查方法"),
    ("投诉管理及舆情对接", 2, "专员级", "沟通协调能力强，能独立处理升级投诉"),
    ("客户运营管理", 1, "主管级", "熟悉业主活动组织与会员运营"),
)
DUTIES = "按集团制度开展本岗位工作，每月提交工作小结。"


def write_staffing(cursor: Any, scene: Scene) -> dict[str, int]:
    """A region with rules, a city with plans, a round at a project, a colleague who changes post;
    what the checks find, of which one is given to somebody and one explained."""
    head = User.objects.select_related("unit").get(pk=scene.chosen["section-head"].key)
    region = head.unit
    assert region is not None  # noqa: S101  the demonstration gives everybody a unit
    while region.parent is not None and region.kind != Kind.REGION:
        region = region.parent
    city = OrgUnit.objects.filter(parent=region, kind=Kind.CITY).in_tree_order()[0]
    project = OrgUnit.objects.filter(parent=city).in_tree_order()[0]
    _write_plans(region, city, head)
    _write_round(project, head)
    mover = User.objects.active().filter(unit=project).order_by("pk").last()
    if mover is not None:
        account_changes.file_change(
            kind=ChangeKind.CHANGE,
            cause=ChangeCause.TRANSFER,
            event_on=timezone.localdate(),
            unit=project,
            people=[account_changes.Named.of(mover)],
            reason="转岗到城市公司",
            treatment="变更为城市公司业务人员",
            by=head,
        )
    findings.run_checks()
    found = list(Finding.objects.filter(unit__path__startswith=region.path).order_by("rank", "pk"))
    if found:
        until = timezone.localdate() + dt.timedelta(days=7)
        findings.assign(found[0], to=head, due_on=until, by=head)
        findings.explain(found[-1], text="人选已确定，正在办理任职手续。", by=head)
    return {"findings": Finding.objects.count(), "planned_posts": len(POSTS), "inspections": 1}


def _write_plans(region: OrgUnit, city: OrgUnit, head: User) -> None:
    year = timezone.localdate().year
    for name, number, grade, capability in POSTS:
        plans.save_planned_post(
            city,
            year=year,
            function=Function.objects.get(name=name),
            by=head,
            establishment=number,
            basis="本年交付三个批次",
            grade=grade,
            capability=capability,
            duties=DUTIES,
            indicators="满意度、投诉按时办结率",
            incentive="年度绩效奖金",
        )
    plans.save_function_plan(
        city,
        pace="本年交付高峰，在管项目增加。",
        targets="满意度保持区域前二，投诉按时办结率不低于 95%。",
        results="上半年满意度低于目标，维修投诉偏多。",
        by=head,
    )
    plans.save_implementation_rule(
        region,
        by=head,
        title=f"{region.name}客户关系管理落实细则",
        issued_by="区域人力行政中心、客户关系中心",
        issued_on=dt.date(year, 1, 15),
        effective_on=dt.date(year, 2, 1),
        summary="明确各城市、项目客户关系人员配置和工作要求，每季度监督检查一次。",
    )


def _write_round(project: OrgUnit, head: User) -> None:
    today = timezone.localdate()
    seen = inspections.record_inspection(
        project,
        by=head,
        kind=InspectionKind.ROUND,
        inspected_on=today - dt.timedelta(days=3),
        place="大堂、地下车库",
        summary="现场整体整洁，个别标识缺失，车库照明不足。",
    )
    for text, severity in (
        ("二号楼大堂楼层标识脱落", Severity.LOW),
        ("地下车库 B 区照明不足", Severity.MEDIUM),
    ):
        inspections.add_point(
            seen,
            text=text,
            severity=severity,
            owner=head,
            due_on=today + dt.timedelta(days=10),
            by=head,
        )


def remove_staffing(cursor: Any, gone: Gone) -> dict[str, int]:
    """Everything in the units that go; what a real person decided about them goes with them."""
    found = Finding.objects.filter(
        Q(unit__in=gone.units) | Q(person__in=gone.people) | Q(owner__in=gone.people)
    )
    changes = _keys(AccountChange.objects.filter(unit__in=gone.units))
    exceptions = _keys(FindingException.objects.filter(finding__in=found))
    papers = Approval._base_manager.filter(
        Q(subject_kind=account_changes.KIND, subject_id__in=changes)
        | Q(subject_kind=findings.EXCEPTION, subject_id__in=exceptions)
    )
    papers.delete()
    counts = {"findings": found.count()}
    found.delete()
    rounds = _keys(Inspection.objects.filter(unit__in=gone.units))
    _discard(InspectionFile.objects.filter(inspection__in=rounds))
    tracked: dict[Any, list[int]] = {
        AccountChange: changes,
        InspectionPoint: _keys(InspectionPoint.objects.filter(inspection__in=rounds)),
        Inspection: rounds,
        FunctionPlan: _keys(FunctionPlan.objects.filter(unit__in=gone.units)),
        PlannedPost: _keys(PlannedPost.objects.filter(unit__in=gone.units)),
        ImplementationRule: _keys(ImplementationRule.objects.filter(unit__in=gone.units)),
    }
    for table, keys in tracked.items():
        table._base_manager.filter(pk__in=keys).delete()
        forget_history(cursor, table, keys)
    return counts | {"planned_posts": len(tracked[PlannedPost]), "inspections": len(rounds)}


register(
    Part(
        write_staffing,
        remove_staffing,
        {
            "findings": _("Findings"),
            "planned_posts": _("Planned posts"),
            "inspections": _("Inspections"),
        },
        (
            "approvals.Decision:immutable",
            *(
                name
                for model in TRACKED
                for name in (
                    f"compliance.{model.__name__}:delete_delete",
                    f"compliance.{model.__name__}Event:append_only",
                )
            ),
        ),
    )
)
