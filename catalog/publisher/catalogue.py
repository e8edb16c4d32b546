"""The catalogue as the publisher sees it: one dataset per contract, changed by one call."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from blueprint import Bilingual, Contract
from catalog.publisher.errors import CatalogueDown, CatalogueRefused
from catalog.publisher.files import PublishedFile
from lake import Version

_TIMEOUT = 60
SIMULATED_SOURCE = Bilingual(
    vi="Dữ liệu mô phỏng do trình mô phỏng cơ quan của nền tảng sinh ra; không phải số liệu thật.",
    en="Simulated data made by the platform's agency simulator; these are not real figures.",
)


@dataclass(frozen=True)
class Publication:
    """Where a version can be seen, and whether anything had to be sent."""

    url: str
    changed: bool


class Catalogue:
    """A running catalogue at ``url``; ``token_file`` holds the API token of the publisher."""

    def __init__(self, url: str, token_file: Path) -> None:
        self.url = url.rstrip("/")
        self.token_file = token_file

    def require(self) -> None:
        """Raise CatalogueDown unless the catalogue answers and takes the publisher's token."""
        self._call("status_show")
        self._token()

    def publish(
        self,
        contract: Contract,
        version: Version,
        files: tuple[PublishedFile, ...],
        notices: Sequence[Mapping[str, Any]] = (),
    ) -> Publication:
        """Show ``version`` as the dataset's current one. Sends nothing when the catalogue already shows exactly this.

        ``notices`` are the breaking changes that were announced for it, as the index of its versions names them.

        Raises:
            CatalogueDown, CatalogueRefused: the version that was published before stays as it is.
        """
        wanted = package(contract, version, files, notices)
        page = self.page(contract.dataset)
        present = self._call("package_show", missing_ok=True, id=contract.dataset)
        if present is not None and _same(present, wanted):
            return Publication(page, changed=False)
        if present is None:
            self._call("package_create", **wanted)
        else:
            ids = {r["name"]: r["id"] for r in present["resources"]}
            resources = [{**r, "id": ids[r["name"]]} if r["name"] in ids else r for r in wanted["resources"]]
            self._call("package_update", **{**wanted, "id": present["id"], "resources": resources})
        return Publication(page, changed=True)

    def withdraw(self, dataset: str) -> bool:
        """Take the entry of ``dataset`` out of the pages, the search and the API; returns whether it was there.

        The entry keeps its id and those of its files, and ``publish`` brings it back.

        Raises:
            CatalogueDown, CatalogueRefused: the entry stays as it is.
        """
        present = self._call("package_show", missing_ok=True, id=dataset)
        if present is None or present["state"] != "active":
            return False
        self._call("package_delete", id=dataset)
        return True

    def page(self, dataset: str) -> str:
        """The address of the page of ``dataset``."""
        return f"{self.url}/dataset/{dataset}"

    def shown(self, dataset: str) -> frozenset[str]:
        """The ids of the versions that the catalogue's entry of ``dataset`` names; none where it has no entry.

        Raises:
            CatalogueDown, CatalogueRefused: it does not say.
        """
        entry = self._call("package_show", missing_ok=True, id=dataset)
        if entry is None:
            return frozenset()
        named = [str(extra["value"]) for extra in entry["extras"] if extra["key"] == "hanoi_version"]
        addresses = (str(resource["url"]).rpartition(f"/data/{dataset}/")[2] for resource in entry["resources"])
        return frozenset([*named, *(address.partition(".")[0] for address in addresses)])

    def _call(self, action: str, *, missing_ok: bool = False, **data: Any) -> Any:
        import requests
        from ckanapi import RemoteCKAN
        from ckanapi.errors import CKANAPIError, NotAuthorized, NotFound, ValidationError

        token = self._token() if action != "status_show" else None
        try:
            with RemoteCKAN(self.url, apikey=token, user_agent="hanoi-cloud-publisher") as ckan:
                return ckan.call_action(action, data, requests_kwargs={"timeout": _TIMEOUT})
        except NotFound:
            if missing_ok:
                return None
            raise
        except (requests.ConnectionError, requests.Timeout) as error:
            raise CatalogueDown(
                f"Không có cổng dữ liệu nào trả lời tại {self.url}. Hãy khởi động bằng lệnh: hanoi up --without-airflow; rồi chạy lại.",
                f"No catalogue answers at {self.url}. Start it with: hanoi up --without-airflow; then run again.",
            ) from error
        except (NotAuthorized, ValidationError, CKANAPIError) as error:
            raise CatalogueRefused(
                f"Cổng dữ liệu tại {self.url} từ chối {action}: {_reason(error)}",
                f"The catalogue at {self.url} refused {action}: {_reason(error)}",
            ) from error

    def _token(self) -> str:
        try:
            return self.token_file.read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            raise CatalogueDown(
                f"Chưa có khóa API của cổng dữ liệu ({self.token_file}). Hãy khởi động bằng lệnh: hanoi up --without-airflow.",
                f"There is no API token of the catalogue yet ({self.token_file}). Start it with: hanoi up --without-airflow.",
            ) from None


