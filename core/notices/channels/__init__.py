"""Ways out of the house. A further one (a robot of a chat program) is a class and a line here."""

from core.notices.channels.base import Channel
from core.notices.channels.mail import MailChannel
from core.notices.channels.webhook import WebhookChannel

CHANNELS: dict[str, Channel] = {}


def register_channel(channel: Channel) -> Channel:
    """Make a channel known by its name. Raises ValueError for a taken name."""
    if channel.name in CHANNELS:
        raise ValueError(f"{channel.name!r} is registered twice")
    CHANNELS[channel.name] = channel
    return channel


def channel_named(name: str) -> Channel:
    """The channel with this name. Raises LookupError."""
    try:
        return CHANNELS[name]
    except KeyError:
        raise LookupError(f"{name!r} is not a registered channel") from None


register_channel(MailChannel())
register_channel(WebhookChannel())

__all__ = ["CHANNELS", "Channel", "channel_named", "register_channel"]
