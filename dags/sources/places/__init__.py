"""Where deliveries come from: the places that the sources of a contract declare, and files given by hand."""

from dags.sources.places.access import Access
from dags.sources.places.by_hand import by_hand
from dags.sources.places.finding import locate
from dags.sources.places.folders import INDEX
from dags.sources.places.patience import patiently
from dags.sources.places.place import Mark, Place, RemoteFile, Transfer

__all__ = ["INDEX", "Access", "Mark", "Place", "RemoteFile", "Transfer", "by_hand", "locate", "patiently"]
