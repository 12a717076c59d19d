"""Addresses of the API and of its pages."""

from django.urls import path, re_path

from api import views
from api.base import Nothing
from api.resources import activities, cases, customers, metrics, organisation, properties, surveys

app_name = "api"
urlpatterns = [
    path("api/v1/schema/", views.schema, name="schema"),
    path("system/api/", views.reference, name="reference"),
    path("system/api-tokens/", views.tokens, name="tokens"),
    path("system/api-tokens/new/", views.token_new, name="token-new"),
    path("system/api-tokens/<int:pk>/revoke/", views.token_revoke, name="token-revoke"),
    path("api/v1/cases/", cases.Cases.as_view(), name="cases"),
    path("api/v1/cases/<int:pk>/", cases.OneCase.as_view(), name="case"),
    path("api/v1/customers/", customers.Customers.as_view(), name="customers"),
    path("api/v1/customers/<int:pk>/", customers.OneCustomer.as_view(), name="customer"),
    path("api/v1/customers/<int:pk>/numbers/", customers.Numbers.as_view(), name="numbers"),
    path("api/v1/units/", organisation.Units.as_view(), name="units"),
    path("api/v1/units/<int:pk>/", organisation.OneUnit.as_view(), name="unit"),
    path("api/v1/staff/", organisation.Staff.as_view(), name="staff"),
    path("api/v1/properties/", properties.Properties.as_view(), name="properties"),
    path("api/v1/properties/<int:pk>/", properties.OneProperty.as_view(), name="property"),
    path("api/v1/activities/", activities.Activities.as_view(), name="activities"),
    path("api/v1/activities/<int:pk>/", activities.OneActivity.as_view(), name="activity"),
    path("api/v1/survey-waves/", surveys.SurveyWaves.as_view(), name="survey-waves"),
    path(
        "api/v1/survey-waves/<int:pk>/results/",
        surveys.SurveyResults.as_view(),
        name="survey-results",
    ),
    path("api/v1/metrics/", metrics.Metrics.as_view(), name="metrics"),
    path("api/v1/metrics/figures/", metrics.Figures.as_view(), name="figures"),
    path("api/v1/metrics/series/", metrics.Series.as_view(), name="series"),
    # With line ends too, which `path` leaves to the pages.
    re_path(r"^api/v1/(?P<rest>[\s\S]+)\Z", Nothing.as_view(), name="nothing"),
]
