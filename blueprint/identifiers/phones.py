"""Telephone numbers of Viet Nam, as people write them and in E.164."""

from blueprint.identifiers.model import BLANK, GAP, MARKS, NUMBER, Form, Identifier, Level
from blueprint.text import Bilingual

# One pair of brackets may enclose the country code, the area code or the (0) after +84; nothing nests.
WRITTEN = (
    rf"{BLANK}*(?:\(\+?[0-9](?:{GAP}[0-9])*\)|\+?[0-9]|\+\([0-9]+\))"
    rf"(?:{GAP}(?:\([0-9](?:{GAP}[0-9])*\)|[0-9]))*{BLANK}*"
)
_ABROAD = r"(?:\+|00)?84"
_PREFIX = rf"(?:{_ABROAD}0?|0)"
AREAS = (
    "20[3-9]|21[0-689]|22[0-25-9]|23[2-9]|24[2-8]|25[124-9]|26[0-39]|27[0-7]|28[2-9]|29[0-4679]"  # 24 Hà Nội, 28 HCM
)


def _phone(compact: str) -> tuple[str, str]:
    digits = compact.lstrip("+")
    national = digits.removeprefix("00").removeprefix("84") if digits.startswith(("84", "0084")) else digits
    if len(digits) == 9 and digits[0] in "235789":
        return (
            "Có 9 chữ số và không có số 0 ở đầu; có thể số 0 đã mất khi mở bằng bảng tính.",
            "It has 9 digits and no 0 in front; a spreadsheet may have dropped it.",
        )
    if compact.startswith("+") and not digits.startswith("84"):
        return ("Mã quốc gia không phải +84.", "The country code is not +84.")
    if national.startswith("01") and len(national) == 11:
        return (
            "Số di động 11 số đã chuyển thành 10 số từ năm 2018.",
            "Mobile numbers of 11 digits became numbers of 10 in 2018.",
        )
    return (
        f"Có {len(digits)} chữ số, không phải số di động (10 chữ số, 03 05 07 08 09), cố định (11 chữ số, 02), 1800, 1900 hay số khẩn cấp.",
        f"Its {len(digits)} digits are no mobile number (10 digits, 03 05 07 08 09), landline (11 digits, 02), 1800, 1900 or emergency number.",
    )


PHONE = Identifier(
    name="phone",
    title=Bilingual(vi="Số điện thoại", en="Telephone number"),
    level=Level.SHAPE,
    personal=True,
    alphabet=NUMBER + "()+",
    bare=r"\+?[0-9]+",
    written=WRITTEN,
    marks=MARKS + "()",
    forms=(
        Form("mobile", rf"{_PREFIX}([35789][0-9]{{8}})", normal=r"+84\1"),
        Form("landline", rf"{_PREFIX}((?:{AREAS})[0-9]{{7}})", normal=r"+84\1"),
        Form("service", rf"(?:{_ABROAD})?(1[89]00[0-9]{{4,6}})", normal=r"\1"),
        Form("dedicated", rf"{_PREFIX}(69[0-9]{{5,7}}|80[0-9]{{5}})", normal=r"+84\1"),
        Form("emergency", "(11[1-5])", normal=r"\1"),
    ),
    expected=Bilingual(
        vi=(
            "số điện thoại Việt Nam: di động 10 chữ số (03, 05, 07, 08, 09), cố định 11 chữ số (Hà Nội 024), "
            "dạng +84, 1800/1900, 069 và 080 của cơ quan, hoặc 111 đến 115"
        ),
        en=(
            "a telephone number of Viet Nam: mobile of 10 digits (03, 05, 07, 08, 09), landline of 11 (Hanoi "
            "024), with +84, 1800/1900, 069 and 080 of state bodies, or 111 to 115"
        ),
    ),
    example="0500 000 000",
    says=Bilingual(
        vi="Đúng số chữ số và đầu số theo quy hoạch kho số viễn thông.",
        en="The number of digits and the leading digits follow the national numbering plan.",
    ),
    silent=Bilingual(
        vi="Không nói được đầu số đã cấp cho nhà mạng nào, có thuê bao hay không, hay của ai.",
        en="Nothing says which operator holds the range, that anybody answers, or whose number it is.",
    ),
    register=Bilingual(vi="Doanh nghiệp viễn thông", en="The telecommunication operators"),
    source="Thông tư 22/2014/TT-BTTTT (quy hoạch kho số viễn thông), sửa đổi bởi Thông tư 27/2021/TT-BTTTT",
    why=_phone,
)
