"""Addresses of the front door, one's own account, and people."""

from django.urls import path

from accounts.views import people

app_name = "accounts"
urlpatterns = [
    path("login/", people.log_in, name="login"),
    path("login/link/<str:key>/", people.set_password, name="set-password"),
    path("logout/", people.log_out, name="logout"),
    path("account/", people.own_settings, name="settings"),
    path("account/password/", people.change_password, name="password"),
    path("people/", people.people, name="people"),
    path("people/<str:employee_no>/", people.person, name="person"),
]
