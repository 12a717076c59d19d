"""The password policy as data, the block-list, the last five, the 90 days (rows 1 to 3)."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts import services
from accounts.models import FormerPassword, User
from accounts.passwords import must_change_password
from tests.factories import PASSWORD, make_unit, make_user

GOOD = "Tall-Tree-9-Meadow"


def accepted(password, user=None):
    try:
        validate_password(password, user)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize(
    ("profile", "password", "verdict"),
    [
        ("dengbao3", "Tr7-kvmwpz", False),  # ten characters
        ("dengbao3", "Tr7-kvmwpzex", True),
        ("dengbao3", "tallmeadowtrees", False),  # one class
        ("dengbao3", "tall-meadow-trees", False),  # two classes
        ("dengbao3", "tall-meadow-9-trees", True),
        ("asvs", "Tr7-kvmwpzex", False),
        ("asvs", "tallmeadowtrees", True),
        ("dengbao3", "k" * 300 + "Ab1-kvmwpz", False),  # longer than one hash should cost
    ],
)
def test_length_and_classes_follow_the_profile(world, settings, profile, password, verdict):
    settings.PASSWORD_PROFILE = profile

    assert accepted(password) == verdict


def test_seventy_chinese_characters_are_kept_whole(world, client):
    long = "A1" + "春眠不觉晓处处闻啼鸟夜来风雨声花落知多少" * 3 + "白日依山尽黄河"
    assert len(long) == 69
    user = world.north_clerk
    validate_password(long, user)
    services.change_password(user, long)
    client.post("/login/", {"login": "N-CLERK", "password": long[:-1]})
    assert client.get("/account/").status_code == 302
    client.post("/login/", {"login": "N-CLERK", "password": long})

    assert client.get("/account/").status_code == 200


def forbidden_samples(user):
    """Two hundred passwords that somebody of this company would think of."""
    bases = [
        "Yuanan", "yuanan", "YuananDichan", "远岸", "Yuanandichanjituan", "Tianjing",
        "Yunlutianjing", "云麓天境", "Password", "P@ssw0rd", "Admin", "Kehuguanxi", "客户关系",
        "Zhangwei", "张伟", "Welcome", "Qwerty", "1qaz2wsx", "Woaini", "Beifang",
    ]  # fmt: skip
    tails = ["@2026", "2026!", "#123456", "@2025!!", "_20261121", "123!@#", "!!8888", "2026@crm"]
    samples = [base + tail for base in bases for tail in tails]
    samples += [f"{tail}{base}" for base in bases for tail in ("2026@", "!123")]
    return samples + [f"{user.phone}Aa!", f"{user.employee_no}@2026Aa", f"Aa!{user.phone[-8:]}"]


def test_what_everybody_would_think_of_is_refused(world):
    make_unit(kind="region", code="YA", name="远岸地产集团区域", parent=world.group)
    make_unit(kind="project", code="WHYL", name="云麓天境", parent=world.n1)
    user = make_user(unit=world.n1a, no="YA1042", name="张伟", phone="+8613812345507")
    samples = forbidden_samples(user)

    assert len(samples) >= 200
    assert [sample for sample in samples if accepted(sample, user)] == []
    with pytest.raises(ValidationError, match="."):
        validate_password("Yunlutianjing@2026", user)


COMMON = [
    "Sunshine", "Baseball", "Starwars", "Liverpool", "Mustang", "Michelle", "Superman", "Jordan",
    "Computer", "Football", "Chelsea", "Princess", "Butterfly", "Metallica", "Elizabeth",
    "Cocacola", "Scorpion", "Chocolate", "Whatever", "Basketball",
]  # fmt: skip
DRESSES = [
    "{}@2026!!!!", "2026#{}!!", "!!{}_20251", "{0}{0}1!", "!{}888888", "{}-1314-520", "#1{}#1999",
    "{}$$$$$$7", "!!!2024{}", "{0}.{0}.1",
]  # fmt: skip


def test_the_commonest_passwords_are_refused_however_they_are_dressed(world):
    plain = [dress.format(word) for word in COMMON for dress in DRESSES]
    leet = [word.translate(str.maketrans("aoeis", "@0315")) for word in plain]
    samples = plain + [word for word in leet if word not in plain]

    assert len(samples) >= 300
    assert [sample for sample in samples if accepted(sample)] == []


def test_without_the_list_of_the_commonest_they_would_do(world, monkeypatch):
    monkeypatch.setattr("accounts.passwords.is_common", lambda password: False)

    assert accepted("Butterfly@2026!!!!")


def test_two_hundred_passwords_of_strangers_are_accepted(world):
    """The list refuses words, not everything in which one of them occurs."""
    rivers = "Oder Elbe Saale Spree Havel Mulde Weser Aller Fulda Werra".split()
    samples = [f"{one}-{two}-{len(one)}-{two[::-1]}-Xq" for one in rivers for two in rivers * 2]

    assert [sample for sample in samples if not accepted(sample)] == []


def test_the_block_list_and_not_the_length_refuses_them(world):
    user = world.north_clerk

    assert not accepted("Beifanghuayuan@2026", user)
    assert accepted("Beifanghuayuan-kranich@2026", user)


@pytest.mark.parametrize("password", [GOOD, PASSWORD, "雨打芭蕉-Xk-叶上秋声远"])
def test_words_of_ones_own_are_accepted(world, password):
    assert accepted(password)


def rotate(user, count):
    for number in range(count):
        services.change_password(user, f"Tall-Tree-{number}-Meadow-{'kvwzqxjp'[number]}")


@pytest.mark.parametrize(("changes", "verdict"), [(0, False), (4, False), (5, True)])
def test_the_last_five_are_refused(world, changes, verdict):
    user = world.north_clerk
    services.change_password(user, GOOD)
    rotate(user, changes)
    user.refresh_from_db()

    assert accepted(GOOD, user) == verdict
    assert FormerPassword.objects.filter(user=user).count() <= 5


@pytest.mark.parametrize(
    ("profile", "days", "must"),
    [("dengbao3", 89, False), ("dengbao3", 91, True), ("asvs", 400, False)],
)
def test_passwords_grow_old(world, settings, profile, days, must):
    settings.PASSWORD_PROFILE = profile
    user = world.north_clerk
    user.password_changed_at = timezone.now() - timedelta(days=days)

    assert must_change_password(user) == must


def test_on_day_91_only_the_way_to_a_new_password_is_open(client, world):
    with time_machine.travel("2026-03-01 09:00+08:00", tick=False) as clock:
        services.change_password(world.admin, GOOD)
        clock.shift(timedelta(days=91))
        client.post("/login/", {"login": "G-ADMIN", "password": GOOD})
        for path in ("/", "/people/", "/account/", "/admin/", "/organisation/units/"):
            answer = client.get(path)
            assert (path, answer.status_code, answer["Location"]) == (
                path,
                302,
                "/account/password/",
            )
        fragment = client.get("/people/", headers={"HX-Request": "true"})
        assert (fragment.status_code, fragment["HX-Redirect"]) == (403, "/account/password/")
        assert client.get("/account/password/").context["outdated"] is True

        new = "Long-Road-4-Lantern"
        form = {"current": GOOD, "password1": new, "password2": new}
        assert client.post("/account/password/", form)["Location"] == "/account/"
        assert client.get("/people/").status_code == 200


def test_changing_a_password_keeps_this_session_and_ends_the_others(client, world):
    other = client.__class__()
    other.force_login(world.north_clerk)
    client.force_login(world.north_clerk)
    before = client.session.session_key
    answer = client.post(
        "/account/password/", {"current": PASSWORD, "password1": GOOD, "password2": GOOD}
    )

    assert answer["Location"] == "/account/"
    assert client.get("/account/").status_code == 200
    assert client.session.session_key != before
    assert other.get("/account/").status_code == 302


@pytest.mark.parametrize(
    ("form", "wrong"),
    [
        ({"current": "nope", "password1": GOOD, "password2": GOOD}, ["current"]),
        ({"current": PASSWORD, "password1": GOOD, "password2": GOOD + "x"}, ["password2"]),
        ({"current": PASSWORD, "password1": "short", "password2": "short"}, ["password1"]),
        ({"current": PASSWORD, "password1": PASSWORD, "password2": PASSWORD}, ["password1"]),
    ],
)
def test_a_refused_change_changes_nothing(client, world, form, wrong):
    client.force_login(world.north_clerk)
    answer = client.post("/account/password/", form)

    assert (answer.status_code, list(answer.context["form"].errors)) == (422, wrong)
    assert User.objects.get(pk=world.north_clerk.pk).check_password(PASSWORD)
