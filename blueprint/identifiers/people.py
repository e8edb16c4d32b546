"""Numbers of people: the personal id, the identity number before it, and the health-insurance card."""

from blueprint.identifiers.model import BLANK, GAP, GROUPED_DIGITS, MARKS, NUMBER, Form, Identifier, Level
from blueprint.identifiers.wrong import count
from blueprint.text import Bilingual

_CODES = (
    "001 002 004 006 008 010 011 012 014 015 017 019 020 022 024 025 026 027 030 031 033 034 035 036 037 038 040 042 044 045 "
    "046 048 049 051 052 054 056 058 060 062 064 066 067 068 070 072 074 075 077 079 080 082 083 084 086 087 089 091 092 093 "
    "094 095 096"
)
PROVINCES = tuple(_CODES.split())
"""The 63 province codes of Circular 07/2016/TT-BCA, annex 1. The number says where a birth was registered, so the codes
of provinces merged on 1 July 2025 stay right for ever."""

BORN_HERE = rf"((?:{'|'.join(PROVINCES)})[0-3][0-9]{{8}})"
BORN_ABROAD = r"([1-9][0-9]{2}[0-3][0-9]{8})"
"""A country code stands for the province of those whose birth was registered abroad; it is not below 100."""

POPULATION = Bilingual(
    vi="Cơ sở dữ liệu quốc gia về dân cư, Bộ Công an",
    en="The National Population Database, Ministry of Public Security",
)


def _personal_id(compact: str) -> tuple[str, str]:
    if len(compact) == 9:
        return (
            "Có 9 chữ số: đó là dạng số chứng minh nhân dân cũ, cần số định danh 12 chữ số.",
            "It has 9 digits: the form of the former identity number, the personal id has 12.",
        )
    if len(compact) in {10, 11}:
        return (
            f"Có {len(compact)} chữ số, cần 12; có thể các số 0 ở đầu đã mất khi mở bằng bảng tính.",
            f"It has {len(compact)} digits, 12 are needed; a spreadsheet may have dropped the zeros in front.",
        )
    if len(compact) != 12:
        return count(compact, "12")
    if compact[0] == "0" and compact[:3] not in PROVINCES:
        return (
            "Ba chữ số đầu không phải mã tỉnh, thành phố (63 mã, 001 đến 096) hay mã quốc gia.",
            "The first three digits are no province code (63 codes, 001 to 096) and no country code.",
        )
    return (
        "Chữ số thứ tư phải là 0, 1 (sinh 1900-1999) hoặc 2, 3 (sinh 2000-2099).",
        "The fourth digit must be 0 or 1 (born 1900-1999), 2 or 3 (born 2000-2099).",
    )


PERSONAL_ID = Identifier(
    name="personal-id",
    title=Bilingual(vi="Số định danh cá nhân (số căn cước)", en="Personal identification number"),
    level=Level.SHAPE,
    personal=True,
    alphabet=NUMBER,
    bare="[0-9]+",
    written=GROUPED_DIGITS,
    marks=MARKS,
    forms=(Form("registered-in-viet-nam", BORN_HERE), Form("registered-abroad", BORN_ABROAD)),
    expected=Bilingual(
        vi=(
            "số định danh cá nhân 12 chữ số: mã tỉnh hoặc mã quốc gia (3), thế kỷ và giới tính (0-3), năm sinh "
            "(2), số ngẫu nhiên (6)"
        ),
        en=(
            "a personal id of 12 digits: province or country code (3), century and sex (0-3), year of birth (2), "
            "random digits (6)"
        ),
    ),
    example="001299000000",
    says=Bilingual(
        vi="Có 12 chữ số, ba số đầu là một trong 63 mã tỉnh hoặc từ 100 (mã quốc gia), số thứ tư là thế kỷ và giới tính đang dùng.",
        en="It has 12 digits, begins with one of 63 province codes or from 100 on (a country), and its fourth digit is in use.",
    ),
    silent=Bilingual(
        vi=(
            "Số này không có chữ số kiểm tra: không nói được số đã được cấp, người này có thật, hay mã quốc gia "
            "nào tồn tại."
        ),
        en=(
            "The number has no check digit: nothing says that it was issued, that the person exists, or which "
            "country codes do."
        ),
    ),
    register=POPULATION,
    source="Luật Căn cước 26/2023/QH15 Điều 12; Nghị định 137/2015/NĐ-CP Điều 13; Thông tư 07/2016/TT-BCA Điều 7, phụ lục 1",
    why=_personal_id,
)


def _former(compact: str) -> tuple[str, str]:
    if len(compact) == 12:
        return (
            "Có 12 chữ số: đó là dạng số định danh cá nhân, số chứng minh nhân dân cũ có 9.",
            "It has 12 digits: the form of the personal id, the former identity number has 9.",
        )
    return count(compact, "9")


