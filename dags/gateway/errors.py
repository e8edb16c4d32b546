"""What the gateway refuses, each with its HTTP status."""

from collections.abc import Sequence

from blueprint.errors import HanoiError


class Refused(HanoiError):
    """A request that the gateway does not fulfil; ``status`` is the HTTP status that it answers with."""

    status = 400


class Unauthorised(Refused):
    """The token is missing, unknown or revoked."""

    status = 401

    def __init__(self) -> None:
        super().__init__(
            "Thiếu mã truy cập, hoặc mã sai hay đã bị thu hồi. Hãy gửi đầu đề Authorization: Bearer <mã>; xin mã ở đơn vị vận hành.",
            "The token is missing, wrong or revoked. Send the header Authorization: Bearer <token>; the operator issues tokens.",
        )


class NotYours(Refused):
    """The dataset belongs to another agency, or there is none of that name."""

    status = 403

    def __init__(self, dataset: str, agency: str, allowed: list[str]) -> None:
        listed = ", ".join(allowed) or "—"
        super().__init__(
            f"Mã truy cập của {agency} không gửi được bộ dữ liệu {dataset!r}. Các bộ dữ liệu gửi được: {listed}.",
            f"The token of {agency} may not deliver the dataset {dataset!r}. Datasets that it may deliver: {listed}.",
        )


class WrongName(Refused):
    """The file name holds a path or letters that no file system takes."""

    def __init__(self) -> None:
        super().__init__(
            "Tên tệp không hợp lệ: chỉ nhận tên, không nhận đường dẫn, ký tự điều khiển, dấu chấm ở đầu hay tên dài quá 200 byte.",
            "The file name is not valid: a name only, without a path, control characters, a leading dot, or more than 200 bytes.",
        )


class UnknownUpload(Refused):
    """There is no such upload of this agency."""

    status = 404

    def __init__(self) -> None:
        super().__init__(
            "Không có lần gửi này, hoặc nó đã hết hạn hay bị hủy. Hãy bắt đầu gửi lại.",
            "There is no such upload, or it expired or was cancelled. Begin it again.",
        )


class WrongOffset(Refused):
    """The client goes on from another place than where the upload stands."""

    status = 409

    def __init__(self, came: int, stands: int) -> None:
        super().__init__(
            f"Gửi tiếp từ byte {came}, nhưng hệ thống đang có {stands} byte. Hãy hỏi lại bằng HEAD rồi gửi tiếp từ đó.",
            f"Continued at byte {came}, but {stands} bytes are here. Ask by HEAD and go on from there.",
        )


class Complete(Refused):
    """The upload is whole and never changes."""

    status = 403

    def __init__(self) -> None:
        super().__init__(
            "Lần gửi này đã trọn vẹn và không đổi được nữa. Bản sửa là một lần gửi mới.",
            "This upload is whole and cannot be changed any more. A correction is a new upload.",
        )


class TooLarge(Refused):
    """The file is larger than what is taken."""

    status = 413

    def __init__(self, came: int, limit: int) -> None:
        super().__init__(
            f"Tệp {came:,} byte vượt giới hạn {limit:,} byte. Hãy chia nhỏ hoặc liên hệ đơn vị vận hành.",
            f"The file of {came:,} bytes is over the limit of {limit:,} bytes. Split it or ask the operator.",
        )


class WrongType(Refused):
    """The body is not declared as tus wants it."""

    status = 415

    def __init__(self, came: str) -> None:
        super().__init__(
            f"Content-Type là {came!r}; phải là application/offset+octet-stream.",
            f"Content-Type is {came!r}; it must be application/offset+octet-stream.",
        )


class Locked(Refused):
    """Another request is writing to the same upload."""

    status = 423

    def __init__(self) -> None:
        super().__init__(
            "Một yêu cầu khác đang ghi vào lần gửi này. Hãy đợi rồi gửi tiếp.",
            "Another request is writing to this upload. Wait and go on.",
        )


class WrongChecksum(Refused):
    """The bytes are not those that the client meant to send."""

    status = 460  # the status that tus defines for it

    def __init__(self) -> None:
        super().__init__(
            "Mã kiểm tra không khớp: dữ liệu bị sai trên đường truyền và đã được bỏ. Hãy gửi lại phần đó.",
            "The checksum does not match: the bytes were damaged on the way and are dropped. Send that part again.",
        )


class WrongRequest(Refused):
    """A header is missing or cannot be read."""

    def __init__(self, header: str, allowed_vi: str, allowed_en: str) -> None:
        super().__init__(f"Đầu đề {header}: {allowed_vi}.", f"The header {header}: {allowed_en}.")


