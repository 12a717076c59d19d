"""Log-ins and log-outs leave a record, whichever way they happen."""

import time
from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import EndReason, LoginKind, LoginRecord, SignedInDevice, User
from accounts.visitors import address_of, browser_of, device_of

SEEN_ON = "seen_on"  # session key: the last day a record says this session was used


def remember_login(
    kind: LoginKind, *, request: HttpRequest | None, user: User | None, **more: str
) -> LoginRecord:
    """Write one record of the log-in book. `employee_no` in `more` is what was typed, for unknown
    people; `device` replaces the browser's own id; `method` says how somebody proved himself."""
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
    """A log-in counts as the first page of its day too, and begins a session on a device."""
    from accounts.factors import needs_factor
    from accounts.sessions import SETTLED, begin

    strange = _is_strange(request, user)
    method = getattr(request, "crm_method", "")
    remember_login(LoginKind.LOGIN, request=request, user=user, method=method)
    request.session[SEEN_ON] = timezone.localdate().isoformat()
    begin(request, user)
    if not needs_factor(user):
        request.session[SETTLED] = time.time()
    if strange:
        _warn(request, user)


@receiver(user_logged_out)
def remember_departure(sender: Any, request: HttpRequest, user: User | None, **kwargs: Any) -> None:
    """Nobody is named when the session had ended before."""
    from accounts.sessions import DEVICE, end

    if user is not None:
        remember_login(LoginKind.LOGOUT, request=request, user=user)
        mine = SignedInDevice.objects.filter(user=user, pk=request.session.get(DEVICE, 0))
        end(mine, reason=EndReason.LOGOUT)


def _is_strange(request: HttpRequest, user: User) -> bool:
    """Whether somebody who has logged in before does so in a browser he never used."""
    device = device_of(request)
    earlier = LoginRecord.objects.filter(user=user, kind=LoginKind.LOGIN)
    return bool(device) and earlier.exists() and not earlier.filter(device=device).exists()


def _warn(request: HttpRequest, user: User) -> None:
    from core.notices import notify

    now = timezone.now()
    notify(
        [user],
        "accounts.new_device",
        key=f"accounts.new_device:{user.pk}:{device_of(request)}",
        url="/account/devices/",
        browser=browser_of(request),
        ip=address_of(request) or "",
        at=now,
    )
