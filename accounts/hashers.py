"""How passwords are stored."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2idHasher(Argon2PasswordHasher):
    """Argon2id in the size OWASP recommends: 19 MiB, two passes, one lane.

    Django's own size (100 MiB, eight lanes) would need two gigabytes for twenty people who log in
    at nine o'clock at once. Hashes of another size or kind are replaced at the next log-in.
    """

    time_cost = 2
    memory_cost = 19 * 1024
    parallelism = 1
