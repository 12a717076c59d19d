"""The one exception of the embedded servers."""


class ServicesError(Exception):
    """The servers could not be started or stopped; the text is one sentence for the operator."""
