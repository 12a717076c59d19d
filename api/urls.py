"""Addresses of the API and of its pages."""

from django.urls import path

from api import views
from api.base import Nothing
from api.resources import cases, customers

app_name = "api"
urlpatterns = [
    path("api/v1/schema/", views.schema, name="schema"),
    path("system/api-tokens/", views.tokens, name="tokens"),
    path("system/api-tokens/new/", views.token_new, name="token-new"),
    path("system/api-tokens/<int:pk>/revoke/", views.token_revoke, name="token-revoke"),
    path("api/v1/cases/", cases.Cases.as_view(), name="cases"),
    path("api/v1/cases/<int:pk>/", cases.OneCase.as_view(), name="case"),
    path("api/v1/customers/", customers.Customers.as_view(), name="customers"),
    path("api/v1/customers/<int:pk>/", customers.OneCustomer.as_view(), name="customer"),
    path("api/v1/customers/<int:pk>/numbers/", customers.Numbers.as_view(), name="numbers"),
    path("api/v1/<path:rest>", Nothing.as_view(), name="nothing"),
]
