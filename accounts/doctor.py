"""What the self-check says about letting people in."""

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import RoleGrant, User
from accounts.services import administers
from core.doctor import Finding, ok, register, warning
from regions.policies import policy


@register("security.second_factor", gettext_lazy("Second factor"), needs_database=True)
def security_findings() -> Iterator[Finding]:
    """Whether roles ask for a second factor, and which administrators have none."""
    if not policy("accounts.second_factor_roles"):
        yield warning(
            _("No role asks for a second factor."),
            _("Choose roles at Rules, “Roles that need a second factor”; level 3 wants it."),
        )
    else:
        yield ok(_("Roles ask for a second factor."))
    held = RoleGrant.objects.now().filter(administers())
    bare = (
        User.objects.active()
        .filter(
            grants__in=held,
            authenticator=None,
            is_demo=False,
        )
        .distinct()
        .count()
    )
    if bare:
        yield warning(
            _("{count} administrators log in with a password alone.").format(count=bare),
            _("Ask them to set up a second factor under “Log-in security”."),
        )
