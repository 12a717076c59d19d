"""The product's own worker, with small chunks so that a file of 3,000 rows has several.

Started by test_import_jobs as a process of its own: `python -m tests.customers.worker`.
"""

import sys

import django

if __name__ == "__main__":
    django.setup()

    from crm_site.celery import app
    from customers.imports import owners

    owners.CHUNK = 1000
    app.worker_main(sys.argv[1:])
