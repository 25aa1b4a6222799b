# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. The script's answer as an inventory (schemas.INVENTORY); nothing is decided here."""

from __future__ import annotations

import datetime
import typing as t

from ...module_utils._engine.dates import parse_instant, text
from ...module_utils._engine.errors import InventoryError
from ...module_utils._engine.schemas import INVENTORY_SCHEMA
from ...module_utils._host.node import INSTANCE_ID, MI_ID, matching, registered_id
from . import categories, journal
from .hresult import described

Document = dict[str, t.Any]

SUCCEEDED, SUCCEEDED_WITH_ERRORS, FAILED, ABORTED = 2, 3, 4, 5  # OperationResultCode
INSTALLATION = 1  # UpdateOperation
EXCLUSIVE = 2  # InstallationImpact: the agent installs nothing when asked for it together with another
HIDDEN = "it is hidden in Windows Update"


def inventory(
    answer: Document, name: str, patch_group: str | None, source: str, captured_at: datetime.datetime, online: bool
) -> Document:
    """What the node has and could get. `source`: the server_selection that was asked for.

    Raises InventoryError when the agent could not be asked.
    """
    failure, code = answer["failure"], answer["result_code"]
    if failure is not None:
        raise InventoryError(
            f"the Windows Update Agent cannot search: {described(failure['hresult'], failure['message'])}"
        )
    if code in (FAILED, ABORTED):
        raise InventoryError(f"the search of the Windows Update Agent {'failed' if code == FAILED else 'was aborted'}")
    problems = [
        {"what": "search", "why": described(one["hresult"], one["message"])} for one in answer["search_warnings"]
    ]
    if code == SUCCEEDED_WITH_ERRORS and not problems:
        problems.append({"what": "search", "why": "the Windows Update Agent found no more than a part"})
    node = _node(answer, name, patch_group)
    wording = _Wording(answer["categories"], node["product"])
    attempts = _Attempts(answer["history"])
    live = journal.live(journal.read(answer["runs"], answer["runs_owner"]))
    updates = [_update(one, wording, attempts, live) for one in answer["updates"]]
    searched = captured_at if online else parse_instant(answer["last_search"])
    repository = _repository(answer, source, searched)
    return {
        "schema": INVENTORY_SCHEMA,
        "captured_at": text(captured_at),
        "node": node,
        "manager": "windows",
        "complete": not problems,
        "problems": problems,
        "warnings": [*_warnings(answer, node, source, online, searched), *wording.warnings()],
        "refreshed_at": repository["refreshed_at"],
        "boot_time": _instant(answer["boot_time"]),
        "reboot": _reboot(answer["reboot_pending"]),
        "repositories": {repository["id"]: repository},
        "updates": updates,
    }


def _node(answer: Document, name: str, patch_group: str | None) -> Document:
    registered = registered_id(answer["ssm_registration"] or "")
    instance_id, mi_id = matching(INSTANCE_ID, (registered,)), matching(MI_ID, (registered,))
    machine_id = (answer["machine_guid"] or "").replace("-", "").lower() or None
    build, revision = answer["build"], answer["update_build_revision"]
    return {
        "id": instance_id or mi_id or machine_id or name,
        "name": name,
        "machine_id": machine_id,
        "instance_id": instance_id,
        "mi_id": mi_id,
        "patch_group": patch_group,
        "operating_system": "WINDOWS",
        "product": categories.product_of_build(answer["installation_type"], build),
        "platform": {
            "name": answer["product_name"],
            "version": f"{build}.{revision}" if build and revision is not None else build,
            "architecture": answer["architecture"],
            "ip_address": None,
            "agent_version": None,
        },
    }


