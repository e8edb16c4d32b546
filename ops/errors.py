"""What can go wrong for the operator.

HanoiError
├── PortBusy            another program listens on the wanted port
├── ServiceFailed       a service did not start; its log is named
└── RunFailed           Airflow could not run a dataset at all
"""

from blueprint.errors import HanoiError


class PortBusy(HanoiError):
    """Another program listens on the wanted port."""


class ServiceFailed(HanoiError):
    """A service did not start."""


class RunFailed(HanoiError):
    """Airflow could not run a dataset at all."""
