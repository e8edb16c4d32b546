"""The main job from end to end: the catalogue up, every dataset through its DAG, and the result as a table."""

import signal
import threading
from collections.abc import Callable

from blueprint import blueprint
from ops.catalogue import clear_leftovers, require_free, running, serving
from ops.errors import PortBusy
from ops.ingest import ingest
from ops.results import DatasetResult
from ops.settings import Settings
from ops.show import Teller

_PORTS_TRIED = 20


def demo(
    settings: Settings, teller: Teller, finished: Callable[[list[DatasetResult], str], None], *, once: bool
) -> list[DatasetResult]:
    """Start the catalogue, run every dataset, hand the results to ``finished``, then serve until interrupted unless ``once``."""
    with serving(settings, teller.say) as url:
        teller.say(f"Cổng dữ liệu: {url} / the catalogue is up")
        here = settings.model_copy(update={"catalogue_url": url})
        results = ingest(here, [name for name, contract in blueprint().contracts.items() if contract.publish], teller)
        finished(results, url)
        if not once:
            wait_for_interrupt()
    return results


def free_port(settings: Settings, *, chosen: bool) -> Settings:
    """The settings with a port that is free; a port the user chose is never replaced by another.

    Raises:
        PortBusy: the chosen port, or every port tried, is taken.
    """
    if running(settings.home):
        return settings
    clear_leftovers(settings.home)
    if chosen:
        require_free(settings.port)
        return settings
    for port in range(settings.port, settings.port + _PORTS_TRIED):
        try:
            require_free(port)
        except PortBusy:
            if port == settings.port + _PORTS_TRIED - 1:
                raise
            continue
        return settings.model_copy(update={"port": port})
    return settings


def wait_for_interrupt() -> None:
    """Block until Ctrl-C or SIGTERM."""
    done = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: done.set())
    done.wait()
