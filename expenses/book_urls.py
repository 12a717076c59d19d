"""Addresses of budgets and what is kept around money; a list for each module of views."""

from django.urls import path

from expenses.views import budgets

budget_urls = [
    path("expenses/budgets/", budgets.budgets, name="budgets"),
    path("expenses/budgets/<int:pk>/hand-down/", budgets.budget_hand_down, name="budget-hand-down"),
    path("expenses/budgets/<int:pk>/ask/", budgets.budget_ask, name="budget-ask"),
    path("expenses/budgets/changes/<int:pk>/", budgets.budget_change, name="budget-change"),
    path("expenses/budgets/<str:code>/<int:year>/", budgets.budget_unit, name="budget-unit"),
    path(
        "expenses/budgets/<str:code>/<int:year>/entries/",
        budgets.budget_entries,
        name="budget-entries",
    ),
    path(
        "expenses/budgets/<str:code>/<int:year>/allot/", budgets.budget_allot, name="budget-allot"
    ),
    path(
        "expenses/budgets/<str:code>/<int:year>/carry-over/",
        budgets.budget_carry_over,
        name="budget-carry-over",
    ),
]

book_urls = [*budget_urls]
