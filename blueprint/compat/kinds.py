"""The 33 kinds of change between two versions of a declaration, and what each mode says to them.

Let P be the data that a version permits. BACKWARD asks that P only grows: the new version accepts all data that the old
one accepted. FORWARD asks that P only shrinks, unknown columns ignored: who holds the old version can read the data of
the new one. FULL asks for both.
"""

from dataclasses import dataclass
from typing import Literal

from blueprint.compat.verdicts import Base, Bump
from blueprint.text import Bilingual

DEPRECATION_DAYS = 90
"""Days between the day a column is marked as deprecated and the day it may go."""

Cell = Literal["Y", "N", "C"]


@dataclass(frozen=True)
class Kind:
    """One kind of change.

    ``cells`` holds the verdicts of BACKWARD, FORWARD and FULL: Y allowed, N refused, C decided by the change's own
    condition or by what it inherits. ``bump`` is the least part of a contract's version that it raises where it is
    allowed; refused, it takes a new major, or, where it is ``never`` to be done, another subject.
    """

    number: int
    id: str
    cells: tuple[Cell, Cell, Cell]
    bump: Bump
    title: Bilingual
    hint: Bilingual
    never: bool = False

    def cell(self, mode: Base) -> Cell:
        return self.cells[("BACKWARD", "FORWARD", "FULL").index(mode)]


def _kind(number: int, slug: str, cells: str, bump: str, vi: str, en: str, hint_vi: str, hint_en: str) -> Kind:
    backward, forward, full = cells
    return Kind(
        number,
        slug,
        (_CELLS[backward], _CELLS[forward], _CELLS[full]),
        Bump.MAJOR if bump == "never" else Bump(bump),
        Bilingual(vi=vi, en=en),
        Bilingual(vi=hint_vi, en=hint_en),
        bump == "never",
    )


_CELLS: dict[str, Cell] = {"Y": "Y", "N": "N", "C": "C"}
_AS_MAJOR_VI, _AS_MAJOR_EN = "phát hành thành phiên bản chính (major) mới", "release it as a new major version"