def _update(raw: Document, wording: _Wording, attempts: _Attempts, live: t.Container[str]) -> Document:
    kbs = [f"KB{number.upper().removeprefix('KB')}" for number in raw["kb_article_ids"] if number]
    family, product, patch_set = wording.product(raw)
    waiting = raw["reboot_required"] and attempts.installed_last(raw["id"])
    installed = raw["installed"] or waiting
    return {
        "id": raw["id"].lower(),
        "kb": kbs[0] if kbs else None,
        "kbs": kbs,
        "bulletin": raw["bulletin_ids"][0] if raw["bulletin_ids"] else None,
        "title": raw["title"],
        "patch_set": patch_set,
        "product_family": family,
        "product": product,
        "classification": wording.classification(raw),
        "msrc_severity": raw["msrc_severity"] or None,
        "release_date": _instant(raw["last_deployment_change_time"]),
        "cves": sorted(set(raw["cve_ids"])),
        "supersedes": [one.lower() for one in raw["superseded_update_ids"]],
        "installed": installed,
        "installed_time": attempts.installed_at(raw["id"]) if installed else None,
        "pending_reboot": waiting,
        "live": installed and raw["id"].lower() in live,
        "applicable": True,  # the agent tells of no other
        "optional": raw["browse_only"],
        "exclusive": raw["impact"] == EXCLUSIVE,
        "held": HIDDEN if raw["hidden"] and not installed else None,
        "failure": None if installed else attempts.failure(raw["id"]),
    }


class _Wording:
    """What the node's categories are to a baseline, and what of them has no known meaning."""

    def __init__(self, known: Document, node_product: str | None) -> None:
        self._categories = {identifier.lower(): category for identifier, category in known.items()}
        self._node_product = node_product
        self._strange: dict[str, int] = {}

    def warnings(self) -> list[str]:
        return [f"{what} ({count} update{'' if count == 1 else 's'})" for what, count in self._strange.items()]

    def classification(self, raw: Document) -> str | None:
        for identifier, category in self._of(raw, categories.CLASSIFICATION_TYPE):
            word = categories.CLASSIFICATIONS.get(identifier)
            if word is None:
                word = category["name"].replace(" ", "")
                self._note(f"classification {category['name']} ({identifier}) is none that Patch Manager knows")
            return word
        self._note("an update has no classification, so that only * selects it")
        return None

    def product(self, raw: Document) -> tuple[str | None, str | None, str | None]:
        """Family, product and patch set; of several products the node's own, else the first."""
        found = list(self._of(raw, categories.PRODUCT_TYPE))
        if not found:
            return self._by_title(raw)
        named = [(self._product(*one), self._family(raw, one[1])) for one in found]
        product, family = next((one for one in named if one[0] == self._node_product), named[0])
        if family is None:
            self._note(f"product {product} is of an unknown family; it counts as an application")
            return None, product, "APPLICATION"
        return family, product, "OS" if family == categories.WINDOWS else "APPLICATION"

    def _by_title(self, raw: Document) -> tuple[str | None, str | None, str | None]:
        """Cumulative updates come without a product at times."""
        product = categories.product_named(raw["title"])
        family = next((self._named(*one) for one in self._of(raw, categories.FAMILY_TYPE)), categories.WINDOWS)
        if family != categories.WINDOWS:
            return family, None, "APPLICATION"
        if product is None:
            self._note(f"update '{raw['title']}' names no product; it counts as one of the operating system")
        return family, product, "OS"

    def _product(self, identifier: str, category: Document) -> str:
        known = categories.PRODUCTS.get(identifier) or categories.product_named(category["name"])
        if known is None and self._family_of(category) == categories.WINDOWS:
            self._note(
                f"product {category['name']} ({identifier}) has no known short name; a filter has to give this one"
            )
        return known or category["name"]

    def _family(self, raw: Document, product: Document) -> str | None:
        own = self._family_of(product)
        if own is None and categories.product_named(product["name"]):
            own = categories.WINDOWS
        given = [self._named(*one) for one in self._of(raw, categories.FAMILY_TYPE)]
        return own or (given[0] if given else None)

    def _family_of(self, category: Document) -> str | None:
        """The nearest family above it."""
        seen = set()
        parent = (category["parent"] or "").lower()
        while parent in self._categories and parent not in seen:
            seen.add(parent)
            above = self._categories[parent]
            if above["type"] == categories.FAMILY_TYPE:
                return self._named(parent, above)
            parent = (above["parent"] or "").lower()
        return None

    def _named(self, identifier: str, family: Document) -> str:
        return categories.FAMILIES.get(identifier, family["name"])

    def _of(self, raw: Document, kind: str) -> t.Iterator[tuple[str, Document]]:
        for identifier in raw["category_ids"]:
            category = self._categories.get(identifier.lower())
            if category is not None and category["type"] == kind:
                yield identifier.lower(), category

    def _note(self, what: str) -> None:
        self._strange[what] = self._strange.get(what, 0) + 1


