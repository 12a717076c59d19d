"""What a token may be used for. Beside it stand the rights of its owner, and the narrower holds."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

CUSTOMERS_READ = "customers:read"
CUSTOMERS_WRITE = "customers:write"
CUSTOMERS_NUMBERS = "customers:numbers"
CASES_READ = "cases:read"
CASES_WRITE = "cases:write"

SCOPES: dict[str, str | Promise] = {
    CUSTOMERS_READ: _("Read customers, numbers masked"),
    CUSTOMERS_WRITE: _("Enter and change customers"),
    CUSTOMERS_NUMBERS: _("Show telephone and identity numbers; each one is recorded"),
    CASES_READ: _("Read cases"),
    CASES_WRITE: _("Take in cases"),
}
