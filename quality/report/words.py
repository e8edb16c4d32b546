"""The words of the report in Vietnamese and English."""

from collections.abc import Mapping

Words = tuple[str, str]

OUTCOME: Mapping[str, Words] = {
    "passed": (
        "Bộ dữ liệu gửi đạt: được nhận làm một phiên bản.",
        "The delivery passed: it is accepted as a version.",
    ),
    "passed-with-warnings": (
        "Bộ dữ liệu gửi đạt, có cảnh báo: được nhận, nhưng có chỗ nên xem lại.",
        "The delivery passed with warnings: it is accepted, but some of it deserves a look.",
    ),
    "refused": (
        "Bộ dữ liệu gửi bị từ chối. Phiên bản đang công bố không thay đổi.",
        "The delivery was refused. The published version is unchanged.",
    ),
    "unreadable": (
        "Không đọc được bộ dữ liệu gửi. Phiên bản đang công bố không thay đổi.",
        "The delivery could not be read. The published version is unchanged.",
    ),
}
VALIDITY: Mapping[str, Words] = {
    "passed": ("đạt", "passed"),
    "passed-with-warnings": ("đạt, có cảnh báo", "passed with warnings"),
    "refused": ("bị từ chối", "refused"),
    "unreadable": ("không đọc được", "unreadable"),
}
FRESHNESS: Mapping[str, Words] = {
    "fresh": ("đúng hạn", "on time"),
    "due": ("đến hạn", "due"),
    "late": ("trễ hạn", "late"),
    "paused": ("tạm nghỉ", "paused"),
    "unknown": ("chưa xác định", "not known"),
}
DIMENSION: Mapping[str, tuple[Words, Words]] = {
    "validity": (
        ("Hợp lệ", "giá trị đúng kiểu, khoảng, dạng và danh mục"),
        ("Validity", "values of the right type, range, form and code"),
    ),
    "completeness": (
        ("Đầy đủ", "có mọi giá trị bắt buộc và mọi dòng đã hứa"),
        ("Completeness", "every required value and every promised row is there"),
    ),
    "uniqueness": (("Không trùng", "không dòng nào lặp lại dòng khác"), ("Uniqueness", "no row repeats another")),
    "consistency": (
        ("Nhất quán", "không mâu thuẫn giữa các cột, các dòng và các bộ dữ liệu"),
        ("Consistency", "columns, rows and datasets do not contradict each other"),
    ),
}
