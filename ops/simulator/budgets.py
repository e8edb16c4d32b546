"""Budget workbooks of the simulated country: regions above their provinces, and every total as the sum of its rows."""

import io
from random import Random

from blueprint import Blueprint
from ops.simulator.layout import Row

_YEARS = (2013, 2014)
_REGIONS = (
    ("MIỀN NÚI PHÍA BẮC", "02 04 06 08 10 11 12 14 15 17 19 20 24 25"),
    ("ĐỒNG BẰNG SÔNG HỒNG", "01 22 26 27 30 31 33 34 35 36 37"),
    ("BẮC TRUNG BỘ VÀ DUYÊN HẢI MIỀN TRUNG", "38 40 42 44 45 46 48 49 51 52 54 56 58 60"),
    ("TÂY NGUYÊN", "62 64 66 67 68"),
    ("ĐÔNG NAM BỘ", "70 72 74 75 77 79"),
    ("ĐỒNG BẰNG SÔNG CỬU LONG", "80 82 83 84 86 87 89 91 92 93 94 95 96"),
)
_ROMAN = ("I", "II", "III", "IV", "V", "VI")
_WHOLE_SHARE = 100
_HEADER = (
    (7, "STT", "TỈNH, THÀNH PHỐ", "TỔNG THU", "TỶ LỆ", "TỔNG CHI", "SỐ BỔ SUNG", "SỐ BỔ SUNG", "BỔ SUNG CÓ MỤC TIÊU TỪ NSTW CHO NSĐP"),
    (8, "", "", "NSNN TRÊN", "ĐIỀU TIẾT", "CÂN ĐỐI", "CÂN ĐỐI", "TH TIỀN LƯƠNG", "TỔNG SỐ"),
    (9, "", "", "ĐỊA BÀN", "PHẦN NSĐP", "NGÂN SÁCH", "TỪ NSTW", "", "", "CÁC DỰ ÁN, CÔNG TRÌNH QUAN TRỌNG (VỐN Đ.TƯ)",
     "CHẾ ĐỘ CHÍNH SÁCH VÀ MỘT SỐ NHIỆM VỤ", "CHƯƠNG TRÌNH MỤC TIÊU QUỐC GIA"),
    (10, "", "", "", "ĐƯỢC HƯỞNG (100%)", "ĐỊA PHƯƠNG"),
    (12, *range(1, 12)),
)  # fmt: skip
_SUMMED = (3, 5, 6, 7, 8, 9, 10, 11)
"""The columns of amounts, from 1; the fourth is a share."""


def provincial_budgets(random: Random, plan: Blueprint) -> dict[str, list[Row] | bytes]:
    """The budget plans of all provinces in two years, a workbook a year; every amount is made up."""
    spellings = plan.contract("provincial-budgets").column("province_code").values
    names = {code: name for name, code in reversed(spellings.items())}
    return {f"Plan_{year}.xls": _workbook(random, year, names) for year in _YEARS}


def _workbook(random: Random, year: int, names: dict[str, str]) -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "M09"
    sheet.cell(1, 1, "BỘ TÀI CHÍNH")
    sheet.cell(3, 1, f"DỰ TOÁN THU, CHI NGÂN SÁCH CỦA CÁC TỈNH, THÀNH PHỐ NĂM {year} (SỐ LIỆU MÔ PHỎNG)")
    sheet.cell(6, 11, "Đơn vị: triệu đồng")
    for row, *texts in _HEADER:
        for column, text in enumerate(texts, start=1):
            if text:
                sheet.cell(row, column, text)
    sheet.merge_cells("H7:K7")
    sheet.cell(13, 2, "TỔNG SỐ")
    row, whole = 14, [0] * 12
    for roman, (region, codes) in zip(_ROMAN, _REGIONS, strict=True):
        head, sums = row, [0] * 12
        for number, code in enumerate(codes.split(), start=1):
            row += 1
            for column, value in enumerate((number, names[code].upper(), *_amounts(random)), start=1):
                sheet.cell(row, column, value)
                if column in _SUMMED:
                    sums[column] += int(value)
        sheet.cell(head, 1, roman)
        sheet.cell(head, 2, region)
        for column in _SUMMED:
            sheet.cell(head, column, sums[column])
            whole[column] += sums[column]
        row += 1
    for column in _SUMMED:
        sheet.cell(13, column, whole[column])
    sheet.cell(row + 1, 1, "Ghi chú: số liệu mô phỏng, không phải của tỉnh, thành phố nào.")
    output = io.BytesIO()
    book.save(output)
    return output.getvalue()


def _amounts(random: Random) -> tuple[int, ...]:
    """Revenue, share, expenditure and transfers of one province, in million đồng; the rich keep a part of what they raise."""
    revenue = round(random.lognormvariate(15, 1.2), -3)
    share = _WHOLE_SHARE if revenue < 10_000_000 else random.randint(20, 95)
    expenditure = round(3_000_000 + revenue * share / 250)
    balance = max(0, round(expenditure - revenue * 0.7)) if share == _WHOLE_SHARE else 0
    parts = [random.randint(50_000, 900_000) for _ in range(3)]
    return int(revenue), share, expenditure, balance, random.randint(0, 300_000), sum(parts), *parts
