"""Bulletins, tasks, appointments, targets and rules of the demonstration."""

import datetime as dt
from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Role, User
from compliance.agenda import midnight
from compliance.models import (
    Appointment,
    Assignment,
    Bulletin,
    RuleDocument,
    RuleVersion,
    Target,
)
from compliance.services import assignments, bulletins, calendars, rules
from compliance.services.targets import set_targets
from customers.demo.parts import Gone, Part, Scene, register
from regions.models import Kind, OrgUnit

BULLETINS = (
    (
        "关于规范客户回访记录的通知",
        "回访完成后当天录入系统，写明沟通对象、主要诉求和下一步安排。\n各项目负责人每周抽查五条。",
        True,
        False,
    ),
    (
        "冬季供暖期间报修响应安排",
        "供暖期间实行双人值守，客服中心夜间来电十五分钟内转派。",
        False,
        False,
    ),
    (
        "年度客户满意度调查启动说明",
        "调查自下月一日开始，请各版块负责人核对业主联系方式，并在启动前一周完成。",
        True,
        True,
    ),
)
TASKS = (
    (
        "核对重点客户联系方式",
        "逐户核对手机号码和微信，发现变更立即更新。",
        2,
        ("电话", "微信", "住址"),
    ),
    ("整理本月未闭环投诉清单", "按责任部门分类，写明预计完成时间。", -1, ()),
    ("准备业主座谈会材料", "工程进度、物业服务承诺、常见问题答复。", 5, ("进度照片", "答复口径")),
)
APPOINTMENTS = (
    ("客户关系周例会", 1, 9, 10, "三楼会议室", False),
    ("体检", 3, 8, 11, "", True),
    ("与物业对接装修管理", 4, 14, 16, "物业服务中心", False),
)
RULES = (
    (
        "1.1",
        "客户服务管理制度",
        "全集团及所属单位",
        "客户关系中心",
        "第一条 目的\n规范客户服务行为，提升客户满意度。\n"
        "第二条 适用范围\n适用于集团及所属各单位。\n"
        "第三条 职责\n各单位客户关系部门负责落实，集团客户关系中心监督检查。",
        20,
    ),
    (
        "1.2",
        "客户关系管理系统（CRM）管理办法",
        "全体系统用户",
        "市场营销部",
        "第一条 目的\n保证客户信息及时、准确、完整。\n第三条 日常使用\n每个工作日至少登录一次；"
        "出差期间每周至少登录两次。",
        200,
    ),
)
MONTHLY = {"contacts": 20, "visits": 6, "cases": 8, "tasks": 4}
TRACKED = (Bulletin, Assignment, RuleVersion, RuleDocument, Appointment, Target)


def write_daily(cursor: Any, scene: Scene) -> dict[str, int]:
    """Something on each page of the accounts that are shown."""
    clerk = User.objects.select_related("unit").get(pk=scene.chosen["staff"].key)
    head = User.objects.select_related("unit").get(pk=scene.chosen["section-head"].key)
    group = OrgUnit.objects.get(kind=Kind.GROUP)
    boss = User.objects.get(pk=scene.chosen["group-management"].key)
    project: Any = clerk.unit
    return {
        "bulletins": _write_bulletins(boss, group),
        "tasks": _write_tasks(clerk, head),
        "targets": _write_targets(clerk, project, head),
        "rules": _write_rules(group, boss, clerk),
    }


def _write_bulletins(by: User, group: OrgUnit) -> int:
    heads = Role.objects.filter(code="section-head")
    for title, body, must_confirm, for_heads in BULLETINS:
        bulletins.publish(
            title=title,
            body=body,
            by=by,
            units=[group],
            roles=heads if for_heads else (),
            must_confirm=must_confirm,
        )
    late = Bulletin.objects.filter(must_confirm=True, by=by).order_by("pk").first()
    if late is not None:
        # One whose day has passed, so that the figures of units have something to say.
        day = timezone.localdate() - dt.timedelta(days=3)
        Bulletin.objects.filter(pk=late.pk).update(
            confirm_by=day, published_at=timezone.now() - dt.timedelta(days=10)
        )
    return len(BULLETINS)


