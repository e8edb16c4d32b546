"""``python -m ops.simulator``: serve the simulated agencies until Ctrl-C."""

import click

from ops.demo import wait_for_interrupt
from ops.simulator.faults import FAULTS
from ops.simulator.server import simulating


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port on 127.0.0.1; 0 takes a free one.")
def main(port: int) -> None:
    """Serve the simulated agencies. Point HANOI_SOURCES at the printed address, or at a fault below it."""
    with simulating(port) as url:
        click.echo(url)
        for fault in FAULTS:
            click.echo(f"{url}/faults/{fault}")
        wait_for_interrupt()


if __name__ == "__main__":
    main()
