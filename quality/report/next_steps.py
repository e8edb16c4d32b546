"""What an agency does next, from what was found."""

from dataclasses import dataclass

from quality.report.model import QualityResult


@dataclass(frozen=True)
class Step:
    """One thing to do, and the command that does it where there is one."""

    vi: str
    en: str
    command: str | None = None


_NOTHING = Step("Không cần làm gì thêm.", "Nothing needs to be done.")
_NOTHING_IF = Step(
    "Nếu giá trị đúng là như vậy thì không cần làm gì.", "If the values are right as they are, nothing is to be done."
)
_FILE = Step("Sửa tệp theo lý do nêu trên.", "Correct the file for the reason given above.")
_CELLS = Step(
    "Sửa từng ô trong phần «Lỗi cần sửa» ở nguồn dữ liệu, bắt đầu từ lỗi có nhiều dòng nhất.",
    "Correct each cell under “Errors to correct” at the source, the error with most rows first.",
)
_CHECKS = Step(
    "Xem phần «Kiểm tra trên toàn bộ dữ liệu»: đó là điều mà cả bộ dữ liệu phải đạt, không phải lỗi của một ô.",
    "Read “Checks on the data as a whole”: these are what the whole set must reach, not errors of one cell.",
)
_KEPT = Step(
    "Các dòng còn lại đã được nhận. Dòng bị cách ly sẽ vào phiên bản sau, khi một lần gửi mang giá trị đúng.",
    "The other rows are accepted. The quarantined rows enter a version once a delivery brings the right values.",
)
_SEND = Step(
    "Gửi lại toàn bộ tệp đã sửa, không gửi riêng các dòng sửa.", "Send the whole corrected file, not its rows alone."
)


def next_steps(result: QualityResult) -> list[Step]:
    """The next steps in their order; there is always one."""
    check = Step(
        "Kiểm tra lại tệp trước khi gửi:",
        "Check the file again before sending it:",
        f"hanoi check FILE --dataset {result.dataset}",
    )
    if result.marks.validity == "unreadable":
        return [_FILE, check, _SEND]
    seen = [_CELLS] * bool(result.faults) + [_CHECKS] * bool(result.set_faults)
    if result.marks.validity == "refused":
        return [*seen, check, _SEND]
    if result.rows.quarantined:
        return [_KEPT, *seen, check, _SEND]
    return [*seen, _NOTHING_IF] if seen else [_NOTHING]
