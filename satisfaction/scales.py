"""Scales of ratings, and whole numbers in which shares of them are exact.

Sums of figures must not depend on the order in which a database adds them up, or a second run of
the scoring would differ in its last digits. So everything that is summed is a whole number: a
rating counts in steps of `FULL`, the distance from the lowest to the highest point, which every
scale of up to eleven points divides; shares count in parts of `FINE`, which leaves room in 64 bits
for the answers of ten million people.
"""

FULL = 2520
FINE = 10**11

LOWEST, HIGHEST = 0, 10
WIDEST = HIGHEST - LOWEST

PROMOTER, DETRACTOR = 9, 6

# The scales on which questionnaires ask; files of agencies may bring others.
ASKED_SCALES = ((1, 5), (1, 10))
RECOMMENDATION_SCALE = (0, 10)
# How much an item matters, whatever its own scale: from not at all to very much.
IMPORTANCE_SCALE = (1, 5)


def top_two(high: int) -> int:
    """The lower of the two highest points of a scale: 4 of 1–5, 9 of 1–10."""
    return high - 1