class WrongProtocol(Refused):
    """The client speaks another version of tus."""

    status = 412

    def __init__(self) -> None:
        super().__init__(
            "Thiếu đầu đề Tus-Resumable: 1.0.0. Hãy dùng một chương trình gửi theo giao thức tus.",
            "The header Tus-Resumable: 1.0.0 is missing. Use a client that speaks the tus protocol.",
        )


class NoReport(Refused):
    """The upload was not judged yet."""

    status = 404

    def __init__(self) -> None:
        super().__init__(
            "Chưa có báo cáo: tệp chưa gửi xong hoặc đang được xử lý. Hãy xem trạng thái rồi thử lại.",
            "There is no report yet: the file is not whole or is being worked on. See its status and try again.",
        )


class UnknownBundle(Refused):
    """There is no such delivery of this agency."""

    status = 404

    def __init__(self) -> None:
        super().__init__(
            "Không có lần gửi nhiều tệp này, hoặc nó đã hết hạn hay bị hủy. Hãy mở lần gửi mới.",
            "There is no such delivery of several files, or it expired or was cancelled. Open a new one.",
        )


class Closed(Refused):
    """The delivery was closed and takes no more files."""

    status = 409

    def __init__(self) -> None:
        super().__init__(
            "Lần gửi này đã đóng, không nhận thêm tệp và không hủy được nữa. Bản sửa là một lần gửi mới.",
            "This delivery is closed; it takes no more files and cannot be cancelled. A correction is a new delivery.",
        )


class NameTaken(Refused):
    """Another file of the delivery bears this name."""

    status = 409

    def __init__(self, name: str) -> None:
        super().__init__(
            f"Lần gửi này đã có tệp {name!r}. Không ghi đè: hãy xóa tệp ấy (DELETE) rồi gửi lại, hoặc đổi tên.",
            f"This delivery has a file {name!r} already. Nothing is overwritten: remove that file (DELETE) and send it again, or "
            "change the name.",
        )


class NotWhole(Refused):
    """Some file of the delivery has not come whole, or there is none."""

    status = 409

    def __init__(self, names: Sequence[str]) -> None:
        listed = ", ".join(map(repr, names))
        super().__init__(
            f"Chưa đóng được lần gửi: tệp {listed} chưa nhận đủ. Hãy gửi tiếp rồi đóng."
            if names
            else "Chưa đóng được lần gửi: chưa có tệp nào. Hãy gửi tệp rồi đóng.",
            f"The delivery cannot be closed: {listed} did not come whole. Go on with it and close again."
            if names
            else "The delivery cannot be closed: there is no file in it. Send the files and close again.",
        )


class OtherFiles(Refused):
    """The files that came are not those that the sender lists."""

    status = 422

    def __init__(self, missing: Sequence[str], strange: Sequence[str], changed: Sequence[str]) -> None:
        parts = (
            (missing, "thiếu", "missing"),
            (strange, "thừa", "not listed"),
            (changed, "khác mã SHA-256", "of another SHA-256"),
        )
        said = [(f"{vi}: {_listed(names)}", f"{en}: {_listed(names)}") for names, vi, en in parts if names]
        vi, en = ("; ".join(texts) for texts in zip(*said, strict=True))
        super().__init__(
            f"Các tệp nhận được không đúng danh sách kèm theo ({vi}). Lần gửi vẫn mở; hãy sửa rồi đóng lại.",
            f"The files that came are not those of the list ({en}). The delivery is still open; mend it and close again.",
        )


class TooManyFiles(Refused):
    """The delivery holds as many files as one may."""

    status = 413

    def __init__(self, most: int) -> None:
        super().__init__(
            f"Một lần gửi có nhiều nhất {most} tệp. Hãy nén hoặc chia thành nhiều lần gửi.",
            f"A delivery holds at most {most} files. Split it into several.",
        )


class NoSuchPath(Refused):
    """There is nothing at this address."""

    status = 404

    def __init__(self) -> None:
        super().__init__(
            "Không có gì ở địa chỉ này. Cổng nhận tệp ở /files, lần gửi nhiều tệp ở /deliveries.",
            "There is nothing at this address. Files are sent to /files, deliveries of several files are opened at /deliveries.",
        )


class WrongMethod(Refused):
    """The address does not know this verb."""

    status = 405

    def __init__(self, method: str) -> None:
        super().__init__(
            f"Địa chỉ này không nhận yêu cầu {method[:20]!r}.", f"This address takes no {method[:20]!r} request."
        )


class NoRoom(Refused):
    """The disk is full."""

    status = 507

    def __init__(self) -> None:
        super().__init__(
            "Ổ đĩa của hệ thống đã đầy; phần đã gửi vẫn còn. Hãy gửi tiếp sau.",
            "The disk is full; what was sent is kept. Go on later.",
        )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names[:10])) + (f" (+{len(names) - 10})" if len(names) > 10 else "")
