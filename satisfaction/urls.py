"""Addresses of satisfaction."""

from django.urls import path

from satisfaction.views import answers, desk, on_site

app_name = "satisfaction"
urlpatterns = [
    # --- answers: the telephone desk, the device on site, the list
    path("phone/", desk.phone, name="phone"),
    path("phone/<int:pk>/", desk.call, name="call"),
    path("phone/<int:pk>/number/<slug:field>/", desk.number, name="call-number"),
    path("waves/<str:code>/on-site/", on_site.hand_over, name="on-site"),
    path("waves/<str:code>/answers/", answers.answer_list, name="answers"),
    path("waves/<str:code>/answers/export/", answers.export_new, name="answers-export"),
    path("waves/<str:code>/answers/<int:pk>/", answers.answer, name="answer"),
    path("waves/<str:code>/answers/<int:pk>/void/", answers.void, name="answer-void"),
    path("waves/<str:code>/answers/<int:pk>/unvoid/", answers.unvoid, name="answer-unvoid"),
    path("answers/exports/<int:pk>/", answers.export_detail, name="export-detail"),
    path("answers/exports/<int:pk>/file/", answers.export_file, name="export-file"),
]
