"""Addresses of the archive."""

from django.urls import URLPattern, URLResolver, include, path

from customers.views import (
    access,
    activities,
    contracts,
    detail,
    duplicates,
    edit,
    exports,
    hand_over,
    lists,
    targets,
    value,
)

app_name = "customers"

contact_urls = [
    path("new/", edit.contact_new, name="contact-new"),
    path("<int:contact_pk>/edit/", edit.contact_edit, name="contact-edit"),
    path("<int:contact_pk>/reveal/<slug:field>/", detail.contact_reveal, name="contact-reveal"),
]
customer_urls: list[URLPattern | URLResolver] = [
    path("", detail.customer_detail, name="detail"),
    path("edit/", edit.customer_edit, name="edit"),
    path("reveal/<slug:field>/", detail.customer_reveal, name="reveal"),
    path("activities/new/", activities.activity_new, name="activity-new"),
    path("merge/", duplicates.merge_choose, name="merge-choose"),
    path("merge/<int:other>/", duplicates.merge_compare, name="merge-compare"),
    path("merge/<int:other>/confirm/", duplicates.merge_confirm, name="merge-confirm"),
    path("merges/<int:merge>/", duplicates.merge_detail, name="merge-detail"),
    path("access/", access.customer_access, name="access"),
    path("share/", access.customer_share, name="share"),
    path("share/people/", access.share_people, name="share-people"),
    path("contacts/", include(contact_urls)),
    path("demand/new/", value.demand_new, name="demand-new"),
    path("losses/new/", value.loss_new, name="loss-new"),
    path("credit/new/", value.credit_new, name="credit-new"),
    path("credit/<int:year>/", value.credit_sheet, name="credit"),
    path("credit/<int:year>/paper/", value.credit_paper, name="credit-paper"),
    path("contracts/new/", contracts.contract_new, name="contract-new"),
    path("opportunities/new/", contracts.opportunity_new, name="opportunity-new"),
    path("value/new/", value.value_new, name="value-new"),
    path("value/<int:year>/", value.value_sheet, name="value"),
    path("value/<int:year>/paper/", value.value_paper, name="value-paper"),
]
contract_urls = [
    path("", contracts.contract_detail, name="contract"),
    path("edit/", contracts.contract_edit, name="contract-edit"),
    path("instalments/new/", contracts.instalment_new, name="instalment-new"),
    path("receipts/new/", contracts.receipt_new, name="receipt-new"),
]
urlpatterns: list[URLPattern | URLResolver] = [
    path("", lists.customer_list, name="list"),
    path("new/", edit.customer_new, name="new"),
    path("duplicates/", duplicates.duplicate_list, name="duplicates"),
    path("duplicates/<int:pk>/two/", duplicates.duplicate_dismiss, name="duplicate-dismiss"),
    path("hand-over/", hand_over.hand_over_page, name="hand-over"),
    path("hand-over/<int:pk>/", hand_over.hand_over_selection, name="hand-over-selection"),
    path("hand-over/<int:pk>/keepers/", hand_over.selection_keepers, name="selection-keepers"),
    path("import-keepers/", hand_over.import_keepers, name="import-keepers"),
    path("keepers/", hand_over.keeper_choices, name="keeper-choices"),
    path("further-reveals/", detail.further_reveals_page, name="further-reveals"),
    path("export/", exports.export_new, name="export"),
    path("export/<int:pk>/", exports.export_detail, name="export-detail"),
    path("export/<int:pk>/file/", exports.export_file, name="export-file"),
    path("activities/<int:pk>/complete/", activities.activity_complete, name="activity-complete"),
    path("activities/<int:pk>/cancel/", activities.activity_cancel, name="activity-cancel"),
    path("demands/<int:pk>/delete/", value.demand_delete, name="demand-delete"),
    path("contracts/", contracts.contract_list, name="contracts"),
    path("contracts/<int:pk>/", include(contract_urls)),
    path("instalments/<int:pk>/delete/", contracts.instalment_delete, name="instalment-delete"),
    path("receipts/<int:pk>/delete/", contracts.receipt_delete, name="receipt-delete"),
    path("opportunities/<int:pk>/edit/", contracts.opportunity_edit, name="opportunity-edit"),
    path("targets/", targets.target_list, name="targets"),
    path("targets/new/", targets.target_new, name="target-new"),
    path("targets/<int:pk>/delete/", targets.target_delete, name="target-delete"),
    path("losses/<int:pk>/won-back/", value.loss_won_back, name="loss-won-back"),
    path("<int:pk>/", include(customer_urls)),
]