def package(
    contract: Contract,
    version: Version,
    files: tuple[PublishedFile, ...],
    notices: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """The catalogue's entry for ``version``, in the field names of CKAN."""
    source = SIMULATED_SOURCE if version.simulated else contract.source_note
    flaws = (SIMULATED_SOURCE,) if version.simulated else contract.known_flaws
    start, end = contract.temporal or (None, None)
    extras = {
        "title_en": contract.title.en,
        "notes_en": contract.description.en,
        "hanoi_version": version.id,
        "hanoi_version_number": version.number,
        "hanoi_contract": version.contract,
        "hanoi_delivery": version.delivery,
        "hanoi_rows": version.rows,
        "hanoi_rows_quarantined": version.rows_quarantined,
        "hanoi_gate": version.gate,
        "hanoi_committed_at": version.committed_at.isoformat(timespec="seconds"),
        "hanoi_simulated": "true" if version.simulated else "false",
        "hanoi_content_hash": version.content_hash,
        "frequency": contract.frequency,
        "theme": contract.theme,
        "source_vi": source.vi,
        "source_en": source.en,
        "known_flaws": json.dumps([f.model_dump() for f in flaws], ensure_ascii=False),
        "hanoi_notices": json.dumps(list(notices), ensure_ascii=False) if notices else "",
        "temporal_from": start.isoformat() if start else "",
        "temporal_to": end.isoformat() if end else "",
        "spatial_text": contract.spatial,
    }
    keywords = dict.fromkeys((*contract.keywords.get("vi", ()), *contract.keywords.get("en", ())))
    return {
        "name": contract.dataset,
        "title": contract.title.vi,
        "notes": contract.description.vi,
        "owner_org": contract.agency,
        "license_id": contract.licence,
        "private": False,
        "state": "active",
        "tags": [{"name": word} for word in keywords],
        "extras": [{"key": k, "value": str(v)} for k, v in extras.items() if str(v)],
        "resources": [
            {
                "name": f.name,
                "format": f.format,
                "mimetype": f.media_type,
                "url": f.url,
                "size": f.bytes,
                "hash": f.sha256,
            }
            for f in files
        ],
    }


def _same(present: dict[str, Any], wanted: dict[str, Any]) -> bool:
    """Whether the catalogue already shows ``wanted``; fields that the catalogue adds by itself do not count."""
    plain = all(present.get(k) == wanted[k] for k in ("name", "title", "notes", "license_id", "private", "state"))
    organisation = (present.get("organization") or {}).get("name") == wanted["owner_org"]
    tags = {t["name"] for t in present["tags"]} == {t["name"] for t in wanted["tags"]}
    extras = {e["key"]: e["value"] for e in present["extras"]} == {e["key"]: e["value"] for e in wanted["extras"]}
    hashes = [(r["name"], r["hash"]) for r in present["resources"]] == [
        (r["name"], r["hash"]) for r in wanted["resources"]
    ]
    return plain and organisation and tags and extras and hashes


def _reason(error: BaseException) -> str:
    detail = getattr(error, "error_dict", None) or getattr(error, "extra_msg", None) or str(error)
    return json.dumps(detail, ensure_ascii=False, default=str) if isinstance(detail, dict) else str(detail)
