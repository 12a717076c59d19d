"""Second factors: set up, used, taken away. Rows, cryptography and passkeys are allauth.mfa's.

What is ours: a code is good for one use across all processes, failures are counted in the log-in
book in PostgreSQL, and whoever must have a factor cannot take the last one away.
"""

import time
from datetime import timedelta
from typing import Any

from allauth.mfa import app_settings
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.utils import decrypt
from allauth.mfa.webauthn.internal import auth as webauthn
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import EndReason, LoginKind, LoginMethod, LoginRecord, User
from accounts.scopes import grants_of
from accounts.services.people import check_reaches_no_further
from accounts.sessions import end_sessions
from accounts.signals import remember_login
from audit.services import record
from core.errors import Refused
from core.notices import notify
from regions.policies import policy

Type = Authenticator.Type
METHODS = {
    Type.TOTP: LoginMethod.TOTP,
    Type.WEBAUTHN: LoginMethod.PASSKEY,
    Type.RECOVERY_CODES: LoginMethod.RECOVERY,
}
SERIES = 5  # wrong codes within SERIES_SPAN, or DAILY within a day: rest
SERIES_SPAN = timedelta(minutes=15)
DAILY = 20
PASSKEYS = 10
SECURITY = "/account/security/"
# What parsing an answer of a browser raises that was made up or cut off.
BROKEN = (ValidationError, ValueError, LookupError, TypeError, AttributeError)


# --- what somebody has, and must have -----------------------------------------------------------


def factors_of(user: User) -> list[Authenticator]:
    """The person's authenticator app and passkeys, oldest first; recovery codes are no factor."""
    rows = Authenticator.objects.filter(user=user).exclude(type=Type.RECOVERY_CODES)
    return list(rows.order_by("created_at", "pk"))


def has_factor(user: User) -> bool:
    """Whether the person can be asked for a second factor."""
    rows = Authenticator.objects.filter(user=user).exclude(type=Type.RECOVERY_CODES)
    return rows.exists()


def recovery_codes_left(user: User) -> int:
    """How many recovery codes the person may still use."""
    row = Authenticator.objects.filter(user=user, type=Type.RECOVERY_CODES).first()
    return len(RecoveryCodes(row).get_unused_codes()) if row is not None else 0


def needs_factor(user: User) -> bool:
    """Whether one of the roles held today asks for a second factor."""
    asking = set(policy("accounts.second_factor_roles"))
    return bool(asking) and any(grant.role in asking for grant in grants_of(user))


def days_left(user: User) -> int:
    """Days until a person who needs a factor can do nothing else; the first call starts them."""
    grace = policy("accounts.second_factor_grace_days")
    if user.factor_asked_at is None:
        user.factor_asked_at = timezone.now()
        User.objects.filter(pk=user.pk, factor_asked_at=None).update(
            factor_asked_at=user.factor_asked_at
        )
    gone = timezone.now() - user.factor_asked_at
    return max(0, grace - gone.days)


# --- proving with a factor ----------------------------------------------------------------------


@transaction.atomic(durable=True)
def check_code(request: HttpRequest, user: User, code: str) -> LoginMethod | None:
    """How the code proves the person, or None; failures are written down and slow down.

    Takes the six digits of an authenticator app or a recovery code. Commits by itself, so that an
    error further on gives no attempt back.
    """
    _queue_up(user)
    method = None
    if not is_resting(user):
        method = _totp_or_recovery(user, code)
    if method is None:
        remember_login(LoginKind.NO_FACTOR, request=request, user=user)
        return None
    if method == LoginMethod.RECOVERY:
        _tell(user, "recovery_used", left=recovery_codes_left(user))
    return method


def check_passkey(
    request: HttpRequest, user: User, response: dict[str, Any], *, alone: bool = False
) -> LoginMethod | None:
    """Whether the answer of the browser proves one of the person's passkeys; else None.

    `alone`: nothing else has been proved. Then the device itself must have checked its owner,
    whatever the browser was asked for, and a failure is written down for nobody, because nothing
    has shown yet that the visitor has to do with this person.
    """
    try:
        device = webauthn.parse_authentication_response(response).response.authenticator_data
        used = webauthn.complete_authentication(user, response)
        if alone and not device.is_user_verified():
            used = None
    except BROKEN:
        used = None
    if used is None or not _counts_on(used, device.counter):
        who = None if alone else user
        remember_login(LoginKind.NO_FACTOR, request=request, user=who, method=LoginMethod.PASSKEY)
        return None
    return LoginMethod.PASSKEY


