"""Log-ins at nine o'clock: how many a second one process lets in, beside bare Argon2."""

import statistics
import time
from dataclasses import dataclass, field

from argon2 import PasswordHasher
from argon2.low_level import Type
from django.test import Client

from accounts.hashers import Argon2idHasher
from accounts.models import User
from tests.bench import data, servers
from tests.bench.scenes import READERS

PASSWORD = "Kettle-Orbit-93-Walnut"
BURST = 10


@dataclass(slots=True)
class LogIns:
    """Milliseconds of one log-in through the front door, and of one bare verification."""

    page: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)

    @property
    def a_second(self) -> float:
        """Log-ins a second of one process."""
        return 1000 / statistics.median(self.page)

    @property
    def bare_a_second(self) -> float:
        """Verifications a second of argon2 alone, in the same size."""
        return 1000 / statistics.median(self.bare)


def run(size: int, rounds: int) -> LogIns:
    """Log the same person in and out, in turn with the bare library."""
    servers.use(data.database_of(size))
    number = READERS["region"]
    person = User.objects.get(employee_no=number)
    person.set_password(PASSWORD)
    person.save(update_fields=["password", "password_changed_at"])
    hasher = PasswordHasher(
        Argon2idHasher.time_cost,
        Argon2idHasher.memory_cost,
        Argon2idHasher.parallelism,
        type=Type.ID,
    )
    stored = hasher.hash(PASSWORD)
    found = LogIns()
    client = Client(SERVER_NAME="localhost")
    for _ in range(rounds * BURST):
        began = time.perf_counter()
        hasher.verify(stored, PASSWORD)
        found.bare.append((time.perf_counter() - began) * 1000)
        began = time.perf_counter()
        answer = client.post("/login/", {"login": number, "password": PASSWORD})
        found.page.append((time.perf_counter() - began) * 1000)
        if answer.status_code != 302:
            raise RuntimeError(f"/login/ answered {answer.status_code}")
        client.post("/logout/")
    return found
