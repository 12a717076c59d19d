"""Addresses of compliance, a module for each part."""

from compliance.urls import daily, duties, staffing, strategic

app_name = "compliance"

urlpatterns = [
    *duties.urlpatterns,
    *staffing.urlpatterns,
    *strategic.urlpatterns,
    *daily.urlpatterns,
]
