"""Addresses of bulletins, calendar, tasks, targets, rule documents and a unit's compliance."""

from django.urls import URLPattern, path

from compliance.views import bulletins, calendars, pages, rules, targets, tasks

bulletin_urls = [
    path("bulletins/", bulletins.bulletins, name="bulletins"),
    path("bulletins/new/", bulletins.bulletin_new, name="bulletin-new"),
    path("bulletins/<int:pk>/", bulletins.bulletin, name="bulletin"),
    path("bulletins/<int:pk>/confirm/", bulletins.bulletin_confirm, name="bulletin-confirm"),
    path("bulletins/<int:pk>/edit/", bulletins.bulletin_edit, name="bulletin-edit"),
    path("bulletins/<int:pk>/withdraw/", bulletins.bulletin_withdraw, name="bulletin-withdraw"),
    path("bulletins/<int:pk>/receipts/", bulletins.bulletin_receipts, name="bulletin-receipts"),
]
task_urls = [
    path("tasks/", tasks.tasks, name="tasks"),
    path("tasks/new/", tasks.task_new, name="task-new"),
    path("tasks/people/", tasks.task_people, name="task-people"),
    path("tasks/<int:pk>/", tasks.task, name="task"),
    path("tasks/<int:pk>/edit/", tasks.task_edit, name="task-edit"),
    path("tasks/<int:pk>/hand-on/", tasks.task_hand_on, name="task-hand-on"),
    path("tasks/<int:pk>/finish/", tasks.task_finish, name="task-finish"),
    path("tasks/<int:pk>/cancel/", tasks.task_cancel, name="task-cancel"),
    path("tasks/<int:pk>/reopen/", tasks.task_reopen, name="task-reopen"),
    path("tasks/<int:pk>/tick/", tasks.task_tick, name="task-tick"),
    path("tasks/<int:pk>/note/", tasks.task_note, name="task-note"),
]
page_urls = [
    path("compliance/units/", pages.units, name="units"),
    path("compliance/units/<str:code>/", pages.unit, name="unit"),
    path("compliance/units/<str:code>/month.xlsx", pages.unit_workbook, name="unit-workbook"),
    path("compliance/me/", pages.me, name="me"),
    path("compliance/people/<str:employee_no>/", pages.person, name="person"),
]
calendar_urls = [
    path("calendar/", calendars.calendar, name="calendar"),
    path("calendar/new/", calendars.appointment_new, name="appointment-new"),
    path("calendar/<int:pk>/", calendars.appointment, name="appointment"),
    path("calendar/<int:pk>/edit/", calendars.appointment_edit, name="appointment-edit"),
    path("calendar/<int:pk>/delete/", calendars.appointment_drop, name="appointment-drop"),
    path("calendar/move/<slug:kind>/<int:pk>/", calendars.calendar_move, name="calendar-move"),
    path("calendar/feed/", calendars.feed_settings, name="calendar-feed"),
    path("calendar/feed/open/", calendars.feed_open, name="calendar-feed-open"),
    path("calendar/feed/close/", calendars.feed_close, name="calendar-feed-close"),
    path("calendar/feed/<str:token>.ics", calendars.feed_file, name="calendar-file"),
]
target_urls = [
    path("targets/", targets.targets, name="targets"),
    path("targets/set/", targets.target_set, name="target-set"),
]
rule_urls = [
    path("rules/", rules.rules, name="rules"),
    path("rules/new/", rules.rule_new, name="rule-new"),
    path("rules/<int:pk>/", rules.rule, name="rule"),
    path("rules/<int:pk>/edit/", rules.rule_edit, name="rule-edit"),
    path("rules/<int:pk>/version/", rules.rule_version, name="rule-version"),
    path("rules/<int:pk>/submit/", rules.rule_submit, name="rule-submit"),
    path("rules/<int:pk>/issue/", rules.rule_issue, name="rule-issue"),
    path("rules/<int:pk>/review/", rules.rule_review, name="rule-review"),
]
urlpatterns: list[URLPattern] = [
    *bulletin_urls,
    *task_urls,
    *page_urls,
    *calendar_urls,
    *target_urls,
    *rule_urls,
]
