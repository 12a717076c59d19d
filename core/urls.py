"""Addresses of what every installation has: messages, background work, its own health."""

from django.urls import URLPattern

app_name = "core"
urlpatterns: list[URLPattern] = []
