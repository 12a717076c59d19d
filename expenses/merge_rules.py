"""What happens to guests and to customers of applications when two customers become one."""

from customers.merging import fill, settles
from expenses.models import ApplicationCustomer, EventCustomer


@settles(ApplicationCustomer)
def one_share(stays: ApplicationCustomer, goes: ApplicationCustomer) -> None:
    """An application names him once; its sum stands on the application and stays."""
    fill(stays, goes, "contact_id")


@settles(EventCustomer)
def one_guest(stays: EventCustomer, goes: EventCustomer) -> None:
    """Invited once; he came if either of the two came."""
    fill(stays, goes, "contact_id")
    if goes.came is not None:
        stays.came = bool(stays.came) or goes.came
