"""Log-ins on devices: how they begin, how long they last, how many there are, how they end.

The session's own limits stand in the session, so that an ordinary request costs no query more:
when it ends unless used (`UNTIL`), when it ends at the latest (`END`), when its owner last proved
who he is (`PROVED`). They are renewed at most once a minute. The row of SignedInDevice says the
same to people, and why a session is over.
"""

import time
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import EndReason, LoginMethod, SignedInDevice, User
from accounts.models.sessions import DeviceKind, DeviceQuerySet
from accounts.session_store import hashed
from accounts.visitors import address_of, browser_of, device_of, is_mobile
from audit.services import record
from core.errors import Refused
from regions.policies import policy

DEVICE = "device"  # session keys; instants are seconds since 1970
PROVED = "proved_at"
END = "ends_at"
UNTIL = "idle_until"
TOUCHED = "touched_at"
SETTLED = "factor_settled_at"
RENEW_AFTER = 60  # seconds
BATCH = 500

SENTENCES = {
    EndReason.IDLE: _("You were signed out because nothing was done for a while. Please log in."),
    EndReason.AGE: _("A working day's log-in is over. Please log in again to go on."),
    EndReason.CROWDED: _(
        "You were signed out here because you logged in on another device of this kind."
        " If that was not you, log in and change your password."
    ),
    EndReason.AGAIN: _("You logged in again in this browser. Please log in."),
    EndReason.OWNER: _("You signed this device out from another one. Please log in."),
    EndReason.ADMIN: _("An administrator signed this device out. Please log in."),
    EndReason.PASSWORD: _("Your password was changed, so this device was signed out."),
    EndReason.FACTOR: _("Your log-in security was changed. Please log in again."),
    EndReason.ACCOUNT: _("This account is closed. Please speak to your administrator."),
}


# --- beginning ----------------------------------------------------------------------------------


@transaction.atomic
def begin(request: HttpRequest, user: User) -> SignedInDevice:
    """Write down a log-in that has just happened, and end the oldest of its kind beyond the number
    the policy allows (reliability: concurrent sessions)."""
    request.session.pop(DEVICE, None)  # of an earlier log-in in this browser
    # Two log-ins at the same moment must not both find room.
    User.objects.select_for_update(of=("self",)).get(pk=user.pk)
    if request.session.session_key is None:
        request.session.save()
    kind = DeviceKind.MOBILE if is_mobile(request) else DeviceKind.DESKTOP
    browser = device_of(request)
    mine = SignedInDevice.objects.filter(user=user).open()
    if browser:
        end(mine.filter(device=browser), reason=EndReason.AGAIN)
    key = hashed(request.session.session_key)
    device = SignedInDevice.objects.create(
        user=user,
        key=key,
        kind=kind,
        device=browser,
        browser=browser_of(request),
        ip=address_of(request),
    )
    _leave_room(user, kind)
    now = time.time()
    hours = policy("accounts.absolute_hours", unit=user.unit_id)
    request.session[DEVICE] = device.pk
    request.session[PROVED] = now
    request.session[END] = now + hours * 3600
    _renew(request, user, now)
    return device


def _leave_room(user: User, kind: str) -> None:
    """End the oldest log-ins of a kind beyond the number allowed."""
    allowed = policy(f"accounts.{kind}_devices", unit=user.unit_id)
    rows = SignedInDevice.objects.filter(user=user, kind=kind).open()
    crowd = list(rows.order_by("-created_at", "-pk").values_list("pk", flat=True)[allowed:])
    if crowd:
        end(SignedInDevice.objects.filter(pk__in=crowd), reason=EndReason.CROWDED)


# --- lasting ------------------------------------------------------------------------------------


def keep_or_end(request: HttpRequest, *, counts: bool) -> str:
    """Let a session live on, or end it when it is over. Returns the reason of an end, else "".

    `counts` is False for pages that ask by themselves: they do not keep a session alive.
    """
    now = time.time()
    session = request.session
    reason = ""
    if now >= session.get(END, 0):
        reason = EndReason.AGE
    elif now >= session.get(UNTIL, 0):
        reason = EndReason.IDLE
    if reason:
        end(SignedInDevice.objects.filter(pk=session.get(DEVICE, 0)), reason=reason)
        session.flush()
        request.user = AnonymousUser()
    elif counts and now - session.get(TOUCHED, 0) >= RENEW_AFTER:
        _renew(request, request.user, now)  # type: ignore[arg-type]
    return reason


