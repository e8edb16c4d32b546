"""Codes of the state: administrative procedures and organisations."""

import re

from blueprint.identifiers.model import BLANK, Form, Identifier, Level
from blueprint.text import Bilingual

_ENDS = " \u00a0"


def _procedure(compact: str) -> tuple[str, str]:
    if re.match(r"[0-9]\.[0-9]{6}\.", compact):
        return (
            "Đây là mã có thêm phần địa phương; chỉ giữ 8 ký tự đầu (một chữ số, dấu chấm, sáu chữ số).",
            "This is the code with a local part added; keep the first 8 characters (one digit, a dot, six digits).",
        )
    if re.match(r"[0-9]\.[0-9]{1,5}$", compact):
        return (
            "Sau dấu chấm thiếu chữ số; có thể bảng tính đã đọc mã như số thập phân và bỏ số 0 ở cuối.",
            "Digits are missing behind the dot; a spreadsheet may have read the code as a decimal and dropped zeros at the end.",
        )
    return ("Cần một chữ số, dấu chấm rồi sáu chữ số.", "One digit, a dot and six digits are needed.")


PROCEDURE_CODE = Identifier(
    name="procedure-code",
    title=Bilingual(vi="Mã thủ tục hành chính", en="Administrative procedure code"),
    level=Level.SHAPE,
    personal=False,
    alphabet="0-9." + _ENDS,
    bare="[0-9.]+",
    written=rf"{BLANK}*[0-9.]+{BLANK}*",
    marks=_ENDS,
    forms=(Form("national", r"([0-9]\.[0-9]{6})"),),
    expected=Bilingual(
        vi="mã thủ tục hành chính quốc gia: một chữ số, dấu chấm, sáu chữ số",
        en="a national procedure code: one digit, a dot, six digits",
    ),
    example="1.000000",
    says=Bilingual(vi="Đúng dạng của mã.", en="The code has the right form."),
    silent=Bilingual(
        vi="Không nói được thủ tục có thật hay còn hiệu lực.",
        en="Nothing says that the procedure exists or is in force.",
    ),
    register=Bilingual(
        vi="Cơ sở dữ liệu quốc gia về thủ tục hành chính", en="The National Database on Administrative Procedures"
    ),
    source="Nghị định 63/2010/NĐ-CP, sửa đổi bởi 92/2017/NĐ-CP; Cơ sở dữ liệu quốc gia về thủ tục hành chính",
    why=_procedure,
)


def _organisation(compact: str) -> tuple[str, str]:
    if re.fullmatch(r"[0-9]{3}\.[0-9]{2}\.[0-9]{2}\.[A-Za-z][0-9]{2}", compact):
        return (
            "Đây là mã theo quy chuẩn cũ QCVN 102:2016/BTTTT; cần mã theo Quyết định 20/2020/QĐ-TTg, bắt đầu bằng mã cấp 1.",
            "This is a code of the former regulation QCVN 102:2016/BTTTT; Decision 20/2020/QĐ-TTg starts with the level-1 code.",
        )
    if len(compact) > 35:
        return (f"Có {len(compact)} ký tự, tối đa 35.", f"It has {len(compact)} characters, 35 at most.")
    if not re.match(r"[A-Za-z][0-9]{2}(\.|$)", compact):
        return (
            "Nhóm thứ nhất (mã cấp 1) phải là một chữ cái và hai chữ số, ví dụ H26.",
            "The first group (level 1) must be one letter and two digits, such as H26.",
        )
    return ("Có một nhóm trống giữa hai dấu chấm.", "A group between two dots is empty.")


ORGANISATION_CODE = Identifier(
    name="organisation-code",
    title=Bilingual(
        vi="Mã định danh điện tử của cơ quan, tổ chức", en="Electronic identification code of an organisation"
    ),
    level=Level.SHAPE,
    personal=False,
    alphabet="0-9A-Za-z." + _ENDS,
    bare="[0-9A-Za-z.]+",
    written=rf"{BLANK}*[0-9A-Za-z.]+{BLANK}*",
    marks=_ENDS,
    forms=(Form("dotted", r"([A-Za-z][0-9]{2}(?:\.[0-9A-Za-z]+)*)", normal=r"\1", upper=True, longest=35),),
    expected=Bilingual(
        vi=(
            "mã định danh điện tử: mã cấp 1 (một chữ cái, hai chữ số) rồi các nhóm chữ số, chữ cái hoa cách nhau "
            "bằng dấu chấm, tối đa 35 ký tự"
        ),
        en=(
            "an electronic identification code: level 1 (one letter, two digits), then groups of digits and "
            "capital letters behind dots, 35 characters at most"
        ),
    ),
    example="H26.0.0",
    says=Bilingual(
        vi="Đúng dạng của mã; nhóm đầu là mã cấp 1.", en="The form is right and the first group is a level-1 code."
    ),
    silent=Bilingual(
        vi="Không nói được cơ quan có thật, còn hoạt động, hay mã đã đóng sau sáp nhập.",
        en="Nothing says that the organisation exists or that its code was not closed by a merger.",
    ),
    register=Bilingual(
        vi="Hệ thống thông tin về mã định danh điện tử dùng chung; Quyết định 2918/QĐ-UBND (2022) của Hà Nội",
        en="The shared register of organisation codes; Hanoi: Decision 2918/QĐ-UBND (2022)",
    ),
    source="Quyết định 20/2020/QĐ-TTg Điều 4, sửa đổi bởi Quyết định 09/2025/QĐ-TTg",
    why=_organisation,
)
