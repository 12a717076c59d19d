"""What every installation starts with, written after each migrate. Repeating changes nothing."""

from typing import Any

from django.apps import apps as installed
from django.contrib.auth.management import create_permissions
from django.db import connection
from django.db.migrations.executor import MigrationExecutor


def seed_everything(sender: Any, **kwargs: Any) -> None:
    """Receiver of post_migrate of the last app: permissions first, then roles that use them."""
    from accounts.seeds import seed_accounts
    from approvals.services.library import install_library
    from complaints.seeds import seed_complaints
    from customers.seeds import seed_customers
    from expenses.seeds import seed_expenses
    from regions.seeds import seed_regions

    if "plan" in kwargs and not _schema_is_whole():
        return  # `migrate APP NUMBER`: the tables of this version are not all there
    for config in installed.get_app_configs():
        if config.models_module is not None:
            create_permissions(config, verbosity=0)
    seed_regions()
    seed_accounts()
    install_library()
    seed_customers()
    seed_complaints()
    seed_expenses()
    seed_schedule()


def _schema_is_whole() -> bool:
    """Whether every migration of this version is applied."""
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def seed_schedule() -> None:
    """Write the periodic jobs of crm_site.schedule into the tables that beat reads."""
    from crm_site.schedule import write_schedule

    write_schedule()
