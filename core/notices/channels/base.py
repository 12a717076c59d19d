"""What a channel is, and the four ways in which handing a message over can fail."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import ClassVar

from django.utils.functional import Promise

from core.models import OutboxMessage

Send = Callable[[OutboxMessage], str]


class NotNow(Exception):
    """The other side could not take it now; trying again later may help."""


class Down(NotNow):
    """The other side does not answer at all; no message is to blame."""


class Rejected(Exception):
    """The other side will never take this message as it is."""


class InDoubt(Exception):
    """The connection broke after the message had left: it may have arrived."""


class Channel(ABC):
    """A way out of the house.

    `idempotent` says whether the receiver recognises a repetition by the message's number; where
    he does not, a message in doubt waits for a person.
    """

    name: ClassVar[str]
    title: ClassVar[str | Promise]
    idempotent: ClassVar[bool]

    def is_open(self) -> bool:
        """Whether this installation can send by it at all; what waits keeps waiting else."""
        return True

    @abstractmethod
    def session(self) -> AbstractContextManager[Send]:
        """A function that sends over one connection; it returns what the other side said.

        Raises Down on entering; the function raises NotNow, Rejected or InDoubt.
        """
