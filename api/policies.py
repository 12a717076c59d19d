"""The numbers of the interface for programs."""

from django.utils.translation import gettext_lazy as _

from regions.policies import Policy, register
from regions.policies.types import Whole

TOKEN_DAYS = "api.token_days"  # noqa: S105 - the key of a policy
CALLS = "api.calls_a_minute"

register(
    Policy(
        key=TOKEN_DAYS,
        title=_("Longest life of an API token"),
        meaning=_("A token ends at the latest so many days after it was made."),
        source="GB/T 22239-2019 8.1.4.1; OWASP ASVS 10.4.8",
        type=Whole(1, 365, unit=_("days")),
        default=90,
        group="security",
    )
)
register(
    Policy(
        key=CALLS,
        title=_("API calls a minute"),
        meaning=_("So many calls a minute one token may make; further ones wait for the next."),
        source="OWASP API Security 2023 API4",
        type=Whole(1, 6000),
        default=300,
        group="security",
    )
)
