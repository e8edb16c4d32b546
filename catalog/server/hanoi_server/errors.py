"""What can stop the server from starting, told in Vietnamese and English, each with its own exit code."""

from pathlib import Path


class ServerError(Exception):
    """An error that the operator can act on; ``code`` is the exit code of the command."""

    code = 1

    def __init__(self, vi: str, en: str) -> None:
        super().__init__(f"{vi}\n{en}")
        self.vi, self.en = vi, en


class AlreadyRunning(ServerError):
    """Another server holds this home."""

    code = 3

    def __init__(self, home: Path, pid: int | None) -> None:
        super().__init__(
            f"Cổng dữ liệu ở {home} đang chạy (tiến trình {pid or 'không rõ'}). "
            "Hãy dừng nó bằng lệnh `stop --home` trước khi chạy lại.",
            f"The catalogue of {home} is already running (process {pid or 'unknown'}). "
            "Stop it with `stop --home` before starting another.",
        )


class PortBusy(ServerError):
    """Somebody else listens on the wanted port."""

    code = 4

    def __init__(self, port: int) -> None:
        super().__init__(
            f"Cổng mạng {port} trên 127.0.0.1 đang được chương trình khác sử dụng. "
            "Hãy chọn cổng khác bằng --port, hoặc dừng chương trình đó.",
            f"Port {port} of 127.0.0.1 is in use by another program. "
            "Choose another one with --port, or stop that program.",
        )


class ServiceFailed(ServerError):
    """One of the services did not come up; the end of its log is in the message."""

    code = 5

    def __init__(self, name: str, log: Path) -> None:
        tail = "\n".join(log.read_text("utf-8", "replace").splitlines()[-15:]) if log.exists() else ""
        super().__init__(
            f"Dịch vụ {name} không khởi động được. Nhật ký: {log}",
            f"The service {name} did not start. Log: {log}\n{tail}".rstrip(),
        )
