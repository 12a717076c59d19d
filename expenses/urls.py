"""Addresses of expenses and of customer events."""

from django.urls import path

from expenses.book_urls import book_urls
from expenses.views import after, detail, exports, form, lists

app_name = "expenses"

paper_urls = [
    path("expenses/applications/", lists.application_list, name="applications"),
    path("expenses/applications/new/", form.application_new, name="new"),
    path("expenses/applications/form/<slug:part>/", form.form_part, name="form-part"),
    path("expenses/applications/export/", exports.export_new, name="export"),
    path("expenses/applications/export/<int:pk>/", exports.export_detail, name="export-detail"),
    path("expenses/applications/export/<int:pk>/file/", exports.export_file, name="export-file"),
    path("expenses/choices/customers/", form.customer_choices, name="customer-choices"),
    path("expenses/choices/cases/", form.case_choices, name="case-choices"),
    # One application.
    path("expenses/applications/<int:pk>/", detail.application_detail, name="detail"),
    path("expenses/applications/<int:pk>/edit/", form.application_edit, name="edit"),
    path("expenses/applications/<int:pk>/withdraw/", after.withdraw, name="withdraw"),
    path("expenses/applications/<int:pk>/cancel/", after.cancel, name="cancel"),
    path("expenses/applications/<int:pk>/payment/", after.payment_new, name="payment"),
    path("expenses/applications/<int:pk>/refund/", after.refund_new, name="refund"),
    path(
        "expenses/applications/<int:pk>/payment/<int:payment_pk>/reverse/",
        after.payment_reverse,
        name="payment-reverse",
    ),
    path("expenses/applications/<int:pk>/call-off/", after.call_off, name="call-off"),
    path("expenses/applications/<int:pk>/evidence/", after.proof, name="proof"),
    path("expenses/applications/<int:pk>/evidence/add/", after.evidence_add, name="evidence-add"),
    path("expenses/applications/<int:pk>/settlement/", after.settlement_new, name="settlement"),
    path("expenses/applications/<int:pk>/gifts/give/", after.gifts_give, name="gifts-give"),
    path(
        "expenses/applications/<int:pk>/beneficiary/<slug:field>/",
        detail.beneficiary_reveal,
        name="reveal",
    ),
    path(
        "expenses/applications/<int:pk>/files/<slug:kind>/<int:file_pk>/",
        after.file_show,
        name="file",
    ),
    path(
        "expenses/applications/<int:pk>/files/<slug:kind>/<int:file_pk>/thumb/",
        after.file_thumb,
        name="file-thumb",
    ),
    path(
        "expenses/applications/<int:pk>/files/<slug:kind>/<int:file_pk>/remove/",
        after.file_remove,
        name="file-remove",
    ),
    # What there is to do, and what was done.
    path("expenses/evidence/", lists.evidence_list, name="evidence"),
    path("expenses/ledger/", lists.ledger, name="ledger"),
    *book_urls,
]

urlpatterns = [
    *paper_urls,
]
