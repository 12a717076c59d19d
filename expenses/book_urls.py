"""Addresses of budgets and what is kept around money; a list for each module of views."""

from django.urls import path

from expenses.views import (
    analysis,
    budgets,
    categories,
    events,
    key_dates,
    ledger_export,
    review,
    stock,
)

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

ledger_urls = [
    path("expenses/ledger/export/", ledger_export.export_new, name="ledger-export"),
    path(
        "expenses/ledger/export/<int:pk>/",
        ledger_export.export_detail,
        name="ledger-export-detail",
    ),
    path(
        "expenses/ledger/export/<int:pk>/file/",
        ledger_export.export_file,
        name="ledger-export-file",
    ),
]

analysis_urls = [
    path("expenses/analysis/", analysis.analysis, name="analysis"),
    path("expenses/analysis/workbook/", analysis.analysis_workbook, name="analysis-workbook"),
    path("expenses/analysis/pdf/", analysis.analysis_pdf, name="analysis-pdf"),
]

review_urls = [
    path("expenses/review/", review.review, name="review"),
    path("expenses/review/<int:pk>/<slug:kind>/", review.review_mark, name="review-mark"),
]

stock_urls = [
    path("expenses/stock/", stock.stock, name="stock"),
    path("expenses/stock/new/", stock.gift_new, name="gift-new"),
    path("expenses/stock/<int:pk>/", stock.gift, name="gift"),
    path("expenses/stock/<int:pk>/receive/", stock.gift_receive, name="gift-receive"),
    path("expenses/stock/<int:pk>/count/", stock.gift_count, name="gift-count"),
]

key_date_urls = [
    path("expenses/key-dates/", key_dates.key_dates, name="key-dates"),
    path("expenses/key-dates/new/", key_dates.key_date_new, name="key-date-new"),
    path("expenses/key-dates/<int:pk>/", key_dates.key_date, name="key-date"),
]

event_urls = [
    path("expenses/events/", events.events, name="events"),
    path("expenses/events/new/", events.event_new, name="event-new"),
    path("expenses/events/<int:pk>/", events.event, name="event"),
    path("expenses/events/<int:pk>/edit/", events.event_edit, name="event-edit"),
    path("expenses/events/<int:pk>/minutes/", events.event_hold, name="event-hold"),
    path("expenses/events/<int:pk>/cancel/", events.event_cancel, name="event-cancel"),
    path("expenses/events/<int:pk>/files/", events.event_attach, name="event-attach"),
    path("expenses/events/<int:pk>/files/<int:file_pk>/", events.event_file, name="event-file"),
    path(
        "expenses/events/<int:pk>/files/<int:file_pk>/thumb/",
        events.event_thumb,
        name="event-thumb",
    ),
    path(
        "expenses/events/<int:pk>/files/<int:file_pk>/remove/",
        events.event_detach,
        name="event-detach",
    ),
]

category_urls = [
    path("expenses/categories/", categories.categories, name="categories"),
    path("expenses/categories/new/", categories.category_new, name="category-new"),
    path("expenses/categories/<int:pk>/", categories.category, name="category"),
]

book_urls = [
    *budget_urls,
    *ledger_urls,
    *analysis_urls,
    *review_urls,
    *stock_urls,
    *key_date_urls,
    *event_urls,
    *category_urls,
]
