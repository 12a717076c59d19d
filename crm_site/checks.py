"""Configuration mistakes, each with an id and a hint."""

from typing import Any

from django.conf import settings
from django.core.checks import Error, register


@register(deploy=True)
def secret_key_is_set(app_configs: Any, **kwargs: Any) -> list[Error]:
    if settings.SECRET_KEY != settings.NO_SECRET:
        return []
    hint = "Run `manage.py services start`, or set SECRET_KEY."
    return [Error("There is no secret key.", hint=hint, id="crm.E001")]
