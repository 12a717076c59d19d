"""Addresses of what every installation has: messages, background work, its own health."""

from django.urls import URLPattern, path

from core.health import health

app_name = "core"
urlpatterns: list[URLPattern] = [
    path("system/health/", health, name="health"),
]
