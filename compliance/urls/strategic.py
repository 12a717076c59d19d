"""Addresses of strategic customers and follow-up."""

from django.urls import URLPattern, URLResolver, include, path

from compliance.views import assessments, follow_up, rounds, strategic

round_urls = [
    path("", rounds.round_page, name="round"),
    path("nominate/", rounds.nominate, name="nominate"),
    path("move/<slug:act>/", rounds.round_move, name="round-move"),
    path("nominations/<int:pk>/", rounds.nomination, name="nomination"),
    path("nominations/<int:pk>/edit/", rounds.nomination_edit, name="nomination-edit"),
    path("nominations/<int:pk>/withdraw/", rounds.nomination_withdraw, name="nomination-withdraw"),
]
assessment_urls = [
    path("", assessments.assessment, name="assessment"),
    path("reopen/", assessments.assessment_reopen, name="assessment-reopen"),
]
committee_urls = [
    path("", rounds.committee_page, name="committee"),
    path("meetings/new/", rounds.meeting_new, name="meeting-new"),
    path("meetings/<int:pk>/", rounds.meeting, name="meeting"),
    path("meetings/<int:pk>/edit/", rounds.meeting_edit, name="meeting-edit"),
]
customer_urls = [
    path("", strategic.strategic_detail, name="strategic-customer"),
    path("priority/", strategic.priority, name="strategic-priority"),
    path("pair/", strategic.pair, name="strategic-pair"),
    path("plan/", strategic.plan, name="strategic-plan"),
    path("plan/review/", strategic.plan_review, name="strategic-plan-review"),
    path("signals/new/", strategic.signal_new, name="signal-new"),
    path("signals/<int:signal_pk>/close/", strategic.signal_close, name="signal-close"),
    path("summaries/new/", strategic.summary, name="month-summary"),
    path("resources/new/", strategic.resource_new, name="resource-new"),
    path("resources/<int:resource_pk>/urge/", strategic.resource_urge, name="resource-urge"),
    path("talks/new/", strategic.talk_new, name="talk-new"),
    path("talks/<int:talk_pk>/", strategic.talk, name="talk"),
    path("talks/<int:talk_pk>/edit/", strategic.talk_edit, name="talk-edit"),
    path("talks/<int:talk_pk>/minutes/", strategic.talk_hold, name="talk-hold"),
    path("talks/<int:talk_pk>/cancel/", strategic.talk_cancel, name="talk-cancel"),
]
urlpatterns: list[URLPattern | URLResolver] = [
    path("strategic/", strategic.strategic_list, name="strategic"),
    path("strategic/choices/leaders/", strategic.leader_choices, name="leader-choices"),
    path(
        "strategic/choices/organisations/",
        strategic.organisation_choices,
        name="organisation-choices",
    ),
    path("strategic/resources/", strategic.resources, name="resources"),
    path(
        "strategic/resources/<int:resource_pk>/", strategic.resource_answer, name="resource-answer"
    ),
    path("strategic/rounds/", rounds.round_list, name="rounds"),
    path("strategic/rounds/prepare/", rounds.round_prepare, name="round-prepare"),
    path("strategic/rounds/<int:year>/", include(round_urls)),
    path("strategic/assessments/", assessments.assessments_now, name="assessments-now"),
    path("strategic/assessments/<int:year>/", assessments.assessment_list, name="assessments"),
    path(
        "strategic/assessments/<int:year>/<slug:role>/<str:employee_no>/",
        include(assessment_urls),
    ),
    path("strategic/committee/", include(committee_urls)),
    path("strategic/<int:pk>/", include(customer_urls)),
    path("follow-up/", follow_up.follow_up, name="follow-up"),
    path("follow-up/activities/", follow_up.late_plan_list, name="late-plans"),
    path("follow-up/contact-plan/", follow_up.contact_plan_page, name="contact-plan"),
]
