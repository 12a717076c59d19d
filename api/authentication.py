"""Who calls, whether he may, and how often."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.throttling import BaseThrottle

from api.policies import CALLS
from api.services import count_call, token_behind
from regions.policies import policy


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer <token>`. There is no other way in: a browser's session is not asked,
    so that no other site can make a browser call."""

    def authenticate(self, request: Any) -> tuple[Any, Any] | None:
        kind, _space, text = get_authorization_header(request).partition(b" ")
        if kind.lower() != b"bearer":
            return None
        token = token_behind(text.decode("latin-1").strip())
        if token is None:
            raise AuthenticationFailed(_("This token is not valid, or not any more."))
        request._request._cached_user = token.user  # the log names who called
        return token.user, token

    def authenticate_header(self, request: Any) -> str:
        return 'Bearer realm="api"'


class Asked(BasePermission):
    """What the method of a resource asks for: a scope of the token, and a right of its owner.

    A method that says nothing opens to nobody.
    """

    def has_permission(self, request: Any, view: Any) -> bool:
        if request.auth is None:
            return False
        method = "GET" if request.method == "HEAD" else request.method
        if method.lower() not in view.http_method_names or not hasattr(view, method.lower()):
            return True  # and is answered with 405
        ask = view.asks.get(method)
        if ask is None:
            return False
        if ask.scope and ask.scope not in request.auth.scopes:
            self.message = _(
                "This token was not made for that: it lacks the scope {scope}."
            ).format(scope=ask.scope)
            return False
        self.message = _("Your account lacks the right for that: {right}.").format(right=ask.right)
        return not ask.right or request.user.has_perm(ask.right)


class PerMinute(BaseThrottle):
    """So many calls a minute and token; counted in the database, because processes are several."""

    def __init__(self) -> None:
        self.seconds = 60.0

    def allow_request(self, request: Any, view: Any) -> bool:
        if request.auth is None:
            return True
        now = timezone.now()
        self.seconds = 60 - now.second
        most: int = policy(CALLS, request.user.unit_id)
        return count_call(request.auth, now) <= most

    def wait(self) -> float:
        return self.seconds
