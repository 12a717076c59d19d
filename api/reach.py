"""What a token may be used for. Beside it stand the rights of its owner, and the narrower holds."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

ORGANISATION_READ = "organisation:read"
CUSTOMERS_READ = "customers:read"
CUSTOMERS_WRITE = "customers:write"
CUSTOMERS_NUMBERS = "customers:numbers"
PROPERTIES_READ = "properties:read"
ACTIVITIES_READ = "activities:read"
ACTIVITIES_WRITE = "activities:write"
CASES_READ = "cases:read"
CASES_WRITE = "cases:write"
SURVEYS_READ = "surveys:read"

SCOPES: dict[str, str | Promise] = {
    ORGANISATION_READ: _("Read the organisation"),
    CUSTOMERS_READ: _("Read customers, numbers masked"),
    CUSTOMERS_WRITE: _("Enter and change customers"),
    CUSTOMERS_NUMBERS: _("Show telephone and identity numbers; each one is recorded"),
    PROPERTIES_READ: _("Read properties and their owners"),
    ACTIVITIES_READ: _("Read activities"),
    ACTIVITIES_WRITE: _("Log and plan activities"),
    CASES_READ: _("Read cases"),
    CASES_WRITE: _("Take in cases"),
    SURVEYS_READ: _("Read survey results"),
}
