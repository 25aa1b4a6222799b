# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Documents of one's own, such as runbooks: versions, and with whom they are shared."""

from __future__ import annotations

import json
import re
import typing as t

from .._schedule.errors import ScheduleError
from . import tags
from .api import SSMError
from .change import Change, Resource, ResourceError, settle
from .reading import Reader, shown, together

TYPE = "Document"
TYPES = ("Command", "Automation", "Session", "Policy", "ChangeCalendar", "ApplicationConfiguration")
FORMATS = ("JSON", "TEXT")  # that are written; those in YAML are read
NAME = re.compile(r"(?!aws|amazon|amzn)[a-zA-Z0-9_\-.]{3,128}\Z", re.IGNORECASE)
TARGET_TYPE = re.compile(r"/[\w.\-:/]{0,199}\Z")
ACCOUNT = re.compile(r"([0-9]{12}|all)\Z")
LARGEST = 64 * 1024
MEMBERS = (
    "name",
    "document_type",
    "document_format",
    "target_type",
    "content",
    "default_version",
    "shared_with",
    "tags",
)
DEFAULTS: Resource = {"document_type": "Command", "shared_with": [], "tags": {}}
AT_ONCE = 20  # accounts in one call of ModifyDocumentPermission
# Members that make no difference: `version` is the one whose content was read.
ASSIGNED = ("version", "latest_version", "owner", "created_date")
EXISTS = "DocumentAlreadyExists"
DUPLICATE = "DuplicateDocumentContent"


def from_api(described: Resource, content: str, accounts: t.Sequence[str], tag_list: tags.Tags) -> Resource:
    """Answers of DescribeDocument and GetDocument in the form that users write, the content parsed."""
    document_format = described.get("DocumentFormat", "JSON")
    resource: Resource = {
        "name": described["Name"],
        "document_type": described["DocumentType"],
        "document_format": document_format,
        "content": content if document_format == "TEXT" else json.loads(content),
        "default_version": described["DefaultVersion"],
        "latest_version": described["LatestVersion"],
        "shared_with": sorted(accounts),
        "tags": tag_list,
        "owner": described["Owner"],
        "created_date": described["CreatedDate"].isoformat(),
    }
    if described.get("TargetType"):
        resource["target_type"] = described["TargetType"]
    return resource


class Wish(t.NamedTuple):
    """What becomes of what is there and was not given."""

    default: bool = True  # the version with this content is the default one
    tags: bool = True
    shared_with: bool = True


def plan(before: t.Optional[Resource], options: Resource, wish: Wish, path: str = "document") -> Change:
    """What `options` ask of a document. None keeps what is. Other content is a new version.

    Raises ScheduleError with all that is wrong, ResourceError for what cannot be changed.
    """
    given = {name: value for name, value in options.items() if value is not None and name in MEMBERS}
    kept = {name: value for name, value in (before or {}).items() if name in MEMBERS}
    if "content" in given:  # it has a format of its own
        kept.pop("document_format", None)
    merged = {**DEFAULTS, **kept, **given}
    merged["tags"] = tags.wanted(kept.get("tags", {}), given.get("tags"), wish.tags)
    if not wish.shared_with and isinstance(merged["shared_with"], list):
        merged["shared_with"] = [*kept.get("shared_with", []), *merged["shared_with"]]
    reader = Reader(path)
    with together(ScheduleError, tags.reserved(kept.get("tags", {}), given.get("tags"), path)):
        after = declared(merged, reader)
    if before is None:
        return Change(None, {**after, "default_version": "1"}, ASSIGNED)
    if after["document_type"] != before["document_type"]:
        raise ResourceError(
            "Document %s is of type %s, which cannot be changed to %s: delete it first, or use another name"
            % (before["name"], before["document_type"], after["document_type"])
        )
    change = settle(before, after, comparable)
    if change.altered("target_type") and not change.altered("content"):
        raise ResourceError(
            "target_type: AWS changes that of document %s with a new version alone: change the content too"
            % before["name"]
        )
    return _with_version(change, wish)


def _with_version(change: Change, wish: Wish) -> Change:
    """The same content in another format is no change; another one is a new version."""
    before = change.before or {}
    after = {**(change.after or {}), **{name: before[name] for name in ASSIGNED}}
    if not change.altered("content"):
        after["document_format"] = before["document_format"]
        version = before["version"] if wish.default else before["default_version"]
    else:
        version = str(int(before["latest_version"]) + 1) if wish.default else before["default_version"]
    return Change(before, {**after, "default_version": version}, ASSIGNED)


