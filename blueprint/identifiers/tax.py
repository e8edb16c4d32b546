"""The tax code: with a check digit for organisations, the personal id for individuals."""

from blueprint.identifiers.model import BLANK, MARKS, NUMBER, Checksum, Form, Identifier, Level
from blueprint.identifiers.people import BORN_ABROAD, BORN_HERE
from blueprint.identifiers.wrong import count
from blueprint.text import Bilingual

CHECK_DIGIT = Checksum(weights=(31, 29, 23, 19, 17, 13, 7, 5, 3), modulus=11)
SERIAL = (2, 9)
"""Digits 3 to 9 run from 0000001."""
# The one hyphen sets a dependent unit apart, so it stays: 10 digits, a hyphen and 2 must not pass as a personal id of 12.
_DOT = rf"{BLANK}*(?:\.{BLANK}*)?"
_GROUPS = rf"[0-9](?:{_DOT}[0-9])*"


def _tax_code(compact: str) -> tuple[str, str]:
    before, hyphen, after = compact.partition("-")
    compact = before + after
    if hyphen and (len(before), len(after)) != (10, 3):
        return (
            f"Gạch nối ngăn {len(before)} và {len(after)} chữ số; chỉ mã đơn vị phụ thuộc có gạch nối: 10 chữ số, gạch nối, 3 chữ số.",
            f"A hyphen parts {len(before)} and {len(after)} digits; only the code of a dependent unit has one: 10 digits, a hyphen, 3 digits.",
        )
    if len(compact) == 9:
        return (
            "Có 9 chữ số, cần 10, 12 hoặc 13; có thể số 0 ở đầu đã mất khi mở bằng bảng tính.",
            "It has 9 digits, 10, 12 or 13 are needed; a spreadsheet may have dropped the zero in front.",
        )
    if len(compact) == 12:
        return (
            "Có 12 chữ số nhưng không có dạng số định danh cá nhân; mã đơn vị phụ thuộc có 13 (10 và 3).",
            "It has 12 digits but not the form of a personal id; the code of a dependent unit has 13 (10 and 3).",
        )
    if len(compact) not in {10, 13}:
        return count(compact, "10, 12 hoặc 13", "10, 12 or 13")
    if not compact[slice(*SERIAL)].strip("0"):
        return ("Chữ số 3 đến 9 không được cùng là 0.", "Digits 3 to 9 must not all be 0.")
    expected = CHECK_DIGIT.digit(compact[:9])
    if expected is None:
        return (
            "Chín chữ số đầu cho số dư 0, không có chữ số kiểm tra nào ứng với số dư đó: không mã nào được cấp như vậy.",
            "The first nine digits leave remainder 0, for which there is no check digit: no such code is issued.",
        )
    if expected != int(compact[9]):
        return (
            "Chữ số thứ 10 (kiểm tra) không khớp với chín chữ số đầu; có thể gõ nhầm.",
            "Digit 10 (the check digit) does not agree with the nine before it; perhaps a typing error.",
        )
    return (
        "Ba chữ số cuối của đơn vị phụ thuộc phải từ 001 đến 999.",
        "The last three digits of a dependent unit must be 001 to 999.",
    )


TAX_CODE = Identifier(
    name="tax-code",
    title=Bilingual(vi="Mã số thuế", en="Tax code"),
    level=Level.CHECKSUM,
    personal=True,
    alphabet=NUMBER,
    bare="[0-9]+(-[0-9]+)?",
    written=rf"{BLANK}*{_GROUPS}(?:{BLANK}*-{BLANK}*{_GROUPS})?{BLANK}*",
    marks=MARKS.replace("-", ""),
    forms=(
        Form("organisation", "([0-9]{10})", Level.CHECKSUM, checksum=CHECK_DIGIT, serial=SERIAL),
        Form(
            "branch",
            "([0-9]{10})-?(00[1-9]|0[1-9][0-9]|[1-9][0-9]{2})",
            Level.CHECKSUM,
            normal=r"\1-\2",
            checksum=CHECK_DIGIT,
            serial=SERIAL,
        ),
        Form("individual", f"(?:{BORN_HERE}|{BORN_ABROAD})", joins_as="personal-id"),
    ),
    expected=Bilingual(
        vi=(
            "mã số thuế 10 chữ số (chữ số cuối để kiểm tra), 13 chữ số cho đơn vị phụ thuộc (thêm -001 đến "
            "-999), hoặc số định danh 12 chữ số của cá nhân"
        ),
        en=(
            "a tax code of 10 digits (the last one checks the others), 13 for a dependent unit (with -001 to "
            "-999), or the 12-digit personal id of an individual"
        ),
    ),
    example="9900000016",
    says=Bilingual(
        vi="10 và 13 chữ số: chữ số kiểm tra khớp. 12 chữ số: chỉ đúng dạng số định danh cá nhân.",
        en="10 and 13 digits: the check digit agrees. 12 digits: no more than the form of a personal id.",
    ),
    silent=Bilingual(
        vi="Không nói được mã đã được cấp, còn hiệu lực, hay thuộc về ai; mã 10 chữ số cũng có thể là của cá nhân.",
        en=(
            "Nothing says that the code was issued, is in force, or whose it is; one of 10 digits may be an "
            "individual's as well."
        ),
    ),
    register=Bilingual(vi="Cơ quan thuế (tra cứu mã số thuế)", en="The tax authority (taxpayer look-up)"),
    source="Thông tư 105/2020/TT-BTC Điều 5; Thông tư 86/2024/TT-BTC (số định danh thay mã số thuế cá nhân từ 1/7/2025)",
    why=_tax_code,
)
