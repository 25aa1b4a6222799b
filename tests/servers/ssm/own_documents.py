# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documents of one's own: versions, the default one, sharing (operations.md, 7)."""

from __future__ import annotations

import hashlib
import json
import typing as t

import yaml

from . import runbook_rules
from .document_content import parameters_of, platforms_of
from .errors import SSMError, invalid
from .paging import page
from .state import Region, Resource, only
from .tags import check_tags

LARGEST = 64 * 1024
QUOTA = 500
VERSIONS = 1000
SHARED = 1000  # accounts for each document
RESERVED = ("aws", "amazon", "amzn", "awsec2", "awsconfigremediation", "awssupport")
SCHEMAS = {"Command": ("1.2", "2.0", "2.2"), "Automation": ("0.3",), "Session": ("1.0",)}
DESCRIBED = ("Name", "DocumentType", "TargetType", "Owner", "CreatedDate", "Status")
SHOWN = ("DocumentVersion", "VersionName", "DocumentFormat", "Hash", "HashType")


def missing(name: str) -> SSMError:
    return SSMError("InvalidDocument", f"Document with name {name} does not exist.")


def _find(region: Region, request: Resource) -> Resource:
    if request["Name"] not in region.documents:
        raise missing(request["Name"])
    return region.documents[request["Name"]]


def _version(document: Resource, request: Resource) -> Resource:
    """The one that is named, else the default; a number, $LATEST, $DEFAULT, or the name of a version."""
    named = request.get("DocumentVersion", "$DEFAULT")
    number = {"$DEFAULT": document["DefaultVersion"], "$LATEST": document["Versions"][-1]["DocumentVersion"]}.get(
        named, named
    )
    for one in document["Versions"]:
        if request.get("VersionName") in (None, one.get("VersionName")) and (
            "VersionName" in request or one["DocumentVersion"] == number
        ):
            return one
    raise SSMError("InvalidDocumentVersion", f"Document version {request.get('VersionName', number)} does not exist")


def active_content(region: Region, name: str, version: str, kind: str) -> Resource:
    """What a version of a document of this type says, which can be run. Raises InvalidDocument or ...Version."""
    document = _find(region, {"Name": name})
    if document["DocumentType"] != kind:
        raise SSMError("InvalidDocument", f"Document {name} is of type {document['DocumentType']}, not {kind}")
    if document["Status"] == "Creating":
        raise SSMError("InvalidDocument", f"Document {name} is {document['Status']}")
    one = _version(document, {"DocumentVersion": version})
    return _parsed(one, kind, one["DocumentFormat"])


def _parsed(request: Resource, kind: str, form: str) -> t.Any:
    if len(request["Content"].encode()) > LARGEST:
        raise SSMError("MaxDocumentSizeExceeded", "The size limit of a document is 64 KB.")
    if form == "TEXT":
        return request["Content"]
    try:
        content = json.loads(request["Content"]) if form == "JSON" else yaml.safe_load(request["Content"])
    except (ValueError, yaml.YAMLError) as error:
        raise SSMError("InvalidDocumentContent", f"{form} not well-formed") from error
    if not isinstance(content, dict):
        raise SSMError("InvalidDocumentContent", f"{form} not well-formed")
    if kind in SCHEMAS and str(content.get("schemaVersion")) not in SCHEMAS[kind]:
        raise SSMError(
            "InvalidDocumentSchemaVersion", f"{content.get('schemaVersion')} is no schema of {kind} documents"
        )
    wrong = runbook_rules.problems(content) if kind == "Automation" else []
    if wrong:
        raise SSMError("InvalidDocumentContent", "; ".join(wrong))
    return content


def _made(region: Region, document: Resource, request: Resource) -> Resource:
    form = request.get("DocumentFormat", "JSON")
    _parsed(request, document["DocumentType"], form)
    name = request.get("VersionName")
    return {
        "DocumentVersion": str(len(document["Versions"]) + 1),
        **({"VersionName": name} if name else {}),
        "DocumentFormat": form,
        "Content": request["Content"],
        "Hash": hashlib.sha256(request["Content"].encode()).hexdigest(),
        "HashType": "Sha256",
        "CreatedDate": region.now,
    }


def create_document(region: Region, request: Resource) -> Resource:
    """It is Creating until it was described as often as the simulation says."""
    name = request["Name"]
    if name.lower().startswith(RESERVED):
        raise invalid(f"Document name {name} begins as those of AWS do")
    if name in region.documents:
        raise SSMError("DocumentAlreadyExists", f"Document with same name {name} already exists")
    if len(region.documents) >= QUOTA:
        raise SSMError("DocumentLimitExceeded", f"There may be {QUOTA} documents")
    document = {
        "Name": name,
        "DocumentType": request.get("DocumentType", "Command"),
        **only(request, "TargetType"),
        "Owner": region.account,
        "CreatedDate": region.now,
        "Versions": [],
        "DefaultVersion": "1",
        "Accounts": [],
        "Status": "Creating",
        "Polls": region.simulation.unseen_polls,
    }
    document["Versions"].append(_made(region, document, request))
    region.tags["Document", name] = check_tags({}, request.get("Tags", []))
    region.documents[name] = document
    return {"DocumentDescription": _described(document, document["Versions"][0])}


def _described(document: Resource, version: Resource) -> Resource:
    return {
        **only(document, *DESCRIBED),
        **only(version, *SHOWN),
        "DefaultVersion": document["DefaultVersion"],
        "LatestVersion": document["Versions"][-1]["DocumentVersion"],
        **_told_by_content(document, version),
    }