class _Attempts:
    """The agent's history, newest first: what was installed when, and what went wrong last."""

    def __init__(self, history: t.Sequence[Document]) -> None:
        self._by_update: dict[str, list[Document]] = {}
        for attempt in history:
            self._by_update.setdefault(attempt["id"].lower(), []).append(attempt)

    def installed_last(self, identifier: str) -> bool:
        """Whether the last that was done to it was no removal."""
        attempts = self._by_update.get(identifier.lower())
        return not attempts or attempts[0]["operation"] == INSTALLATION

    def installed_at(self, identifier: str) -> str | None:
        for attempt in self._by_update.get(identifier.lower(), ()):
            if attempt["operation"] == INSTALLATION and attempt["result_code"] in (SUCCEEDED, SUCCEEDED_WITH_ERRORS):
                return _instant(attempt["date"])
        return None

    def failure(self, identifier: str) -> str | None:
        for attempt in self._by_update.get(identifier.lower(), ())[:1]:
            if attempt["operation"] == INSTALLATION and attempt["result_code"] in (FAILED, ABORTED):
                word = "failed" if attempt["result_code"] == FAILED else "was aborted"
                why = f": {described(attempt['hresult'])}" if attempt["hresult"] else ""
                return f"its last installation {word} on {_instant(attempt['date']) or 'an unknown day'}{why}"
        return None


def _repository(answer: Document, source: str, searched: datetime.datetime | None) -> Document:
    managed = source == "managed_server" or (source == "default" and answer["uses_wsus"])
    name = "managed_server" if managed else "windows_update" if source == "default" else source
    return {
        "id": name,
        "uri": answer["wsus_server"] if managed else None,
        "refreshed_at": text(searched) if searched else None,
    }


def _warnings(
    answer: Document, node: Document, source: str, online: bool, searched: datetime.datetime | None
) -> t.Iterator[str]:
    if source == "managed_server" or (source == "default" and answer["uses_wsus"]):
        yield (
            f"updates come from the WSUS server {answer['wsus_server'] or '(none is configured)'}: a delay counts from"
            " the day that server offered an update, which can be later than Microsoft's"
        )
    if not online:
        yield f"the search was not online; it knows what the agent found on {text(searched) if searched else 'no day'}"
    if node["product"] is None:
        yield (
            f"build {answer['build'] or 'unknown'} ({answer['installation_type'] or 'of an unknown kind'}) is no"
            " product that this version of the collection knows"
        )
    if answer["boot_time"] is None:
        yield "the node does not tell when it was booted, so what was installed since cannot be told from the rest"


def _reboot(pending: Document) -> Document:
    reasons = {"windows_update": "Windows Update", "component_servicing": "Component Based Servicing"}
    asking = [words for name, words in reasons.items() if pending[name]]
    verb = "wait" if len(asking) > 1 else "waits"
    return {"required": bool(asking), "reason": f"{' and '.join(asking)} {verb} for a restart" if asking else None}


def _instant(written: str | None) -> str | None:
    """The agent's dates are UTC without a zone; what is none of our time (1899, 1601) is no date."""
    instant = parse_instant(written)
    return text(instant) if instant else None
