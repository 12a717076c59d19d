"""The project: settings, addresses, schedule and the servers it can bring along."""

from crm_site.celery import app as celery_app

__all__ = ["celery_app"]
