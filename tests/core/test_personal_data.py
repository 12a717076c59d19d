"""Personal data at rest: bound, indexed, erasable, re-wrappable, and never in clear."""

import base64
import json
import os

import pytest
from django.core.exceptions import ImproperlyConfigured

from core.models import SubjectKey
from core.personal_data import (
    Erased,
    blind_index,
    decrypt,
    encrypt,
    mask,
    master_keys,
    new_subject_key,
    unwrap,
    wrap,
)
from customers.models import Customer
from customers.services import add_contact, create_customer
from tests.customers.files import (
    everything_stored,
    identity,
    import_file,
    owner,
    owners_file,
    phone,
)


def test_a_value_comes_back_under_its_key_and_column_only():
    key, _wrapped = new_subject_key()
    other, _wrapped = new_subject_key()
    value = encrypt(key, "13900000001", "customer.phone")

    assert decrypt(key, value, "customer.phone") == "13900000001"
    for wrong_key, column in ((other, "customer.phone"), (key, "customer.identity")):
        with pytest.raises(Erased):
            decrypt(wrong_key, value, column)
    with pytest.raises(Erased):
        decrypt(key, value[:-1] + bytes([value[-1] ^ 1]), "customer.phone")


def test_equal_values_look_different_each_time():
    key, wrapped = new_subject_key()
    values = {encrypt(key, "13900000001", "customer.phone") for _ in range(1000)}

    assert len(values) == 1000
    assert b"13900000001" not in b"".join(values)
    assert wrap(key) != wrapped
    assert unwrap(wrapped) == unwrap(wrap(key)) == key


def test_empty_values_stay_empty():
    key, _wrapped = new_subject_key()

    assert decrypt(key, None, "customer.phone") == decrypt(key, b"", "customer.phone") == ""


def test_the_blind_index_is_keyed_and_parts_kinds():
    import hashlib

    index = blind_index("phone", "+8613900000001")

    assert index == blind_index("phone", "+8613900000001")
    assert len(index) == 16
    assert index != blind_index("identity", "+8613900000001")
    for message in ("+8613900000001", "phone:+8613900000001", "13900000001"):
        assert index != hashlib.sha256(message.encode()).digest()[:16]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("13812345507", "138****5507"),
        ("42010619700102001X", "420***********001X"),
        ("1234567", "*******"),
        ("12345678", "******78"),
        ("123456789", "******789"),
        ("1234567890", "*******890"),
        ("", ""),
    ],
)
def test_mask(text, shown):
    assert mask(text) == shown


@pytest.fixture
def keys_file(settings, tmp_path):
    """Master keys of this test: `keys_file(current, *names)` writes and activates a file."""
    material = {name: base64.b64encode(os.urandom(32)).decode() for name in ("k1", "k2")}
    index = base64.b64encode(os.urandom(32)).decode()
    path = tmp_path / "master_key.json"
    moments = iter(range(1_000_000_000, 1_000_000_100))
    settings.MASTER_KEY_FILE = path

    def write(current, *names):
        keys = {name: material[name] for name in names}
        path.write_text(json.dumps({"current": current, "keys": keys, "index_key": index}))
        moment = next(moments)
        os.utime(path, (moment, moment))

    return write


def test_rotation_rewraps_keys_and_leaves_the_data_alone(world, keys_file):
    keys_file("k1", "k1")
    customer, _new = create_customer(
        unit=world.n1a, by=None, kind="person", name="张三", phone=f"+86{phone(1)}"
    )
    before = Customer.objects.values("phone_cipher", "phone_index").get()

    keys_file("k2", "k1", "k2")
    assert master_keys().current == "k2"
    assert Customer.objects.get().clear("phone") == phone(1)
    for subject in SubjectKey.objects.all():
        subject.wrapped = wrap(unwrap(subject.wrapped))
        subject.save()
    keys_file("k2", "k2")

    customer = Customer.objects.get()
    assert customer.clear("phone") == phone(1)
    assert Customer.objects.values("phone_cipher", "phone_index").get() == before
    assert blind_index("phone", f"+86{phone(1)}") == bytes(before["phone_index"])

    keys_file("k1", "k1")
    with pytest.raises(Erased):
        Customer.objects.get().clear("phone")


def test_a_missing_master_key_stops_writing(settings, tmp_path):
    settings.MASTER_KEY_FILE = tmp_path / "gone.json"

    with pytest.raises(ImproperlyConfigured):
        new_subject_key()
    with pytest.raises(ImproperlyConfigured):
        blind_index("phone", "+8613900000001")


def test_ciphertexts_swapped_between_columns_and_customers_are_unreadable(world):
    first, second = (
        create_customer(
            unit=world.n1a,
            by=None,
            kind="person",
            name=name,
            phone=f"+86{phone(number)}",
            other_phone=f"+86{phone(number + 10)}",
        )[0]
        for number, name in enumerate(("张三", "李四"))
    )
    Customer.objects.filter(pk=first.pk).update(phone_cipher=bytes(first.other_phone_cipher))
    Customer.objects.filter(pk=second.pk).update(phone_cipher=bytes(first.phone_cipher))

    for customer in Customer.objects.all():
        with pytest.raises(Erased):
            customer.clear("phone")
        assert customer.phone_masked == ""


def test_a_dump_of_all_tables_holds_no_number_in_clear(world, tmp_path):
    """Entered, changed and imported, good rows and rejected ones, one by one and in bulk."""
    company, _new = create_customer(
        unit=world.n1a,
        by=world.north_clerk,
        kind="organisation",
        name="某某公司",
        phone=f"+86{phone(1)}",
        identity="91420100MA4KABCD12",
    )
    mail = "chenming@example.cn"
    add_contact(company, by=None, name="陈明", phone=f"+86{phone(2)}", email=mail)
    rows = [
        owner(f"张一{n}", 证件号码=identity(n), 手机号码=phone(n), 备用电话=phone(n + 100))
        for n in range(3, 40)
    ]
    rows.append(owner("", 证件号码=identity(40), 手机号码=phone(40)))
    rows.append(owner("王五", 证件号码=identity(41)[:17], 手机号码=phone(41)))
    report = import_file("owners", owners_file(tmp_path / "业主.xlsx", rows))

    stored = everything_stored()
    secrets = [mail, "91420100MA4KABCD12", identity(41)[:17]]
    secrets += [identity(n) for n in range(3, 42)]
    secrets += [phone(n) for n in (*range(1, 42), *range(103, 140))]
    assert report["rejected"] == 2
    assert "张一3" in stored
    for secret in secrets:
        assert secret not in stored
        assert secret.encode().hex() not in stored
