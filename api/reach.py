"""What a token may be used for. Beside it stand the rights of its owner, and the narrower holds."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

CUSTOMERS_READ = "customers:read"
CUSTOMERS_WRITE = "customers:write"
CUSTOMERS_NUMBERS = "customers:numbers"
CASES_READ = "cases:read"
CASES_WRITE = "cases:write"
PROPERTIES_READ = "properties:read"
ACTIVITIES_READ = "activities:read"
ACTIVITIES_WRITE = "activities:write"
ORGANISATION_READ = "organisation:read"
SURVEYS_READ = "surveys:read"
METRICS_READ = "metrics:read"

SCOPES: dict[str, str | Promise] = {
    CUSTOMERS_READ: _("Read customers, numbers masked"),
    CUSTOMERS_WRITE: _("Enter and change customers"),
    CUSTOMERS_NUMBERS: _("Show telephone and identity numbers; each one is recorded"),
    CASES_READ: _("Read cases"),
    CASES_WRITE: _("Take in cases"),
    PROPERTIES_READ: _("Read properties and the keys of their owners"),
    ACTIVITIES_READ: _("Read activities with customers"),
    ACTIVITIES_WRITE: _("Log and plan activities with customers"),
    ORGANISATION_READ: _("Read units, and staff without their numbers and addresses"),
    SURVEYS_READ: _("Read published survey results"),
    METRICS_READ: _("Read figures of the dashboard"),
}
