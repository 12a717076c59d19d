"""Addresses of the front door, one's own account, and people."""

from django.urls import path

from accounts import views

app_name = "accounts"
urlpatterns = [
    path("login/", views.log_in, name="login"),
    path("login/link/<str:key>/", views.set_password, name="set-password"),
    path("logout/", views.log_out, name="logout"),
    path("account/", views.own_settings, name="settings"),
    path("account/password/", views.change_password, name="password"),
    path("people/", views.people, name="people"),
    path("people/<str:employee_no>/", views.person, name="person"),
]
