"""What is said, in both languages, where CKAN's own words would be too few."""

from __future__ import annotations

import ckan.plugins.toolkit as tk


def refused(field: str, vi: str, en: str) -> tk.ValidationError:
    """Return CKAN's error for a parameter, saying what is wrong in Vietnamese and in English."""
    return tk.ValidationError({field: [f"{vi} / {en}"]})


def read_only() -> tk.ValidationError:
    """Return the error for writing to a published version."""
    return refused(
        "read-only",
        "Đây là một phiên bản đã công bố, không sửa hay xoá được qua DataStore. Muốn thay đổi, cơ quan gửi lần giao dữ liệu mới; "
        "nền tảng sẽ công bố phiên bản mới.",
        "This is a published version: the DataStore can neither change nor delete it. To change the data, the agency sends a "
        "new delivery, and the platform publishes a new version.",
    )


def too_long() -> tk.ValidationError:
    """Return the error for a search whose time was over."""
    return refused(
        "query",
        "Truy vấn chạy quá lâu nên đã bị dừng. Hãy thêm điều kiện lọc, hoặc tải tệp Parquet về máy.",
        "The query took too long and was ended. Narrow it by filters, or download the Parquet file.",
    )


def too_big() -> tk.ValidationError:
    """Return the error for a search that needs more memory than it may have."""
    return refused(
        "query",
        "Truy vấn cần quá nhiều bộ nhớ. Hãy chọn ít cột hơn, bỏ distinct, hoặc tải tệp Parquet về máy.",
        "The query needs too much memory. Ask for fewer columns, leave out distinct, or download the Parquet file.",
    )
