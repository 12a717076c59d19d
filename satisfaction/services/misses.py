"""Guessing tokens is slowed down, without locking out the neighbours of whoever guesses.

Only links that lead nowhere are counted, by the hour and by address: a whole estate may share one
address, and whoever holds a good link is always served. Beyond the limit a miss costs one read.
"""

from datetime import timedelta
from hashlib import blake2b
from ipaddress import ip_address, ip_network

from django.conf import settings
from django.db import connection
from django.utils import timezone

from satisfaction.models import SurveyMiss

MOST_MISSES = 60  # an hour
OFFICE_FACTOR = 20

_COUNT = """
INSERT INTO satisfaction_surveymiss AS known (bucket, count, expires_at) VALUES (%s, 1, %s)
ON CONFLICT (bucket) DO UPDATE SET count = known.count + 1
"""


def may_miss(address: str | None, *, is_office: bool = False) -> bool:
    """Count a link that leads nowhere; False once its address has followed too many this hour.

    `address` is None on a Unix socket: all such visitors share one bucket.
    """
    now = timezone.now()
    bucket = _bucket(address, f"{now:%Y%m%d%H}")
    known = SurveyMiss.objects.filter(bucket=bucket).values_list("count", flat=True).first()
    if (known or 0) >= MOST_MISSES * (OFFICE_FACTOR if is_office else 1):
        return False
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [bucket, now + timedelta(hours=2)])
    return True


def delete_old_misses() -> int:
    """Forget the misses of past hours. Returns how many addresses."""
    return SurveyMiss.objects.filter(expires_at__lte=timezone.now()).delete()[0]


def _bucket(address: str | None, hour: str) -> bytes:
    """The address (of IPv6 the network of a household) with the hour, under a key of ours."""
    place = address or ""
    if place and ip_address(place).version == 6:
        place = str(ip_network(f"{place}/64", strict=False))
    key = settings.SECRET_KEY.encode()[:64]
    return blake2b(f"{place} {hour}".encode(), key=key, digest_size=16).digest()