def _write_tasks(clerk: User, head: User) -> int:
    unit: Any = clerk.unit
    for title, body, days, lines in TASKS:
        day = timezone.localdate() + dt.timedelta(days=days)
        assignments.assign(
            to=clerk,
            by=head,
            title=title,
            body=body,
            due_at=assignments.end_of_work(day, unit=unit),
            checklist=lines,
        )
    for title, days, begin, end, place, private in APPOINTMENTS:
        start = midnight(timezone.localdate() + dt.timedelta(days=days))
        calendars.save_appointment(
            by=clerk,
            title=title,
            starts_at=start + dt.timedelta(hours=begin),
            ends_at=start + dt.timedelta(hours=end),
            place=place,
            is_private=private,
        )
    return len(TASKS)


def _write_targets(clerk: User, project: OrgUnit, head: User) -> int:
    month = timezone.localdate().replace(day=1)
    own = {key: Decimal(value) for key, value in MONTHLY.items()}
    whole = {key: Decimal(value * 4) for key, value in MONTHLY.items()}
    set_targets(unit=project, person=clerk, month=month, values=own, by=head)
    set_targets(unit=project, month=month, values=whole, by=head)
    return 2 * len(MONTHLY)


def _write_rules(group: OrgUnit, by: User, reader: User) -> int:
    today = timezone.localdate()
    for number, title, applies_to, department, body, days in RULES:
        row = rules.save_rule(
            by=by,
            unit=group,
            number=number,
            title=title,
            applies_to=applies_to,
            department=department,
            interpreted_by="客户管理委员会",
            keeper=by,
            next_review_on=today + dt.timedelta(days=days),
        )
        version = rules.draft_version(
            row,
            by=by,
            number="1.0",
            body=body,
            note="首次制定",
            effective_on=dt.date(today.year, 1, 1),
            reviewer="总经理办公会",
            approver="董事会",
        )
        rules.issue(version, by=by, must_confirm=False)
    return len(RULES)


def remove_daily(cursor: Any, gone: Gone) -> dict[str, int]:
    """What lies in the units that go or belongs to their people, with its history."""
    found: dict[Any, list[int]] = {
        Bulletin: _keys(Bulletin.objects.filter(Q(unit__in=gone.units) | Q(by__in=gone.people))),
        Assignment: _keys(
            Assignment.objects.filter(
                Q(unit__in=gone.units) | Q(to__in=gone.people) | Q(by__in=gone.people)
            )
        ),
        RuleVersion: _keys(RuleVersion.objects.filter(document__unit__in=gone.units)),
        RuleDocument: _keys(RuleDocument.objects.filter(unit__in=gone.units)),
        Appointment: _keys(Appointment.objects.filter(person__in=gone.people)),
        Target: _keys(Target.objects.filter(unit__in=gone.units)),
    }
    for table, keys in found.items():
        table._base_manager.filter(pk__in=keys).delete()
        events = f"{table._meta.db_table}event"
        cursor.execute(f"DELETE FROM {events} WHERE pgh_obj_id = ANY(%s)", [keys])  # noqa: S608
    return {
        "bulletins": len(found[Bulletin]),
        "tasks": len(found[Assignment]),
        "targets": len(found[Target]),
        "rules": len(found[RuleDocument]),
    }


def _keys(rows: Any) -> list[int]:
    return list(rows.order_by().values_list("pk", flat=True))


register(
    Part(
        write_daily,
        remove_daily,
        {
            "bulletins": _("Bulletins"),
            "tasks": _("Tasks"),
            "targets": _("Monthly targets"),
            "rules": _("Rules library"),
        },
        tuple(
            name
            for model in TRACKED
            for name in (
                f"compliance.{model.__name__}:delete_delete",
                f"compliance.{model.__name__}Event:append_only",
            )
        ),
    )
)
