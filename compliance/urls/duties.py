"""Addresses of trips and leave, the log-in rule and what follows a lapse."""

from django.urls import URLPattern, path

from compliance.views import circulars, commendations, log_ins, sanctions, trips

CIRCULAR = "compliance/notices/<int:pk>/"
SANCTION = "compliance/sanctions/<int:pk>/"
COMMENDATION = "compliance/commendations/<int:pk>/"

urlpatterns: list[URLPattern] = [
    path("trips/", trips.trips, name="trips"),
    path("trips/new/", trips.trip_new, name="trip-new"),
    path("trips/<int:pk>/", trips.trip, name="trip"),
    path("trips/<int:pk>/edit/", trips.trip_edit, name="trip-edit"),
    path("trips/<int:pk>/correct/", trips.trip_correct, name="trip-correct"),
    path("trips/<int:pk>/cancel/", trips.trip_cancel, name="trip-cancel"),
    path("compliance/log-ins/", log_ins.log_ins, name="log-ins"),
    path("compliance/log-ins/month.xlsx", log_ins.log_ins_workbook, name="log-ins-workbook"),
    path("compliance/log-ins/people/<str:employee_no>/", log_ins.log_in_days, name="log-in-days"),
    path("compliance/lapses/", circulars.lapses, name="lapses"),
    path("compliance/notices/", circulars.circulars, name="notices"),
    path(CIRCULAR, circulars.circular, name="circular"),
    path(f"{CIRCULAR}publish/", circulars.circular_publish, name="circular-publish"),
    path(f"{CIRCULAR}drop/", circulars.circular_drop, name="circular-drop"),
    path("compliance/sanctions/", sanctions.sanctions, name="sanctions"),
    path(SANCTION, sanctions.sanction, name="sanction"),
    path(f"{SANCTION}appeal/", sanctions.sanction_appeal, name="sanction-appeal"),
    path(f"{SANCTION}decide/", sanctions.sanction_decide, name="sanction-decide"),
    path(f"{SANCTION}void/", sanctions.sanction_void, name="sanction-void"),
    path("compliance/commendations/", commendations.commendations, name="commendations"),
    path(COMMENDATION, commendations.commendation, name="commendation"),
    path(f"{COMMENDATION}void/", commendations.commendation_void, name="commendation-void"),
]
