"""Addresses of what every installation has: messages, background work, its own health."""

from django.urls import URLPattern, path

from core.drafts import views as drafts
from core.health import health
from core.notices import system_views as system
from core.notices import views as notices
from core.work import views as work

app_name = "core"
urlpatterns: list[URLPattern] = [
    path("system/health/", health, name="health"),
    path("system/jobs/", work.jobs, name="jobs"),
    path("system/jobs/run/<str:kind>/", work.job_run, name="job-run"),
    path("system/jobs/<int:pk>/", work.job, name="job"),
    path("system/jobs/<int:pk>/retry/", work.job_retry, name="job-retry"),
    path("system/jobs/<int:pk>/stop/", work.job_stop, name="job-stop"),
    path("system/jobs/<int:pk>/put-aside/", work.job_put_aside, name="job-put-aside"),
    path("drafts/", drafts.draft_save, name="draft-save"),
    path("drafts/<uuid:key>/drop/", drafts.draft_drop, name="draft-drop"),
    path("drafts/files/", drafts.draft_files, name="draft-files"),
    path("drafts/files/<int:pk>/", drafts.draft_file, name="draft-file"),
    path("drafts/files/<int:pk>/remove/", drafts.draft_file_remove, name="draft-file-remove"),
    path("notifications/", notices.notifications, name="notifications"),
    path("notifications/count/", notices.bell_count, name="notifications-count"),
    path("notifications/latest/", notices.bell_latest, name="notifications-latest"),
    path("notifications/read/", notices.notifications_read, name="notifications-read"),
    path("notifications/<int:pk>/open/", notices.notification_open, name="notification-open"),
    path("notifications/<int:pk>/read/", notices.notification_read, name="notification-read"),
    path("account/notifications/", notices.preferences, name="notification-preferences"),
    path("system/outbox/", system.outbox_list, name="outbox"),
    path("system/outbox/resend/", system.outbox_resend, name="outbox-resend"),
    path("system/outbox/confirm/", system.outbox_confirm, name="outbox-confirm"),
    path("system/outbox/cancel/", system.outbox_cancel, name="outbox-cancel"),
    path("system/outbox/<int:pk>/", system.outbox_message, name="outbox-message"),
    path("system/webhooks/", system.webhook_list, name="webhooks"),
    path("system/webhooks/new/", system.webhook_new, name="webhook-new"),
    path("system/webhooks/<int:pk>/", system.webhook, name="webhook"),
    path("system/webhooks/<int:pk>/test/", system.webhook_test, name="webhook-test"),
    path("system/webhooks/<int:pk>/resend/", system.webhook_resend, name="webhook-resend"),
    path("system/webhooks/<int:pk>/secret/", system.webhook_secret, name="webhook-secret"),
    path("system/webhooks/<int:pk>/delete/", system.webhook_delete, name="webhook-delete"),
]