KINDS: dict[int, Kind] = {
    kind.number: kind
    for kind in (
        _kind(
            1,
            "column-added-optional",
            "YYY",
            "minor",
            "thêm cột không bắt buộc",
            "optional column added",
            "không cần làm gì thêm",
            "nothing to do",
        ),
        _kind(
            2,
            "column-added-required",
            "NYN",
            "major",
            "thêm cột bắt buộc không có giá trị mặc định",
            "required column without a default added",
            "hãy bỏ required hoặc thêm default cho các dòng đã có",
            "drop required, or add a default for the rows that are there already",
        ),
        _kind(
            3,
            "column-added-default",
            "CYC",
            "minor",
            "thêm cột có giá trị mặc định cho các dòng đã có",
            "column added with a default for the rows that are there",
            "hãy đặt default là một giá trị mà khái niệm của cột chấp nhận",
            "give a default that the column's concept accepts",
        ),
        _kind(
            4,
            "column-removed-optional",
            "YYC",
            "minor",
            "bỏ cột không bắt buộc",
            "optional column removed",
            f"hãy giữ cột, đánh dấu deprecated trong một phiên bản phát hành, và chỉ bỏ sau {DEPRECATION_DAYS} ngày",
            f"keep the column, mark it deprecated in a released version and remove it {DEPRECATION_DAYS} days later",
        ),
        _kind(
            5,
            "column-removed-required",
            "YNN",
            "major",
            "bỏ cột bắt buộc",
            "required column removed",
            f"hãy giữ cột và đánh dấu deprecated, hoặc {_AS_MAJOR_VI}, ghi tên cột vào reserved",
            f"keep the column and mark it deprecated, or {_AS_MAJOR_EN} and put its name into reserved",
        ),
        _kind(
            6,
            "column-renamed",
            "CCC",
            "minor",
            "đổi tên cột, hoặc thôi cung cấp tên cũ",
            "column renamed, or a former name no longer served",
            "hãy thêm aliases: [tên cũ] và giữ field là tên đầu tiên của cột",
            "add aliases: [former name] and keep field at the column's first name",
        ),
        _kind(
            7,
            "columns-reordered",
            "YYY",
            "patch",
            "đổi thứ tự cột",
            "columns reordered",
            "không cần làm gì thêm: cột được nhận theo tên",
            "nothing to do: columns are known by identity, not by position",
        ),
        _kind(
            8,
            "name-reused",
            "NNN",
            "never",
            "dùng lại tên hoặc định danh của một cột khác",
            "name or identity of another column used again",
            "hãy đặt một tên mới; tên đã dùng nằm lại trong reserved",
            "choose a new name; a name that was used stays in reserved",
        ),
        _kind(
            9,
            "required-to-optional",
            "YNN",
            "major",
            "cột bắt buộc thành không bắt buộc",
            "required column made optional",
            f"hãy giữ required: true, hoặc {_AS_MAJOR_VI}: bên đọc chưa chờ ô trống",
            f"keep required: true, or {_AS_MAJOR_EN}: readers do not expect empty values",
        ),
        _kind(
            10,
            "optional-to-required",
            "NYN",
            "major",
            "cột không bắt buộc thành bắt buộc",
            "optional column made required",
            f"hãy giữ cột không bắt buộc và dùng gate.complete, hoặc {_AS_MAJOR_VI}",
            f"leave it optional and use gate.complete, or {_AS_MAJOR_EN}",
        ),
        _kind(
            11,
            "type-widened",
            "YNN",
            "minor",
            "mở rộng kiểu",
            "type widened",
            f"hãy giữ kiểu cũ, thêm một cột mới có kiểu rộng hơn, hoặc {_AS_MAJOR_VI}",
            f"keep the type, add a new column of the wider type, or {_AS_MAJOR_EN}",
        ),
        _kind(
            12,
            "type-narrowed",
            "NYN",
            "major",
            "thu hẹp kiểu",
            "type narrowed",
            f"hãy giữ kiểu cũ, hoặc {_AS_MAJOR_VI}",
            f"keep the type, or {_AS_MAJOR_EN}",
        ),
        _kind(
            13,
            "type-changed",
            "NNN",
            "major",
            "đổi sang kiểu khác",
            "type changed to another",
            f"hãy thêm một cột mới có kiểu mới và đánh dấu cột cũ deprecated, hoặc {_AS_MAJOR_VI}",
            f"add a new column of the new type and mark this one deprecated, or {_AS_MAJOR_EN}",
        ),
        _kind(
            14,
            "unit-changed",
            "NNN",
            "major",
            "đổi đơn vị, hệ tọa độ, múi giờ, tiền tệ hoặc lịch",
            "unit, coordinate system, zone, currency or calendar changed",
            "hãy thêm một cột mới cho đơn vị mới: cùng một số mà nghĩa khác thì không ai nhận ra",
            "add a new column for the new unit: nobody notices the same number with another meaning",
        ),
        _kind(
            15,
            "constraint-loosened",
            "YNN",
            "minor",
            "nới lỏng ràng buộc giá trị",
            "constraint on values loosened",
            f"hãy giữ giới hạn cũ, hoặc {_AS_MAJOR_VI}: bên đọc chưa chờ giá trị ngoài giới hạn cũ",
            f"keep the former limit, or {_AS_MAJOR_EN}: readers do not expect values outside it",
        ),
        _kind(
            16,
            "constraint-tightened",
            "NYN",
            "minor",
            "siết chặt ràng buộc giá trị",
            "constraint on values tightened",
            f"hãy giữ giới hạn cũ, thêm quy tắc mức warning, hoặc {_AS_MAJOR_VI}",
            f"keep the former limit, add a rule of severity warning, or {_AS_MAJOR_EN}",
        ),
        _kind(
            17,
            "rule-edited",
            "CCC",
            "minor",
            "sửa một mẫu hoặc quy tắc SQL; chưa xác định được nếu không có dữ liệu",
            "pattern or SQL rule edited; undetermined without data",
            "hãy chạy lại trên dữ liệu đã lưu, hoặc giữ quy tắc cũ và thêm quy tắc mới mức warning",
            "replay it over the stored data, or keep the rule and add a new one of severity warning",
        ),
        _kind(
            18,
            "code-added",
            "YCC",
            "minor",
            "thêm mã hoặc kéo dài hiệu lực của mã trong danh mục",
            "code added to a list, or in force for longer",
            "danh mục đóng: hãy khai báo open: true ở phiên bản trước khi thêm mã, hoặc dùng mã đã có",
            "the list is closed: declare open: true in a version before codes are added, or use a code that is there",
        ),
        _kind(
            19,
            "code-retired",
            "CCC",
            "minor",
            "mã hết hiệu lực, vẫn được giữ trong danh mục",
            "code retired and kept in the list",
            "hãy ghi legal_basis và successor (các mã kế tiếp, hoặc none)",
            "state legal_basis and successor (the codes that follow, or none)",
        ),
        _kind(
            20,
            "code-deleted",
            "NCN",
            "never",
            "xóa mã, hoặc rút ngắn hiệu lực đã công bố",
            "code deleted, or its stated validity cut short",
            "danh mục đã công bố chỉ thêm, không xóa: hãy giữ dòng cũ và đặt valid_to",
            "a published list only grows: keep the row and set valid_to",
        ),
        _kind(
            21,
            "code-meaning-changed",
            "NNN",
            "never",
            "đổi nghĩa của một mã",
            "meaning of a code changed",
            "hãy thêm mã mới, cho mã cũ hết hiệu lực và ghi mã mới vào successor",
            "add a new code, retire the old one and name the new one as its successor",
        ),
        _kind(
            22,
            "codes-merged-or-split",
            "CCC",
            "minor",
            "sáp nhập hoặc chia tách mã",
            "codes merged or split",
            "hãy thêm vào bảng chuyển đổi (crosswalk) ít nhất một dòng cho mỗi mã hết hiệu lực, có relation và căn cứ",
            "add to a crosswalk at least one row for each retired code, with relation and source",
        ),
        _kind(
            23,
            "text-changed",
            "YYY",
            "patch",
            "đổi nhãn, bản dịch, mô tả hoặc cách đọc tệp",
            "label, translation, description or way of reading changed",
            "không cần làm gì thêm",
            "nothing to do",
        ),
        _kind(
            24,
            "key-added",
            "NYN",
            "major",
            "thêm khóa, tính duy nhất hoặc tham chiếu",
            "key, uniqueness or reference added",
            f"hãy bỏ ràng buộc mới, hoặc {_AS_MAJOR_VI}",
            f"leave the new constraint out, or {_AS_MAJOR_EN}",
        ),
        _kind(
            25,
            "key-dropped",
            "YNN",
            "major",
            "bỏ khóa, tính duy nhất hoặc tham chiếu",
            "key, uniqueness or reference dropped",
            f"hãy giữ ràng buộc cũ, hoặc {_AS_MAJOR_VI}: bên đọc đang dựa vào nó",
            f"keep the constraint, or {_AS_MAJOR_EN}: readers rely on it",
        ),
        _kind(
            26,
            "key-changed",
            "NNN",
            "major",
            "đổi các cột của khóa chính",
            "columns of the primary key changed",
            f"hãy giữ khóa cũ, hoặc {_AS_MAJOR_VI}",
            f"keep the key, or {_AS_MAJOR_EN}",
        ),
        _kind(
            27,
            "quality-tightened",
            "NYN",
            "minor",
            "siết chặt ngưỡng chất lượng, độ mới hoặc mức nghiêm trọng",
            "quality threshold, freshness or severity tightened",
            "hãy giữ ngưỡng cũ tới hết thời gian chuyển tiếp đã báo cho cơ quan gửi, hoặc phát hành thành phiên bản chính mới",
            "keep the threshold until a grace date that the sender knows has passed, or release it as a new major version",
        ),
        _kind(
            28,
            "quality-loosened",
            "YNN",
            "major",
            "nới lỏng ngưỡng chất lượng, độ mới hoặc mức nghiêm trọng",
            "quality threshold, freshness or severity loosened",
            f"hãy giữ ngưỡng cũ, hoặc {_AS_MAJOR_VI}: bên đọc đang dựa vào nó",
            f"keep the threshold, or {_AS_MAJOR_EN}: readers rely on it",
        ),
        _kind(
            29,
            "concept-version-changed",
            "CCC",
            "patch",
            "chuyển cột sang phiên bản khác của khái niệm; chịu kết quả xấu nhất của khái niệm",
            "column bound to another version of its concept; it inherits the concept's worst result",
            "hãy giữ phiên bản khái niệm cũ, hoặc xử lý các thay đổi của khái niệm liệt kê kèm theo",
            "keep the former version of the concept, or deal with the concept's changes listed with this one",
        ),
        _kind(
            30,
            "concept-changed",
            "CCC",
            "major",
            "chuyển cột sang khái niệm khác",
            "column bound to another concept",
            f"hãy khai báo same_as giữa hai khái niệm nếu cùng nghĩa, thêm một cột mới, hoặc {_AS_MAJOR_VI}",
            f"declare same_as between the two concepts if they mean the same, add a new column, or {_AS_MAJOR_EN}",
        ),
        _kind(
            31,
            "classification-raised",
            "YNN",
            "major",
            "nâng mức phân loại (thu hẹp phạm vi chia sẻ)",
            "classification raised (data travel less far)",
            f"cần ý kiến của bộ phận bảo vệ dữ liệu và thu hồi bản dữ liệu mở; {_AS_MAJOR_VI}",
            f"needs approval by data protection and takes open distributions back; {_AS_MAJOR_EN}",
        ),
        _kind(
            32,
            "classification-lowered",
            "CCC",
            "never",
            "hạ mức phân loại (mở rộng phạm vi chia sẻ)",
            "classification lowered (data travel further)",
            "không bao giờ tự động: cần hai người có thẩm quyền phê duyệt, rồi lập chủ thể mới với mức phân loại mới",
            "never automatic: two authorised persons must approve; then a new subject bears the new classification",
        ),
        _kind(
            33,
            "subject-changed",
            "NNN",
            "never",
            "đổi mã định danh, cơ quan hoặc lĩnh vực",
            "identifier, agency or domain changed",
            "hãy lập một chủ thể mới và chuyển hướng từ chủ thể cũ",
            "make a new subject and redirect from the old one",
        ),
    )
}
