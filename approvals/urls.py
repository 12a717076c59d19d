"""Addresses of approvals."""

from django.urls import path

from approvals.views import acts, authority, bodies, common, detail, flows, inbox, phone, requests

app_name = "approvals"
urlpatterns = [
    path("inbox/", inbox.inbox, name="inbox"),
    path("inbox/approve/", inbox.inbox_approve, name="approve-many"),
    path("people/", common.people, name="people"),
    # Requests on ready forms.
    path("requests/", requests.catalogue, name="requests"),
    path("requests/new/", requests.request_new, name="request-new"),
    path("requests/<int:pk>/", requests.request_detail, name="request"),
    path("requests/<int:pk>/edit/", requests.request_edit, name="request-edit"),
    path("requests/<int:pk>/delete/", requests.request_drop, name="request-drop"),
    path("requests/<int:pk>/files/<int:file_pk>/", requests.request_file, name="request-file"),
    path(
        "requests/<int:pk>/files/<int:file_pk>/remove/",
        requests.request_file_remove,
        name="request-file-remove",
    ),
    # Approvals by telephone.
    path("phone/", phone.phone_list, name="phone"),
    path("phone/<int:pk>/sign/", phone.phone_sign, name="phone-sign"),
    # Flows, bodies, who decides what.
    path("flows/", flows.flow_list, name="flows"),
    path("flows/new/", flows.flow_new, name="flow-new"),
    path("flows/take-over/<slug:key>/", flows.flow_take_over, name="flow-take-over"),
    path("flows/<int:pk>/", flows.flow, name="flow"),
    path("flows/<int:pk>/settings/", flows.flow_settings, name="flow-settings"),
    path("flows/<int:pk>/edit/", flows.flow_edit, name="flow-edit"),
    path("flows/<int:pk>/drawing/", flows.flow_drawing, name="flow-drawing"),
    path("flows/<int:pk>/publish/", flows.flow_publish, name="flow-publish"),
    path("flows/<int:pk>/versions/<int:number>/", flows.flow_version, name="flow-version"),
    path("bodies/", bodies.body_list, name="bodies"),
    path("bodies/new/", bodies.body_new, name="body-new"),
    path("bodies/<int:pk>/", bodies.body, name="body"),
    path("bodies/<int:pk>/members/<int:member_pk>/end/", bodies.member_end, name="member-end"),
    path("authority/", authority.authority, name="authority"),
    # One approval.
    path("<int:pk>/", detail.approval, name="approval"),
    path("<int:pk>/decide/", detail.decide, name="decide"),
    path("<int:pk>/files/<int:file_pk>/", detail.approval_file, name="file"),
    path("<int:pk>/<slug:verb>/", acts.act, name="act"),
]
