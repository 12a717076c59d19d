"""Second factors: set up, asked for, used once, lost (reliability 6 and 9)."""

import hashlib
import json
import time
from contextlib import suppress
from datetime import timedelta

import pytest
import time_machine
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from django.core.cache import cache
from django.test import Client
from fido2.cose import ES256
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import (
    Aaguid,
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
    CollectedClientData,
)

from accounts import factors
from accounts.factors import SERIES
from accounts.links import issue_link
from accounts.models import LoginKind, LoginRecord, SignedInDevice
from audit.models import Entry
from core.errors import Refused
from core.models import Notice
from regions.policies import find
from tests.factories import PASSWORD

FLAG = AuthenticatorData.FLAG
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
NINE = "2026-11-20 09:00+08:00"


def code_now() -> str:
    return format_hotp_value(hotp_value(SECRET, int(time.time()) // 30))


def give_app(user) -> Authenticator:
    return TOTP.activate(user, SECRET).instance


def log_in(client: Client, number: str = "N-CLERK"):
    return client.post("/login/?next=/people/", {"login": number, "password": PASSWORD})


@pytest.fixture
def clock(transactional_db):
    with time_machine.travel(NINE, tick=False) as traveller:
        yield traveller


@pytest.fixture
def asked(monkeypatch):
    """Clerks need a second factor at once; other rules as they are."""
    asks = {"accounts.second_factor_roles": ("staff",), "accounts.second_factor_grace_days": 0}
    monkeypatch.setattr(
        "accounts.factors.policy", lambda key, **where: asks.get(key, find(key).default)
    )
    return asks


def test_the_secret_and_the_recovery_seed_are_stored_encrypted(world):
    give_app(world.north_clerk)
    RecoveryCodes.activate(world.north_clerk)

    rows = {row.type: str(row.data) for row in Authenticator.objects.all()}
    assert SECRET not in rows["totp"]
    assert len(rows["totp"]) > len(SECRET) + 60
    seed = factors.decrypt(Authenticator.objects.get(type="recovery_codes").data["seed"])
    assert len(seed) == 80
    assert seed not in rows["recovery_codes"]


def test_the_password_alone_opens_nothing(client, world, clock):
    give_app(world.north_clerk)
    answer = log_in(client)

    assert answer.url == "/login/verify/"
    for address in ("/", "/people/", "/account/", "/customers/", "/account/security/"):
        assert client.get(address).status_code == 302
    assert not SignedInDevice.objects.exists()
    done = client.post("/login/verify/", {"code": code_now()})
    assert done.url == "/people/"
    assert client.get("/people/").status_code == 200
    record = LoginRecord.objects.get(kind=LoginKind.LOGIN)
    assert (record.user, record.method) == (world.north_clerk, "totp")


def test_a_code_is_good_once_in_whatever_process(client, world, clock):
    give_app(world.north_clerk)
    log_in(client)
    client.post("/login/verify/", {"code": code_now()})
    cache.clear()  # another process knows nothing of this one's cache
    second = Client()
    log_in(second)

    answer = second.post("/login/verify/", {"code": code_now()})
    assert answer.status_code == 422
    assert second.get("/account/").status_code == 302
    clock.shift(timedelta(seconds=30))
    assert second.post("/login/verify/", {"code": code_now()}).status_code == 302


def test_an_older_code_is_no_use_after_a_newer_one(client, world, clock):
    give_app(world.north_clerk)
    older = code_now()
    clock.shift(timedelta(seconds=30))
    log_in(client)
    client.post("/login/verify/", {"code": code_now()})
    second = Client()
    log_in(second)

    assert second.post("/login/verify/", {"code": older}).status_code == 422


def test_wide_digits_and_blanks_are_understood(client, world, clock):
    give_app(world.north_clerk)
    log_in(client)
    wide = code_now().translate({ord(str(i)): 0xFF10 + i for i in range(10)})

    answer = client.post("/login/verify/", {"code": f"{wide[:3]} {wide[3:]}"})
    assert answer.status_code == 302


def test_wrong_codes_rest_the_account_whatever_comes_next(client, world, clock):
    give_app(world.north_clerk)
    log_in(client)
    for _try in range(SERIES):
        assert client.post("/login/verify/", {"code": "000000"}).status_code == 422
    cache.clear()

    assert client.post("/login/verify/", {"code": code_now()}).status_code == 422
    clock.shift(timedelta(minutes=16))
    log_in(client)
    assert client.post("/login/verify/", {"code": code_now()}).status_code == 302


def test_a_recovery_code_lets_in_once_and_is_told(client, world, clock):
    give_app(world.north_clerk)
    code = RecoveryCodes.activate(world.north_clerk).generate_codes()[0]
    log_in(client)
    assert client.post("/login/verify/", {"code": code}).status_code == 302
    second = Client()
    log_in(second)

    assert second.post("/login/verify/", {"code": code}).status_code == 422
    told = Notice.objects.get(kind="accounts.recovery_used")
    assert (told.user, told.context["left"]) == (world.north_clerk, 9)


def test_a_link_to_set_the_password_skips_no_factor(client, world, clock):
    give_app(world.north_clerk)
    key = issue_link(world.north_clerk, by=None)
    client.get(f"/login/link/{key}/")
    new = "Kettle-Orbit-93-Walnut"
    answer = client.post("/login/link/set/", {"password1": new, "password2": new})

    assert answer.url == "/login/verify/"
    assert client.get("/account/").status_code == 302


def test_setting_an_app_up_shows_recovery_codes_once(client, world):
    client.force_login(world.north_clerk)
    page = client.get("/account/security/app/").content.decode()
    secret = page.split('class="crm-key">')[1].split("<")[0].replace(" ", "")
    code = format_hotp_value(hotp_value(secret, int(time.time()) // 30))
    wrong = client.post("/account/security/app/", {"code": "000000"})
    shown = client.post("/account/security/app/", {"code": code})

    assert wrong.status_code == 422
    assert shown.content.decode().count("<li><code>") == 10
    assert factors.recovery_codes_left(world.north_clerk) == 10
    later = client.get("/account/security/").content.decode()
    assert "<code>" not in later
    assert Notice.objects.get(kind="accounts.factor_added").user == world.north_clerk
    assert Entry.objects.filter(action="user.factor_added", by=world.north_clerk).count() == 1
    # The code that set it up is used, too.
    row = Authenticator.objects.get(type="totp")
    assert row.data["last_step"] >= int(time.time()) // 30 - 1


def test_new_recovery_codes_make_the_old_ones_useless(world):
    give_app(world.north_clerk)
    old = RecoveryCodes.activate(world.north_clerk).generate_codes()
    new = factors.new_recovery_codes(world.north_clerk)

    assert set(old) & set(new) == set()
    row = Authenticator.objects.get(type="recovery_codes")
    assert not RecoveryCodes(row).validate_code(old[0])


def test_the_last_factor_goes_with_its_codes(client, world):
    app = give_app(world.north_clerk)
    RecoveryCodes.activate(world.north_clerk)
    client.force_login(world.north_clerk)
    client.post(f"/account/security/{app.pk}/remove/")

    assert not Authenticator.objects.exists()
    assert Notice.objects.get(kind="accounts.factor_removed").user == world.north_clerk


def test_nobody_removes_a_colleagues_factor_by_its_number(client, world):
    app = give_app(world.north_clerk)
    client.force_login(world.north_head)

    assert client.post(f"/account/security/{app.pk}/remove/").status_code == 404
    with pytest.raises(Refused):
        factors.remove_factor(app, by=world.north_head)
    assert Authenticator.objects.count() == 1


# --- asked for by a role ------------------------------------------------------------------------


def test_who_needs_a_factor_opens_nothing_but_the_way_to_it(client, world, asked):
    client.force_login(world.north_clerk)
    for address in ("/", "/people/", "/customers/", "/search/", "/account/devices/"):
        answer = client.get(address)
        assert (answer.status_code, answer.url) == (302, "/account/security/")
    assert client.get("/account/security/").status_code == 200
    assert client.get("/account/security/app/").status_code == 200

    give_app(world.north_clerk)
    assert client.get("/people/").status_code == 200


def test_other_roles_go_on(client, world, asked):
    client.force_login(world.north_head)
    assert client.get("/people/").status_code == 200


def test_there_is_time_to_set_it_up(client, world, asked):
    asked["accounts.second_factor_grace_days"] = 3
    with time_machine.travel(NINE, tick=False) as clock:
        client.force_login(world.north_clerk)
        assert "3 天" in client.get("/people/").content.decode()
        assert "3 天" not in client.get("/people/").content.decode()
        clock.shift(timedelta(days=3, minutes=1))
        client.force_login(world.north_clerk)
        assert client.get("/people/").url == "/account/security/"


def test_the_last_factor_stays_while_a_role_asks_for_it(world, asked):
    app = give_app(world.north_clerk)
    with pytest.raises(Refused):
        factors.remove_factor(app, by=world.north_clerk)
    assert Authenticator.objects.count() == 1


# --- lost ---------------------------------------------------------------------------------------


def test_an_administrator_takes_lost_factors_away(client, world):
    give_app(world.north_clerk)
    theirs = Client()
    theirs.force_login(world.north_clerk)
    client.force_login(world.admin)
    client.post("/people/N-CLERK/reset-factors/", {"reason": "手机遗失，已当面核实"})

    assert not Authenticator.objects.exists()
    assert theirs.get("/account/").url == "/login/?next=/account/&ended=factor"
    entry = Entry.objects.get(action="user.factors_reset")
    assert (entry.by, entry.detail["reason"]) == (world.admin, "手机遗失，已当面核实")
    assert Notice.objects.get(kind="accounts.factor_removed").user == world.north_clerk


@pytest.mark.parametrize(
    ("by", "reason"), [("admin", "  "), ("north_clerk", "丢失"), ("south_head", "丢失")]
)
def test_a_reset_is_refused(world, by, reason):
    give_app(world.north_clerk)
    with pytest.raises(Refused):
        factors.reset_factors(world.north_clerk, by=getattr(world, by), reason=reason)
    assert Authenticator.objects.count() == 1


@pytest.mark.parametrize("sent", ["", "{}", "[]", "null", '{"id": 1}', "{", '{"response": null}'])
def test_a_passkey_that_is_none_signs_nobody_in(client, world, sent):
    with suppress(KeyError):
        client.get("/login/passkey/")
    answer = client.post("/login/passkey/", {"credential": sent})

    assert (answer.status_code, answer.url) == (302, "/login/")
    assert client.get("/account/").status_code == 302


# --- a passkey instead of the password ----------------------------------------------------------


class Device:
    """A security key in software: it says by itself whether it has checked its owner."""

    def __init__(self, user) -> None:
        self.user, self.key = user, ec.generate_private_key(ec.SECP256R1())
        self.credential = b"a device of the tests"
        public = ES256.from_cryptography_key(self.key.public_key())
        attested = AttestedCredentialData.create(Aaguid.NONE, self.credential, public)
        made = self._data(FLAG.UP | FLAG.UV | FLAG.AT, attested)
        asked = CollectedClientData.create("webauthn.create", b"asked", "https://testserver")
        answer = {
            "clientDataJSON": websafe_encode(asked),
            "attestationObject": websafe_encode(AttestationObject.create("none", made, {})),
        }
        row = {"name": "手机", "credential": self._signed(answer)}
        Authenticator.objects.create(user=user, type="webauthn", data=row)

    def answer(self, options: dict, *, verified: bool) -> str:
        """What a browser sends back for `options`."""
        challenge = websafe_decode(options["publicKey"]["challenge"])
        asked = CollectedClientData.create("webauthn.get", challenge, "https://testserver")
        data = self._data(FLAG.UP | FLAG.UV if verified else FLAG.UP)
        signature = self.key.sign(data + asked.hash, ec.ECDSA(hashes.SHA256()))
        answer = {
            "clientDataJSON": websafe_encode(asked),
            "authenticatorData": websafe_encode(data),
            "signature": websafe_encode(signature),
            "userHandle": websafe_encode(user_pk_to_url_str(self.user).encode()),
        }
        return json.dumps(self._signed(answer))

    @staticmethod
    def _data(flags, attested=b""):
        site = hashlib.sha256(b"testserver").digest()
        return AuthenticatorData.create(site, flags, 0, attested)

    def _signed(self, answer: dict) -> dict:
        name = websafe_encode(self.credential)
        return {
            "id": name,
            "rawId": name,
            "type": "public-key",
            "response": answer,
            "clientExtensionResults": {},
        }


@pytest.mark.parametrize(("verified", "status"), [(True, 200), (False, 302)])
def test_a_passkey_alone_must_have_checked_its_owner(client, world, verified, status):
    """Also when the question of the second factor, which asks for less, has come in between."""
    device = Device(world.north_clerk)
    client.get("/login/passkey/")
    log_in(client)
    options = client.get("/login/verify/passkey/").json()

    client.post("/login/passkey/", {"credential": device.answer(options, verified=verified)})

    assert client.get("/account/").status_code == status


def test_beside_the_password_a_touch_is_enough(client, world):
    device = Device(world.north_clerk)
    log_in(client)
    options = client.get("/login/verify/passkey/").json()

    client.post("/login/verify/", {"credential": device.answer(options, verified=False)})

    assert client.get("/account/").status_code == 200
