"""The Celery application: the doorbell of background work (the truth is the Job table)."""

import os
import warnings

from celery import Celery
from celery.platforms import SecurityWarning
from celery.signals import worker_ready, worker_shutting_down

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm_site.settings")

# Messages are JSON only, so a worker run by root is no wider a door than root itself.
warnings.filterwarnings("ignore", category=SecurityWarning)

app = Celery("crm_site")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_shutting_down.connect
def put_work_back(**kwargs: object) -> None:
    """Tell the children that they are leaving; each puts its job back at its next step."""
    from core import leaving

    leaving.announce()


@worker_ready.connect
def listen_to_the_listener(sender: object = None, **kwargs: object) -> None:
    """Watch in the worker's head whether it still hears the broker."""
    from crm_site.watchdog import watch

    watch(sender)