def seconds_left(request: HttpRequest) -> int:
    """Seconds until this session ends unless something is done."""
    session = request.session
    return max(0, int(min(session.get(UNTIL, 0), session.get(END, 0)) - time.time()))


def _renew(request: HttpRequest, user: User, now: float) -> None:
    session = request.session
    session[TOUCHED] = now
    session[UNTIL] = now + policy("accounts.idle_minutes", unit=user.unit_id) * 60
    until = datetime.fromtimestamp(min(session[UNTIL], session[END]), UTC)
    SignedInDevice.objects.filter(pk=session[DEVICE]).update(
        last_used_at=timezone.now(), expires_at=until
    )


# --- proving who one is -------------------------------------------------------------------------


def is_fresh(request: HttpRequest) -> bool:
    """Whether the person has proved who he is within the step-up window (ASVS 7.5)."""
    unit = getattr(request.user, "unit_id", None)
    window = policy("accounts.step_up_minutes", unit=unit) * 60
    return time.time() - request.session.get(PROVED, 0) < window


def prove(request: HttpRequest, method: LoginMethod) -> None:
    """The person has just proved again who he is: the session gets a new key (fixation)."""
    request.session[PROVED] = time.time()
    request.session.cycle_key()
    SignedInDevice.objects.filter(pk=request.session.get(DEVICE, 0)).update(
        authenticated_at=timezone.now()
    )


# --- ending -------------------------------------------------------------------------------------


@transaction.atomic
def end(devices: DeviceQuerySet, *, reason: str) -> int:
    """End log-ins at once: their sessions are deleted, the rows say why. Returns how many."""
    keys = list(devices.open().select_for_update(of=("self",)).values_list("key", flat=True))
    Session.objects.filter(session_key__in=keys).delete()
    return SignedInDevice.objects.filter(key__in=keys).update(
        ended_at=timezone.now(), end_reason=reason
    )


def end_sessions(user: User, *, reason: str = EndReason.ACCOUNT, keep: str | None = None) -> int:
    """End all log-ins of a person but the one with the cookie key `keep`. Returns how many."""
    devices = SignedInDevice.objects.filter(user=user)
    if keep:
        devices = devices.exclude(key=hashed(keep))
    return end(devices, reason=reason)


@transaction.atomic
def end_device(device: SignedInDevice, *, by: User) -> None:
    """End one log-in, one's own or that of a person in reach. Raises Refused."""
    own = device.user_id == by.pk
    if not own and not SignedInDevice.objects.visible_to(by).filter(pk=device.pk).exists():
        raise Refused(_("You may not sign this person's devices out."))
    reason = EndReason.OWNER if own else EndReason.ADMIN
    if end(SignedInDevice.objects.filter(pk=device.pk), reason=reason):
        who = device.user
        record("session.ended", by=by, subject=who, employee_no=who.employee_no, count=1)


@transaction.atomic
def end_devices_of(user: User, *, by: User, keep: str | None = None) -> int:
    """End all log-ins of a person, or all of one's own but the present one. Raises Refused."""
    own = user.pk == by.pk
    if not own and not User.objects.visible_to(by, "accounts.change_user").filter(pk=user.pk):
        raise Refused(_("You may not sign this person's devices out."))
    count = end_sessions(user, reason=EndReason.OWNER if own else EndReason.ADMIN, keep=keep)
    if count:
        record("session.ended", by=by, subject=user, employee_no=user.employee_no, count=count)
    return count


def end_expired() -> int:
    """End log-ins that nobody came back to, so that lists tell the truth. Returns how many."""
    total = 0
    while True:
        late = SignedInDevice.objects.open().filter(expires_at__lte=timezone.now())
        pks = list(late.order_by("pk").values_list("pk", flat=True)[:BATCH])
        if not pks:
            return total
        total += end(SignedInDevice.objects.filter(pk__in=pks), reason=EndReason.IDLE)


def delete_old(*, older_than: timedelta) -> int:
    """Delete the rows of log-ins that ended long ago. Returns how many."""
    gone = SignedInDevice.objects.filter(ended_at__lt=timezone.now() - older_than)
    return gone.delete()[0]


def why_over(request: HttpRequest) -> str:
    """Why the session of the visitor's cookie is over, or "" for a cookie nobody knows."""
    key = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
    if not key:
        return ""
    row = SignedInDevice.objects.filter(key=hashed(key)).exclude(ended_at=None).first()
    return row.end_reason if row is not None else ""