def refuse(options: Resource, path: str = "document") -> None:
    """Raise ScheduleError for all that is wrong with the options whatever the document is like now."""
    given = {name: value for name, value in options.items() if value is not None and name in MEMBERS}
    declared({**DEFAULTS, "content": {"any": "content"}, **given}, Reader(path))


def declared(written: Resource, reader: Reader) -> Resource:
    """A whole document, its content parsed."""
    resource: Resource = {"name": reader.matching("name", written.get("name"), NAME, NAMES)}
    resource["document_type"] = reader.choice("document_type", written["document_type"], TYPES)
    if written.get("content") in (None, ""):
        reader.problem("content", "is missing")
    else:
        resource["document_format"], resource["content"] = _parsed(reader, written)
    if written.get("target_type"):
        resource["target_type"] = reader.matching("target_type", written["target_type"], TARGET_TYPE, TARGET_TYPES)
    accounts = reader.texts("shared_with", written["shared_with"], 1000)
    for index, account in enumerate(accounts):
        reader.matching("shared_with[%d]" % index, account, ACCOUNT, "an account of 12 digits, or all")
    resource["shared_with"] = sorted(set(accounts))
    resource["tags"] = reader.tags(written["tags"])
    reader.finish()
    return resource


NAMES = "3 to 128 of letters, digits, _ - ., and not beginning with aws, amazon or amzn"
TARGET_TYPES = "/ and a type of resource of CloudFormation, such as /AWS::EC2::Instance"


def _parsed(reader: Reader, written: Resource) -> t.Tuple[str, t.Any]:
    content = written["content"]
    if isinstance(content, dict):
        return "JSON", content
    if not isinstance(content, str):
        reader.problem("content", "must be a mapping or text, not %s", shown(content))
        return "JSON", {}
    if len(content.encode("utf-8")) > LARGEST:
        reader.problem("content", "must have %d bytes at most, not %d", LARGEST, len(content.encode("utf-8")))
    if written.get("document_format") == "TEXT":
        return "TEXT", content
    try:
        parsed = json.loads(content)
    except ValueError:
        parsed = None
    if not isinstance(parsed, dict):
        reader.problem("content", "is no mapping in JSON; YAML becomes a mapping with the filter from_yaml")
        parsed = {}
    return "JSON", parsed


def comparable(member: str, value: t.Any) -> t.Any:
    """Content by what it says: AWS converts between formats, which makes text of numbers and the other way round."""
    if member == "content":
        return _comparable_content(value)
    return value


