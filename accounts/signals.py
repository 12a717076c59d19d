"""Log-ins and log-outs leave a record, whichever way they happen."""

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import LoginKind, LoginRecord, User
from accounts.visitors import address_of, device_of

SEEN_ON = "seen_on"  # session key: the last day a record says this session was used


def remember_login(
    kind: LoginKind, *, request: HttpRequest | None, user: User | None, **more: str
) -> LoginRecord:
    """Write one record of the log-in book. `employee_no` in `more` is what was typed, for unknown
    people; `device` replaces the browser's own id."""
    seen = {} if request is None else {"ip": address_of(request), "device": device_of(request)}
    meta = {} if request is None else request.META
    return LoginRecord.objects.create(
        kind=kind,
        user=user,
        agent=meta.get("HTTP_USER_AGENT", "")[:200],
        **{"employee_no": user.employee_no if user else "", **seen, **more},
    )


@receiver(user_logged_in)
def remember_arrival(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    """A log-in counts as the first page of its day too."""
    remember_login(LoginKind.LOGIN, request=request, user=user)
    request.session[SEEN_ON] = timezone.localdate().isoformat()


@receiver(user_logged_out)
def remember_departure(sender: Any, request: HttpRequest, user: User | None, **kwargs: Any) -> None:
    """Nobody is named when the session had ended before."""
    if user is not None:
        remember_login(LoginKind.LOGOUT, request=request, user=user)
