"""Who may open a page: every view declares it, and an undeclared view is refused.

Four declarations exist: `@public`, `@signed_in`, `@requires("app.permission")`, and `@by_token` for
programs, which have no session: there the view asks for a token itself (api.base). They only
mark the view; `core.middleware.AccessMiddleware` enforces the mark, so that the same table can be
read by the surface walk in the tests. Rows are a second question, answered by `visible_to`
(core.scope): a record out of scope is 404, an act without the right is 403.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import url_has_allowed_host_and_scheme

from core.scope import scope_of

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


@dataclass(frozen=True, slots=True)
class Access:
    """What a view asks of its visitor. `permission` is None for public and signed-in pages."""

    kind: str
    permission: str | None = None
    whole_group: bool = False

    def opens_to(self, user: Any) -> bool:
        """Whether somebody who is signed in may open the page."""
        if self.permission is None:
            return True
        if self.whole_group:
            return scope_of(user, self.permission).everything
        return bool(user.has_perm(self.permission))

    def __str__(self) -> str:
        return self.permission or self.kind


PUBLIC = Access("public")
SIGNED_IN = Access("signed_in")
BY_TOKEN = Access("token")
ADMINISTRATION = Access("permission", "accounts.use_admin")


def public(view: View) -> View:
    """Anybody may open this page, signed in or not."""
    view.access = PUBLIC  # type: ignore[attr-defined]
    return view


def signed_in(view: View) -> View:
    """Every member of staff may open this page; its rows are scoped by the view."""
    view.access = SIGNED_IN  # type: ignore[attr-defined]
    return view


def by_token(view: View) -> View:
    """A view for programs: whoever is signed in by a session is as unknown to it as a stranger."""
    view.access = BY_TOKEN  # type: ignore[attr-defined]
    return view


def requires(permission: str, *, whole_group: bool = False) -> Callable[[View], View]:
    """Only people whose roles hold `permission` ("app.codename") may open this page.

    `whole_group`: the right must reach the whole group, because what the page shows or does
    belongs to no unit (the health of the installation, its outbox, its webhooks).
    """

    def mark(view: View) -> View:
        view.access = Access("permission", permission, whole_group)  # type: ignore[attr-defined]
        return view

    return mark


def fresh(view: View) -> View:
    """A weighty act: only for people who proved who they are within the step-up window.

    Stands above one of the three declarations. `accounts.middleware` enforces it.
    """
    view.fresh = True  # type: ignore[attr-defined]
    return view


def fresh_if(weighty: Callable[..., bool]) -> Callable[[View], View]:
    """The same for a view of which some acts are weighty: `weighty(request, **arguments)` says."""

    def mark(view: View) -> View:
        view.fresh = weighty  # type: ignore[attr-defined]
        return view

    return mark


def page_of(request: HttpRequest) -> str:
    """The page a visitor is on, to come back to after a log-in: path and query.

    A request of htmx belongs to the page around it, a post to the page whose form it sends.
    """
    if request.headers.get("HX-Request") == "true":
        page = request.headers.get("HX-Current-URL", "")
    elif request.method in ("GET", "HEAD"):
        return request.get_full_path()
    else:
        page = request.headers.get("Referer", "")
    if page and url_has_allowed_host_and_scheme(
        page, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        parts = urlsplit(page)
        return f"{parts.path}?{parts.query}" if parts.query else parts.path or "/"
    return "/" if request.headers.get("HX-Request") == "true" else request.get_full_path()


def access_of(view: Any) -> Access | None:
    """The declaration of a resolved view, or None where there is none.

    Django's admin guards each of its views by itself (`AdminSite.admin_view`), through the same
    front door and the right `accounts.use_admin`.
    """
    if getattr(view, "admin_site", None) is not None:
        return ADMINISTRATION
    return getattr(view, "access", None)


def refuse_or_none(request: HttpRequest, access: Access | None) -> HttpResponse | None:
    """The answer to a visitor who may not open the page, or None when he may.

    Raises PermissionDenied (403) for a signed-in visitor without the right, and for a view that
    declares nothing: forgetting the mark closes a page, it never opens one.
    """
    if access is None:
        raise PermissionDenied("undeclared view")
    if access.kind in ("public", "token"):
        return None
    if not request.user.is_authenticated:
        if request.headers.get("HX-Request") == "true":
            answer = HttpResponse(status=401)
            answer["HX-Redirect"] = redirect_to_login(page_of(request)).url
            return answer
        return redirect_to_login(page_of(request))
    if not access.opens_to(request.user):
        raise PermissionDenied(access.permission)
    return None
