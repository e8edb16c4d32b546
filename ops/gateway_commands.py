"""``hanoi gateway``: agencies' deliveries over HTTPS, and the tokens that they need."""

import json
from pathlib import Path

import click

from ops.options import HOME, JSON, BilingualGroup, telling


def register(group: click.Group) -> None:
    """Add the group to the one command."""
    group.add_command(gateway)


@click.group(cls=BilingualGroup)
def gateway() -> None:
    """Cổng nhận tệp của các cơ quan. / The gateway that agencies deliver to."""


@gateway.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Địa chỉ lắng nghe. / Address to listen on.")
@click.option("--port", default=5080, show_default=True, type=click.IntRange(1, 65535), help="Cổng. / Port.")
@click.option(
    "--certificate", type=click.Path(exists=True, path_type=Path), help="Chứng thư TLS (PEM). / TLS certificate."
)
@click.option("--key", type=click.Path(exists=True, path_type=Path), help="Khóa của chứng thư (PEM). / Its key.")
@HOME
def serve(host: str, port: int, certificate: Path | None, key: Path | None, home: Path | None) -> None:
    """Nhận tệp cho đến khi Ctrl-C. / Take files until Ctrl-C.

    Mỗi tệp nhận đủ chạy qua DAG của bộ dữ liệu như hanoi ingest. / Each whole file goes through the DAG of its dataset, as
    by hanoi ingest.
    """
    if (certificate is None) != (key is None):
        raise click.UsageError("--certificate và --key đi cùng nhau. / --certificate and --key go together.")
    with telling() as teller:
        from dags.settings import PipelineSettings
        from ops.catalogue import require_free
        from ops.gateway import Listening
        from ops.gateway import serve as run
        from ops.settings import settings_for

        require_free(port)
        scheme = "https" if certificate else "http"
        teller.say(f"Cổng nhận tệp / gateway: {scheme}://{host}:{port}/files (tus 1.0.0). Ctrl-C để dừng / to stop")
        run(settings_for(home), Listening(host, port, certificate, key), PipelineSettings().max_delivery_bytes)


@gateway.group(cls=BilingualGroup)
def token() -> None:
    """Mã truy cập của các cơ quan. / Tokens of agencies."""


@token.command()
@click.option("--agency", required=True, help="Mã cơ quan. / Code of the agency.")
@click.option(
    "--dataset", "datasets", multiple=True, help="Chỉ bộ dữ liệu này; lặp lại được. / Only this one; repeatable."
)
@JSON
@HOME
def add(agency: str, datasets: tuple[str, ...], as_json: bool, home: Path | None) -> None:
    """Cấp một mã; chỉ hiện một lần. / Issue a token; it is shown once."""
    with telling() as teller:
        from blueprint import blueprint
        from dags.gateway.tokens import Tokens
        from ops.gateway_tokens import require_agency
        from ops.settings import settings_for

        require_agency(blueprint(), agency, datasets)
        tokens = Tokens(settings_for(home).home)
        secret = tokens.issue(agency, datasets)
        name = tokens.of(secret).name
        if as_json:
            click.echo(json.dumps({"name": name, "token": secret}))
        else:
            teller.say(f"Mã {name}; hãy cất giữ, sẽ không hiện lại / token {name}; keep it, it is not shown again:")
            click.echo(secret)


@token.command("list")
@JSON
@HOME
def list_(as_json: bool, home: Path | None) -> None:
    """Liệt kê các mã đã cấp. / List the tokens that were issued."""
    with telling():
        from dags.gateway.tokens import Tokens
        from ops.settings import settings_for

        found = Tokens(settings_for(home).home).all()
        if as_json:
            said = [
                {
                    "name": t.name,
                    "agency": t.agency,
                    "datasets": t.datasets,
                    "issued_at": t.issued_at,
                    "revoked_at": t.revoked_at,
                }
                for t in found
            ]
            click.echo(json.dumps(said))
            return
        for t in found:
            state = f"đã thu hồi / revoked {t.revoked_at}" if t.revoked_at else "có hiệu lực / valid"
            click.echo(f"{t.name}  {', '.join(t.datasets) or t.agency + '/*'}  {t.issued_at}  {state}")
        if not found:
            click.echo("Chưa cấp mã nào / no token yet: hanoi gateway token add --agency …")


@token.command()
@click.argument("name")
@HOME
def revoke(name: str, home: Path | None) -> None:
    """Thu hồi một mã ngay lập tức. / Take a token's power away at once."""
    with telling() as teller:
        from dags.gateway.tokens import Tokens
        from ops.settings import settings_for

        found = Tokens(settings_for(home).home).revoke(name)
        teller.say(f"Đã thu hồi / revoked: {found.name}")


@gateway.command()
@click.option("--agency", help="Chỉ cơ quan này. / Only this agency.")
@JSON
@HOME
def deliveries(agency: str | None, as_json: bool, home: Path | None) -> None:
    """Các tệp đã nhận và kết quả. / The files that came and what became of them."""
    with telling():
        from dags.gateway.bundles import Bundles
        from dags.gateway.uploads import Upload, Uploads
        from dags.settings import PipelineSettings
        from ops.settings import settings_for

        settings = settings_for(home)
        uploads = Uploads(settings.home, PipelineSettings().max_delivery_bytes)
        alone = [u for u in uploads.every(agency) if u.delivery is None]
        found = sorted((*alone, *Bundles(settings.home, uploads).every(agency)), key=lambda sent: sent.begun_at)
        if as_json:
            click.echo(json.dumps([sent.to_json() for sent in found], ensure_ascii=False))
            return
        for sent in found:
            said = f"  {sent.said['vi']} / {sent.said['en']}" if sent.said else ""
            what = f"{sent.name}  {sent.bytes:,} byte" if isinstance(sent, Upload) else f"{len(sent.files)} tệp / files"
            click.echo(f"{sent.begun_at[:19]}  {sent.agency}  {sent.dataset}  {what}  {sent.state}{said}")
        if not found:
            click.echo("Chưa có tệp nào / no file yet")
