"""Addresses of complaints."""

from django.urls import path

from complaints.views import groups, outside

app_name = "complaints"
urlpatterns = [
    path("groups/", groups.group_list, name="groups"),
    path("groups/new/", groups.group_new, name="group-new"),
    path("groups/<int:pk>/", groups.group, name="group"),
    path("patterns/", groups.pattern_list, name="patterns"),
    path("opinions/", outside.opinion_list, name="opinions"),
    path("opinions/new/", outside.opinion_new, name="opinion-new"),
    path("opinions/<int:pk>/", outside.opinion, name="opinion"),
    path("warnings/", outside.warning_list, name="warnings"),
    path("warnings/new/", outside.warning_new, name="warning-new"),
    path("warnings/<int:pk>/settle/", outside.warning_settle, name="warning-settle"),
    path("warnings/<int:pk>/case/", outside.warning_case, name="warning-case"),
]
