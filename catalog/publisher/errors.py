"""What can go wrong between the platform and the catalogue.

HanoiError
└── CatalogueError        the last good version stays published
    ├── CatalogueDown     nothing answers at the catalogue's address
    └── CatalogueRefused  the catalogue answers, but does not take the version
"""

from blueprint.errors import HanoiError


class CatalogueError(HanoiError):
    """A version could not be published."""


class CatalogueDown(CatalogueError):
    """Nothing answers at the catalogue's address."""


class CatalogueRefused(CatalogueError):
    """The catalogue did not take what was sent."""
