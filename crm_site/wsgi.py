"""WSGI entry point for gunicorn."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm_site.settings")
# Pages may not wait as long as jobs and commands may (settings: WEB_TIMEOUTS).
os.environ.setdefault("CRM_PROCESS", "web")

application = get_wsgi_application()