def _told_by_content(document: Resource, version: Resource) -> Resource:
    if version["DocumentFormat"] == "TEXT":
        return {}
    content = _parsed(version, document["DocumentType"], version["DocumentFormat"])
    told = {
        "Description": content.get("description"),
        "SchemaVersion": content.get("schemaVersion"),
        "Parameters": [one.described() for one in parameters_of(content).values()],
        "PlatformTypes": platforms_of(content) if document["DocumentType"] == "Command" else [],
    }
    return {name: value for name, value in told.items() if value}


def update_document(region: Region, request: Resource) -> Resource:
    """A new version, which is not the default one, made of the latest alone."""
    document = _find(region, request)
    latest = document["Versions"][-1]
    if request.get("DocumentVersion", latest["DocumentVersion"]) not in ("$LATEST", latest["DocumentVersion"]):
        raise SSMError("InvalidDocumentVersion", "The document version is not valid or does not exist")
    if request["Content"] in [one["Content"] for one in document["Versions"]]:
        raise SSMError("DuplicateDocumentContent", "Duplicate document content.")
    if request.get("VersionName") and request["VersionName"] in [
        one.get("VersionName") for one in document["Versions"]
    ]:
        raise SSMError("DuplicateDocumentVersionName", f"Version name {request['VersionName']} exists already")
    if len(document["Versions"]) >= VERSIONS:
        raise SSMError("DocumentVersionLimitExceeded", f"A document may have {VERSIONS} versions")
    made = _made(region, document, request)
    document["Versions"].append(made)
    document.update(only(request, "TargetType"))
    document.update(Status="Updating", Polls=region.simulation.unseen_polls)
    return {"DocumentDescription": _described(document, made)}


def update_document_default_version(region: Region, request: Resource) -> Resource:
    document = _find(region, request)
    version = _version(document, request)
    if document["Status"] != "Active":
        raise SSMError("InvalidDocument", f"Document {request['Name']} is {document['Status']}")
    document["DefaultVersion"] = version["DocumentVersion"]
    described = {"Name": request["Name"], "DefaultVersion": version["DocumentVersion"]}
    return {"Description": described}


def describe_document(region: Region, request: Resource) -> Resource:
    document = _find(region, request)
    if document["Polls"] > 0:
        document["Polls"] -= 1
    else:
        document["Status"] = "Active"
    return {"Document": _described(document, _version(document, request))}


def get_document(region: Region, request: Resource) -> Resource:
    """In the format that is asked for, JSON where none is; in the stored one it is text as it was given."""
    document = _find(region, request)
    version = _version(document, request)
    asked = request.get("DocumentFormat", "TEXT" if version["DocumentFormat"] == "TEXT" else "JSON")
    content = version["Content"]
    if asked != version["DocumentFormat"]:
        parsed = _parsed(version, document["DocumentType"], version["DocumentFormat"])
        content = json.dumps(parsed, indent=2) if asked == "JSON" else yaml.safe_dump(parsed, sort_keys=False)
    return {
        **only(document, "Name", "DocumentType", "Status"),
        **only(version, "DocumentVersion", "VersionName", "CreatedDate"),
        "DocumentFormat": asked,
        "Content": content,
    }


def list_documents(region: Region, request: Resource) -> Resource:
    """Filters: Owner, Name, DocumentType."""
    tests = {
        "Owner": lambda one, values: "Self" in values or one["Owner"] in values,
        "Name": lambda one, values: one["Name"] in values,
        "DocumentType": lambda one, values: one["DocumentType"] in values,
    }
    rows = list(region.documents.values())
    for asked in request.get("Filters", []):
        if asked["Key"] not in tests:
            raise SSMError("InvalidFilterKey", f"{asked['Key']} is no filter key of ListDocuments")
        rows = [one for one in rows if tests[asked["Key"]](one, asked["Values"])]
    shown = [
        {
            **only(one, "Name", "DocumentType", "TargetType", "Owner", "CreatedDate"),
            **only(_version(one, {}), "DocumentVersion", "VersionName", "DocumentFormat"),
        }
        for one in rows
    ]
    return page(shown, request, "DocumentIdentifiers", region.pages)


def list_document_versions(region: Region, request: Resource) -> Resource:
    document = _find(region, request)
    rows = [
        {
            "Name": document["Name"],
            **only(one, "DocumentVersion", "VersionName", "CreatedDate", "DocumentFormat"),
            "IsDefaultVersion": one["DocumentVersion"] == document["DefaultVersion"],
            "Status": "Active",
        }
        for one in reversed(document["Versions"])
    ]
    return page(rows, request, "DocumentVersions", region.pages)


def delete_document(region: Region, request: Resource) -> Resource:
    """A whole document. One that is shared cannot be deleted."""
    document = _find(region, request)
    if document["Accounts"]:
        raise SSMError("InvalidDocumentOperation", "Must unshare document first before deleting")
    del region.documents[request["Name"]]
    region.tags.pop(("Document", request["Name"]), None)
    return {}


def modify_document_permission(region: Region, request: Resource) -> Resource:
    document = _find(region, request)
    added, removed = request.get("AccountIdsToAdd", []), request.get("AccountIdsToRemove", [])
    kept = [one for one in document["Accounts"] if one not in removed]
    document["Accounts"] = list(dict.fromkeys([*kept, *added]))
    if len(document["Accounts"]) > SHARED:
        raise SSMError("DocumentPermissionLimit", f"A document may be shared with {SHARED} accounts")
    return {}


def describe_document_permission(region: Region, request: Resource) -> Resource:
    document = _find(region, request)
    shared = [{"AccountId": one, "SharedDocumentVersion": "$DEFAULT"} for one in document["Accounts"]]
    answer = page(shared, request, "AccountSharingInfoList", region.pages)
    return {**answer, "AccountIds": [one["AccountId"] for one in answer["AccountSharingInfoList"]]}
