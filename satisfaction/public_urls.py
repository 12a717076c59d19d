"""Addresses of the public form, under /s/."""

from django.urls import path

from satisfaction.views import public

app_name = "survey"
urlpatterns = [
    path("form/", public.form, name="form"),
    path("start/", public.start, name="start"),
    path("privacy/", public.privacy, name="privacy"),
    path("thanks/<int:pk>/", public.thanks, name="thanks"),
    path("<str:token>/", public.enter, name="enter"),
]
