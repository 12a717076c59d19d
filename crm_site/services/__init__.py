"""The embedded PostgreSQL and Valkey of one installation, started without any set-up by hand.

They live under CRM_HOME, listen on Unix sockets in a folder nobody else may enter, and are found
again by looking at processes, never by trusting a pid file. The settings module imports this
package, so it imports no Django model and nothing that needs settings.

======================  ======================================================================
``start(home)``         start what does not run yet; safe to call at any time, by anybody
``stop(home)``          stop both servers
``status(home)``        whether each server runs and answers
``reachable(home)``     whether both take connections; cheap
``endpoints(home)``     where the servers are reached; reads one small file
``ensure_secrets(home)``  create the secret key and the personal-data key, never replace them
======================  ======================================================================
"""

from crm_site.services.errors import ServicesError
from crm_site.services.manager import Running, ServerState, Status, reachable, start, status, stop
from crm_site.services.record import Endpoints, endpoints
from crm_site.services.secret_files import ensure_secrets

__all__ = [
    "Endpoints",
    "Running",
    "ServerState",
    "ServicesError",
    "Status",
    "endpoints",
    "ensure_secrets",
    "reachable",
    "start",
    "status",
    "stop",
]
