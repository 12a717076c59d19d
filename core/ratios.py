"""Parts of wholes."""


def ratio(part: float, whole: float) -> float | None:
    """The part divided by the whole; None where there is no whole."""
    return part / whole if whole else None
