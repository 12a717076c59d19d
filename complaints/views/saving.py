"""The former place of core.saving."""

from core.saving import saved, status_of

__all__ = ["saved", "status_of"]
