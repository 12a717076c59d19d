"""Addresses of imports."""

from django.urls import path

from core.imports import views

app_name = "imports"
urlpatterns = [
    path("", views.import_list, name="list"),
    path("new/", views.import_new, name="new"),
    path("template/<slug:name>/", views.import_template, name="template"),
    path("<int:pk>/", views.import_detail, name="detail"),
    path("<int:pk>/mapping/", views.import_mapping, name="mapping"),
    path("<int:pk>/apply/", views.import_apply, name="apply"),
    path("<int:pk>/stop/", views.import_stop, name="stop"),
    path("<int:pk>/undo/", views.import_undo, name="undo"),
    path("<int:pk>/rejected/", views.import_rejected, name="rejected"),
]
