"""Where the demonstration takes its deliveries from: real files where they lie, else the simulated city."""

import contextlib
from collections.abc import Callable, Iterator

from ops.settings import BESIDE, Settings


@contextlib.contextmanager
def with_sources(settings: Settings, say: Callable[[str], None]) -> Iterator[Settings]:
    """Settings whose ``sources`` can be read: as set, else the shared data folder, else a simulator for the time of the block."""
    if settings.sources is not None:
        yield settings
    elif BESIDE.is_dir():
        say(f"Dữ liệu thật từ {BESIDE} / real files")
        yield settings.model_copy(update={"sources": str(BESIDE)})
    else:
        from ops.simulator.server import simulating

        with simulating(settings.simulator_port) as url:
            say(f"Thành phố mô phỏng tại {url} / simulated city: [bold]dữ liệu mô phỏng / simulated data[/bold]")
            yield settings.model_copy(update={"sources": url})