def _counts_on(row: Authenticator, counter: int) -> bool:
    """Whether the key's own counter has grown; one that falls back is a copy (WebAuthn 6.1.1).

    Keys that do not count say 0 for ever.
    """
    if counter and counter <= row.data.get("counter", 0):
        return False
    row.data["counter"] = counter
    row.last_used_at = timezone.now()
    row.save(update_fields=["data", "last_used_at"])
    return True


def person_of_passkey(response: dict[str, Any]) -> User | None:
    """The active person whom the answer of a passkey names; it proves nothing yet."""
    try:
        webauthn.parse_authentication_response(response)
        user = webauthn.extract_user_from_response(response)
    except BROKEN:
        return None
    return user if user.is_active else None


def is_resting(user: User) -> bool:
    """Whether too many wrong codes were given lately for another one to be looked at."""
    now = timezone.now()
    since = LoginRecord.objects.filter(user=user, kind__in=(LoginKind.LOGIN, LoginKind.UNLOCKED))
    last = since.order_by("-pk").values_list("pk", flat=True).first() or 0
    wrong = LoginRecord.objects.filter(user=user, kind=LoginKind.NO_FACTOR, pk__gt=last)
    return (
        wrong.filter(at__gt=now - SERIES_SPAN).count() >= SERIES
        or wrong.filter(at__gt=now - timedelta(days=1)).count() >= DAILY
    )