def _comparable_content(value: t.Any) -> t.Any:
    if isinstance(value, dict):
        return {str(name): _comparable_content(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_comparable_content(inner) for inner in value]
    return str(value).lower() if isinstance(value, bool) else str(value)


def text(resource: Resource) -> str:
    """The content as it is stored."""
    if resource["document_format"] == "TEXT":
        return resource["content"]
    return json.dumps(resource["content"], indent=2)


def read(api: t.Any, name: str, version: str = "$DEFAULT") -> t.Optional[Resource]:
    """A document with the content of one version, which `version` is the number of."""
    described = api.find("describe document %s" % name, "describe_document", Name=name, DocumentVersion=version)
    if described is None:
        return None
    asked = {"Name": name, "DocumentVersion": version}
    if described["Document"].get("DocumentFormat") != "TEXT":
        asked["DocumentFormat"] = "JSON"
    answer = api.ask("get document %s" % name, "get_document", **asked)
    resource = from_api(described["Document"], answer["Content"], accounts(api, name), tags.read(api, TYPE, name))
    return {**resource, "version": answer["DocumentVersion"]}


def accounts(api: t.Any, name: str) -> t.List[str]:
    """With whom it is shared. DescribeDocumentPermission has pages, and botocore no paginator for it."""
    doing = "read with whom document %s is shared" % name
    return list(api.each(doing, "describe_document_permission", "AccountIds", Name=name, PermissionType="Share"))


def apply(
    api: t.Any, change: Change, version_name: t.Optional[str], wait: t.Callable[[t.Callable[[], bool]], bool]
) -> None:
    """Make the change. `wait` repeats a look until it is true, and is false where that took too long."""
    before, after = change.before, change.after
    if after is None:
        if before:
            _share(api, before["name"], [], before["shared_with"])
            api.remove("delete document %s" % before["name"], "delete_document", Name=before["name"])
        return
    if before is None:
        _create(api, after, version_name)
        _settle_down(api, after["name"], wait)
    elif change.altered("content"):
        version = _update(api, after, version_name)
        _settle_down(api, after["name"], wait)
        if after["default_version"] != before["default_version"]:
            _make_default(api, after["name"], version)
    elif change.altered("default_version"):
        _make_default(api, after["name"], after["default_version"])
    shared = (before or {}).get("shared_with", [])
    added = [one for one in after["shared_with"] if one not in shared]
    _share(api, after["name"], added, [one for one in shared if one not in after["shared_with"]])
    if before:
        tags.apply(api, TYPE, after["name"], change)


def _request(after: Resource, version_name: t.Optional[str]) -> Resource:
    request = {"Name": after["name"], "Content": text(after), "DocumentFormat": after["document_format"]}
    if "target_type" in after:
        request["TargetType"] = after["target_type"]
    if version_name:
        request["VersionName"] = version_name
    return request


def _create(api: t.Any, after: Resource, version_name: t.Optional[str]) -> None:
    """The call has no client token: the try after one whose answer was lost finds what that one made."""
    request = {**_request(after, version_name), "DocumentType": after["document_type"]}
    if after["tags"]:
        request["Tags"] = tags.to_api(after["tags"])
    doing = "create document %s" % after["name"]
    try:
        api.change(doing, "create_document", **request)
    except SSMError as error:
        if error.code != EXISTS or not _is_as_created(read(api, after["name"]), after):
            raise
        api.changes.append(doing)


def _is_as_created(found: t.Optional[Resource], after: Resource) -> bool:
    """Whether it is what CreateDocument makes of `after`. Sharing comes later."""
    same = ("document_type", "document_format", "target_type", "tags", "content")
    return found is not None and all(
        comparable(member, found.get(member)) == comparable(member, after.get(member)) for member in same
    )


def _update(api: t.Any, after: Resource, version_name: t.Optional[str]) -> str:
    """The version that has this content: a new one, or one before that has it already."""
    doing = "make a new version of document %s" % after["name"]
    request = {**_request(after, version_name), "DocumentVersion": "$LATEST"}
    answer = api.change_unless(DUPLICATE, doing, "update_document", **request)
    if answer:
        return answer["DocumentDescription"]["DocumentVersion"]
    doing = "list versions of document %s" % after["name"]
    rows = api.rows(doing, "list_document_versions", "DocumentVersions", Name=after["name"])
    for row in rows:
        found = read(api, after["name"], row["DocumentVersion"])
        if found and comparable("content", found["content"]) == comparable("content", after["content"]):
            return row["DocumentVersion"]
    raise ResourceError(
        "Document %s: AWS says that another version has this content already, but none is found" % after["name"]
    )


def _settle_down(api: t.Any, name: str, wait: t.Callable[[t.Callable[[], bool]], bool]) -> None:
    """Until it is Active nothing can use it."""

    def active() -> bool:
        answer = api.ask("describe document %s" % name, "describe_document", Name=name, DocumentVersion="$LATEST")
        document = answer["Document"]
        if document["Status"] == "Failed":
            words = "Document %s failed: %s" % (name, document.get("StatusInformation", "AWS does not say why"))
            raise ResourceError(words)
        return document["Status"] == "Active"

    if not wait(active):
        raise ResourceError(
            "Document %s did not become Active in time: run this again, or give a longer wait_timeout" % name
        )


def _make_default(api: t.Any, name: str, version: str) -> None:
    doing = "make version %s the default of document %s" % (version, name)
    api.change(doing, "update_document_default_version", Name=name, DocumentVersion=version)


def _share(api: t.Any, name: str, added: t.Sequence[str], removed: t.Sequence[str]) -> None:
    for member, who, doing in (
        ("AccountIdsToAdd", added, "share document %s with %s"),
        ("AccountIdsToRemove", removed, "no longer share document %s with %s"),
    ):
        for start in range(0, len(who), AT_ONCE):
            some = list(who[start : start + AT_ONCE])
            request = {"Name": name, "PermissionType": "Share", member: some}
            api.change(doing % (name, ", ".join(some)), "modify_document_permission", **request)


def listed(api: t.Any, document_type: t.Optional[str] = None) -> t.List[str]:
    """The names of one's own documents."""
    filters = [{"Key": "Owner", "Values": ["Self"]}]
    if document_type:
        filters.append({"Key": "DocumentType", "Values": [document_type]})
    rows = api.rows("list documents", "list_documents", "DocumentIdentifiers", Filters=filters)
    return sorted(row["Name"] for row in rows)
