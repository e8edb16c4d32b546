"""What can go wrong at the place where a delivery lies.

DeliveryMissing
├── PlaceMissing       nothing is there under this name
├── PlaceUnreachable   no answer, or one that says to come again later; a run later may well succeed
├── PlaceDenied        the place wants another credential
├── PlaceForbidden     the settings of the platform do not let it go there
└── SecretMissing      the secret that the contract names is not there, or others can read it
DeliveryUnreadable
├── PlaceBroken        an answer that is not what the service promises
├── PlaceMoved         the data changed while they were read; a run later may well succeed
└── PlaceTooLarge      more than the contract or the settings let in
"""

from datetime import datetime
from typing import TYPE_CHECKING

from dags.errors import DeliveryMissing, DeliveryUnreadable

if TYPE_CHECKING:
    import httpx

_SHOWN = 300


class PlaceMissing(DeliveryMissing):
    """Nothing lies there under this name."""


class PlaceUnreachable(DeliveryMissing):
    """The place does not answer, or says to come again later."""


class PlaceDenied(DeliveryMissing):
    """The place wants another credential."""


class PlaceForbidden(DeliveryMissing):
    """The settings of the platform do not let it go there."""


class SecretMissing(DeliveryMissing):
    """The secret that the contract names is not there, or others can read it."""


class PlaceBroken(DeliveryUnreadable):
    """The answer is not what the service promises."""


class PlaceMoved(DeliveryUnreadable):
    """The data changed while they were read."""


class PlaceTooLarge(DeliveryUnreadable):
    """There is more than the contract or the settings let in."""


def denied(where: str, secret: str | None, answer: str) -> PlaceDenied:
    """``where`` refused the secret called ``secret``, or wants one where none is declared."""
    if secret is None:
        return PlaceDenied(
            f"{where} đòi đăng nhập ({answer}), nhưng hợp đồng không khai báo bí mật nào. Hãy thêm `secret` vào nguồn.",
            f"{where} wants a login ({answer}), but the contract declares none. Add `secret` to the source.",
        )
    return PlaceDenied(
        f"{where} từ chối bí mật {secret!r} ({answer}). Hãy hỏi cơ quan xem bí mật còn hiệu lực và đủ quyền không.",
        f"{where} refused the secret {secret!r} ({answer}). Ask the agency whether it is still valid and gives this right.",
    )


def missing(where: str, answer: str) -> PlaceMissing:
    return PlaceMissing(
        f"Không có gì tại {where} ({answer}). Hãy kiểm tra địa chỉ trong hợp đồng hoặc hỏi cơ quan.",
        f"There is nothing at {where} ({answer}). Check the address in the contract or ask the agency.",
    )


def unreachable(where: str, why: object) -> PlaceUnreachable:
    told = shown(str(why))
    return PlaceUnreachable(
        f"Không tải được {where}: {told}. Hãy thử lại sau hoặc báo cơ quan.",
        f"{where} could not be fetched: {told}. Try again later or tell the agency.",
    )


def too_large(where: str, limit_vi: str, limit_en: str) -> PlaceTooLarge:
    return PlaceTooLarge(
        f"{where} có nhiều hơn {limit_vi}. Hãy nâng giới hạn hoặc thu hẹp điều được hỏi.",
        f"{where} has more than {limit_en}. Raise the limit or ask for less.",
    )


def broken(where: str, vi: str, en: str) -> PlaceBroken:
    return PlaceBroken(
        f"{where}: {vi} Hãy kiểm tra địa chỉ và loại nguồn trong hợp đồng, hoặc báo cơ quan.",
        f"{where}: {en} Check the address and the kind of the source in the contract, or tell the agency.",
    )


def refusal(error: "httpx.HTTPError", where: str, secret: str | None = None) -> DeliveryMissing:
    """What a failed request means to its reader. ``secret`` is the name of the secret that was sent."""
    import httpx

    from dags.sources.places.patience import asked_pause

    if not isinstance(error, httpx.HTTPStatusError):
        return unreachable(where, error or type(error).__name__)
    said = str(error.response.extensions.get("said", ""))
    status = f"HTTP {error.response.status_code}" + (f": {said}" if said else "")
    if error.response.status_code in (401, 403):
        return denied(where, secret, status)
    if error.response.status_code in (404, 410):
        return missing(where, status)
    pause = asked_pause(error.response)
    if pause is not None:
        again = datetime.now().astimezone().replace(microsecond=0)
        return PlaceUnreachable(
            f"{where} đang bận ({status}) và xin chờ {pause:.0f} giây kể từ {again.isoformat()}. Hãy chạy lại sau lúc đó.",
            f"{where} is busy ({status}) and asks to wait {pause:.0f} seconds from {again.isoformat()}. Run again after that.",
        )
    return unreachable(where, status)


def shown(text: str, length: int = _SHOWN) -> str:
    """``text`` on one line, without what cannot be printed, cut where it is long."""
    plain = " ".join("".join(c if c.isprintable() else " " for c in text[: length * 4]).split())
    return plain if len(plain) <= length else f"{plain[:length]}…"
