"""The administration as an installed app: in INSTALLED_APPS instead of "django.contrib.admin"."""

from django.contrib.admin.apps import AdminConfig


class CrmAdminConfig(AdminConfig):
    """Django's administration behind the product's own front door."""

    default_site = "core.admin_site.CrmAdminSite"