def _queue_up(user: User) -> None:
    """Codes for one account are looked at one after the other, in whichever process."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtext('accounts.factors'), %s)", [user.pk % 2**31]
        )


def _totp_or_recovery(user: User, code: str) -> LoginMethod | None:
    for row in Authenticator.objects.filter(user=user).exclude(type=Type.WEBAUTHN):
        if row.type == Type.TOTP and _use_totp(row, code):
            return LoginMethod.TOTP
        if row.type == Type.RECOVERY_CODES and RecoveryCodes(row).validate_code(code):
            Authenticator.objects.filter(pk=row.pk).update(last_used_at=timezone.now())
            return LoginMethod.RECOVERY
    return None


def _use_totp(row: Authenticator, code: str) -> bool:
    """Whether the code is right and later than every code used before (ASVS 6.5.1).

    allauth remembers used codes in the cache, which several processes do not share.
    """
    secret = decrypt(row.data["secret"])
    step = _step_of(secret, code)
    if step is None or step <= row.data.get("last_step", 0):
        return False
    row.data["last_step"] = step
    row.last_used_at = timezone.now()
    row.save(update_fields=["data", "last_used_at"])
    return True


def _step_of(secret: str, code: str) -> int | None:
    """The time step whose code this is, within the tolerance; None for a wrong one."""
    now = int(time.time()) // app_settings.TOTP_PERIOD
    reach = range(-app_settings.TOTP_TOLERANCE, app_settings.TOTP_TOLERANCE + 1)
    for step in (now + offset for offset in reach):
        expected = totp.format_hotp_value(totp.hotp_value(secret, step))
        if totp.compare_user_code(actual=code, expected=expected):
            return step
    return None


# --- setting up and taking away -----------------------------------------------------------------


@transaction.atomic
def add_totp(user: User, *, secret: str, code: str) -> list[str]:
    """Set the authenticator app up. Returns new recovery codes, or nothing when there are some.

    Raises Refused for a wrong code or when there is an app already.
    """
    User.objects.select_for_update(of=("self",)).get(pk=user.pk)
    if Authenticator.objects.filter(user=user, type=Type.TOTP).exists():
        raise Refused(_("An authenticator app is set up already. Remove it first."))
    step = _step_of(secret, code)
    if step is None:
        raise Refused(_("This code is not right. Check the clock of your phone and try again."))
    row = totp.TOTP.activate(user, secret).instance
    row.data["last_step"] = step
    row.save(update_fields=["data"])
    return _added(user, LoginMethod.TOTP)


def passkey_options(user: User) -> dict[str, Any]:
    """What the browser needs to make a passkey that can also log in without a password."""
    return webauthn.begin_registration(user, passwordless=True)


@transaction.atomic
def add_passkey(user: User, *, name: str, credential: dict[str, Any]) -> list[str]:
    """Keep a passkey the browser has made. Returns as `add_totp` does.

    Raises Refused for an answer to another question, a key that did not check its owner, or too
    many of them.
    """
    User.objects.select_for_update(of=("self",)).get(pk=user.pk)
    if Authenticator.objects.filter(user=user, type=Type.WEBAUTHN).count() >= PASSKEYS:
        raise Refused(_("There are {count} passkeys already.").format(count=PASSKEYS))
    try:
        webauthn.parse_registration_response(credential)
        made = webauthn.complete_registration(credential)
    except BROKEN as error:
        raise Refused(_("The passkey was not set up. Please try again.")) from error
    if not made.is_user_verified():
        raise Refused(_("This device did not check who you are. Please use another one."))
    webauthn.WebAuthn.add(user, name.strip()[:60] or _("Passkey"), credential)
    return _added(user, LoginMethod.PASSKEY)


def _added(user: User, method: LoginMethod) -> list[str]:
    record("user.factor_added", by=user, subject=user, method=str(method))
    _tell(user, "factor_added", method=str(method))
    if Authenticator.objects.filter(user=user, type=Type.RECOVERY_CODES).exists():
        return []
    return RecoveryCodes.activate(user).generate_codes()


@transaction.atomic
def new_recovery_codes(user: User) -> list[str]:
    """Fresh recovery codes; older ones stop working. Raises Refused without a factor."""
    User.objects.select_for_update(of=("self",)).get(pk=user.pk)
    if not has_factor(user):
        raise Refused(_("Set up an authenticator app or a passkey first."))
    Authenticator.objects.filter(user=user, type=Type.RECOVERY_CODES).delete()
    record("user.recovery_codes_made", by=user, subject=user)
    return RecoveryCodes.activate(user).generate_codes()


@transaction.atomic
def remove_factor(row: Authenticator, *, by: User) -> None:
    """Take one's own factor away; with the last one the recovery codes go.

    Raises Refused for somebody else's, and for the last one of a person who needs one.
    """
    user = User.objects.select_for_update(of=("self",)).get(pk=by.pk)
    if row.user_id != user.pk:
        raise Refused(_("This is not yours."))
    rest = Authenticator.objects.filter(user=user).exclude(pk=row.pk)
    last = not rest.exclude(type=Type.RECOVERY_CODES).exists()
    if last and needs_factor(user):
        raise Refused(_("Your role needs a second factor. Set up another one before."))
    method = METHODS[Type(row.type)]
    row.delete()
    if last:
        rest.delete()
    record("user.factor_removed", by=user, subject=user, method=str(method))
    _tell(user, "factor_removed", method=str(method), by=user.name)


@transaction.atomic
def reset_factors(user: User, *, by: User | None, reason: str) -> None:
    """Take all factors of somebody away who has lost them; all his sessions end.

    He logs in with his password and, if his role asks for it, sets new ones up at once. Raises
    Refused out of reach, for an account that reaches further, for oneself, without a reason, or
    where there is nothing to reset.
    """
    person = User.objects.select_for_update(of=("self",)).get(pk=user.pk)
    if by is not None:
        if by.pk == person.pk:
            raise Refused(_("Nobody does this to his own account. Ask another administrator."))
        reachable = User.objects.visible_to(by, "accounts.change_user")
        if not reachable.filter(pk=person.pk).exists():
            raise Refused(_("You may not change {name}.").format(name=person.name))
        check_reaches_no_further(person, by=by)
    if not reason.strip():
        raise Refused(_("Please say why, and how you made sure who asked."))
    if not Authenticator.objects.filter(user=person).delete()[0]:
        raise Refused(_("{name} has no second factor.").format(name=person.name))
    end_sessions(person, reason=EndReason.FACTOR)
    record(
        "user.factors_reset",
        by=by,
        subject=person,
        employee_no=person.employee_no,
        reason=reason.strip(),
    )
    _tell(person, "factor_removed", method="", by=by.name if by else "")


def _tell(user: User, event: str, **facts: Any) -> None:
    now = timezone.now()
    key = f"accounts.{event}:{user.pk}:{now.isoformat()}"
    notify([user], f"accounts.{event}", key=key, url=SECURITY, at=now, **facts)
