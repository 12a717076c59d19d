"""Addresses of the API and of its pages."""

from django.urls import path

from api import views
from api.resources import customers

app_name = "api"
urlpatterns = [
    path("api/v1/schema/", views.schema, name="schema"),
    path("api/v1/customers/", customers.Customers.as_view(), name="customers"),
    path("api/v1/customers/<int:pk>/", customers.OneCustomer.as_view(), name="customer"),
    path("api/v1/customers/<int:pk>/numbers/", customers.Numbers.as_view(), name="numbers"),
]
