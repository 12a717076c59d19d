"""Configuration mistakes, each with an id and a hint."""

import os
from typing import Any

from django.conf import settings
from django.core.checks import Error, register

from core.faults import VARIABLE


@register(deploy=True)
def secret_key_is_set(app_configs: Any, **kwargs: Any) -> list[Error]:
    if settings.SECRET_KEY != settings.NO_SECRET:
        return []
    hint = "Run `manage.py services start`, or set SECRET_KEY."
    return [Error("There is no secret key.", hint=hint, id="crm.E001")]


@register()
def faults_are_for_tests(app_configs: Any, **kwargs: Any) -> list[Error]:
    """The product must not be told to kill itself; the fault lab's settings may."""
    if not os.environ.get(VARIABLE) or settings.SETTINGS_MODULE.endswith("settings_test"):
        return []
    hint = f"Unset {VARIABLE}; only the tests of the fault lab set it."
    return [Error("Faults are switched on.", hint=hint, id="crm.E010")]