FORMER_ID_NUMBER = Identifier(
    name="former-id-number",
    title=Bilingual(vi="Số chứng minh nhân dân cũ", en="Former identity card number"),
    level=Level.SHAPE,
    personal=True,
    alphabet=NUMBER,
    bare="[0-9]+",
    written=GROUPED_DIGITS,
    marks=MARKS,
    forms=(Form("nine-digits", "([0-9]{9})"),),
    expected=Bilingual(vi="số chứng minh nhân dân 9 chữ số", en="a former identity card number of 9 digits"),
    example="000000000",
    says=Bilingual(vi="Có đúng 9 chữ số.", en="It has exactly 9 digits."),
    silent=Bilingual(
        vi=(
            "Không có chữ số kiểm tra và thẻ đã hết giá trị từ 1/1/2025: không nói được số đã được cấp hay thuộc "
            "về ai, cũng không suy ra số định danh 12 chữ số."
        ),
        en=(
            "There is no check digit and the card expired on 1 January 2025: nothing says that it was issued or "
            "to whom, and the personal id cannot be derived from it."
        ),
    ),
    register=POPULATION,
    source="Nghị định 05/1999/NĐ-CP; Luật Căn cước 26/2023/QH15 Điều 46",
    why=_former,
)


def _card(compact: str) -> tuple[str, str]:
    digits = sum(letter.isdigit() for letter in compact)
    if compact.isdigit() and digits == 12:
        return (
            "Có 12 chữ số: đó là dạng số định danh cá nhân, không phải số thẻ 15 ký tự hay mã số bảo hiểm xã hội 10 chữ số.",
            "It has 12 digits: the form of the personal id, not a card of 15 characters nor a social insurance number of 10.",
        )
    if compact.isdigit():
        return count(compact, "10, hoặc thẻ 15 ký tự", "10, or a card of 15 characters,")
    if len(compact) != 15:
        return (
            f"Có {len(compact)} ký tự, số thẻ có 15, mã số bảo hiểm xã hội có 10 chữ số.",
            f"It has {len(compact)} characters; a card has 15, a social insurance number 10 digits.",
        )
    if not (compact[:2].isalpha() and compact[2:].isdigit()):
        return ("Thẻ gồm 2 chữ cái rồi 13 chữ số.", "A card is 2 letters and then 13 digits.")
    if compact[2] not in "12345":
        return (
            "Ký tự thứ 3 (mức hưởng) phải từ 1 đến 5.",
            "Character 3 (the level of benefit) must be 1 to 5.",
        )
    return ("Mã tỉnh (ký tự 4 và 5) không được là 00.", "The province code (characters 4 and 5) must not be 00.")


HEALTH_INSURANCE_CARD = Identifier(
    name="health-insurance-card",
    title=Bilingual(vi="Số thẻ bảo hiểm y tế", en="Health-insurance card number"),
    level=Level.SHAPE,
    personal=True,
    alphabet=NUMBER + "A-Za-z",
    bare="[0-9A-Za-z]+",
    written=rf"{BLANK}*[0-9A-Za-z](?:{GAP}[0-9A-Za-z])*{BLANK}*",
    marks=MARKS,
    forms=(
        Form(
            "card",
            r"([A-Za-z]{2}[1-5](?:0[1-9]|[1-9][0-9])([0-9]{10}))",
            normal=r"\1",
            upper=True,
            joins_as="social-insurance-number",
            joins_on=r"\2",
        ),
        Form("social-insurance-number", "([0-9]{10})", joins_as="social-insurance-number"),
    ),
    expected=Bilingual(
        vi=(
            "số thẻ bảo hiểm y tế 15 ký tự: nhóm đối tượng (2 chữ cái), mức hưởng (1-5), mã tỉnh (2), mã số bảo "
            "hiểm xã hội (10); hoặc riêng 10 chữ số cuối như trên thẻ mẫu mới"
        ),
        en=(
            "a health-insurance card of 15 characters: group (2 letters), level of benefit (1-5), province (2), "
            "social insurance number (10); or those last 10 digits alone, as newer cards print"
        ),
    ),
    example="DN4010000000000",
    says=Bilingual(
        vi="Đúng số ký tự và các nhóm của thẻ, hoặc đúng 10 chữ số.",
        en="The groups of a card are of the right length and kind, or there are exactly 10 digits.",
    ),
    silent=Bilingual(
        vi="Không có chữ số kiểm tra: không nói được thẻ đã cấp, còn hạn, hay nhóm đối tượng nào đang dùng.",
        en=(
            "There is no check digit: nothing says that the card was issued or is in force, nor which groups are "
            "in use."
        ),
    ),
    register=Bilingual(vi="Bảo hiểm xã hội Việt Nam", en="Viet Nam Social Security"),
    source="Quyết định 1351/QĐ-BHXH (2015); Quyết định 1666/QĐ-BHXH (2020)",
    why=_card,
)
