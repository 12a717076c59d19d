"""Addresses of trips and leave, the log-in rule and what follows a lapse."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
