# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Files that override what patches are installed: made for one run, removed after it."""

from __future__ import annotations

import json
import re
import typing as t

from .._engine.errors import BaselineError, Problem, RunError
from .._engine.selection import Limits, check_limits
from . import patch_baseline_form
from .change import Resource

BUCKET = re.compile(r"[a-z0-9][a-z0-9.\-]{1,61}[a-z0-9]\Z")
# What neither the document nor a shell on the node reads as something else (operations.md, 5).
PREFIX = re.compile(r"[A-Za-z0-9_.\-/=]*\Z")
LONGEST_URL = 256


class File(t.NamedTuple):
    """What nodes read, and where: by `parameter` of the document."""

    parameter: str
    bucket: str
    key: str
    text: str
    warnings: t.Tuple[str, ...]  # what is legal in it but probably not meant

    @property
    def url(self) -> str:
        return "s3://%s/%s" % (self.bucket, self.key)


def declared(given: Resource, snapshot_id: str, problems: t.List[Problem]) -> t.Iterator[File]:
    """The files that options ask for; what is wrong is added to `problems`, or raised as BaselineError."""
    texts: t.Dict[str, t.Tuple[str, str, t.Tuple[str, ...]]] = {}
    if "baseline_override" in given:
        baselines = declared_baselines(given["baseline_override"])
        told = [text for index, one in enumerate(baselines) for text in patch_baseline_form.warnings(one, _path(index))]
        texts["BaselineOverride"] = ("baseline-override.json", baseline_text(baselines), tuple(told))
    if "install_override_list" in given:
        texts["InstallOverrideList"] = ("install-override-list.yml", list_text(given["install_override_list"]), ())
    bucket, prefix = given.get("override_s3_bucket_name"), given.get("override_s3_key_prefix", "")
    if texts and bucket is None:
        problems.append(Problem("override_s3_bucket_name", "is missing: the bucket that nodes read the override from"))
    if bucket is not None and not BUCKET.match(bucket):
        problems.append(Problem("override_s3_bucket_name", "'%.80s' is no name of a bucket" % bucket))
    if not PREFIX.match(prefix):
        problems.append(Problem("override_s3_key_prefix", "may hold letters, digits and _ . - / = only"))
    for parameter, (name, text, told) in texts.items():
        parts = [part for part in (prefix.strip("/"), snapshot_id, name) if part]
        file = File(parameter, bucket or "", "/".join(parts), text, told)
        if len(file.url) > LONGEST_URL:
            words = "makes an address of %d characters, %s; %d are allowed"
            problems.append(Problem("override_s3_key_prefix", words % (len(file.url), file.url, LONGEST_URL)))
        yield file


def declared_baselines(written: t.Any) -> t.List[Resource]:
    """Whole baselines of AWS, one for each operating system. Raises BaselineError with all that is wrong."""
    if not isinstance(written, list) or not written:
        raise BaselineError([Problem("baseline_override", "must be a list of baselines, one or more")])
    problems: t.List[Problem] = []
    found: t.Dict[str, Resource] = {}
    for index, one in enumerate(written):
        try:
            baseline = patch_baseline_form.declared(_named(one, _path(index)), _path(index))
        except BaselineError as error:
            problems += error.problems
            continue
        system = baseline["operating_system"]
        if system in found:
            words = "is the second one for %s; there may be one for each operating system"
            problems.append(Problem(_path(index) + ".operating_system", words % system))
        found[system] = baseline
    if problems:
        raise BaselineError(problems)
    return list(found.values())


def _path(index: int) -> str:
    return "baseline_override[%d]" % index


def _named(written: t.Any, path: str) -> Resource:
    """Its name means nothing here, and need not be given."""
    if not isinstance(written, dict):
        raise BaselineError([Problem(path, "must be a mapping, not %.80r" % (written,))])
    return written if {"name", "Name"} & set(written) else {"name": "override", **written}


def baseline_text(baselines: t.Sequence[Resource]) -> str:
    """A JSON array of baselines as GetPatchBaseline answers them."""
    entries = [{"OperatingSystem": one["operating_system"], **patch_baseline_form.to_api(one)} for one in baselines]
    return json.dumps(entries, indent=1, sort_keys=True)


def list_text(written: t.Any) -> str:
    """The YAML that package-name-formats.md, section 3, describes. Raises BaselineError with what is wrong."""
    path = "install_override_list"
    if not isinstance(written, list) or not written or not all(isinstance(one, dict) for one in written):
        raise BaselineError([Problem(path, "must be a list of mappings with an id, one or more")])
    try:
        check_limits(Limits(override_list=written))
    except RunError as error:
        where, _colon, why = str(error).partition(": ")
        raise BaselineError([Problem(where, why)]) from error
    lines = ["patches:"]
    for one in written:
        lines.append("  - id: %s" % _quoted(one["id"]))
        if one.get("title"):
            lines.append("    title: %s" % _quoted(one["title"]))
    return "\n".join([*lines, ""])


def _quoted(text: str) -> str:
    """In YAML's double quotes, which are JSON's: no text is anything else then."""
    return json.dumps(text)


def upload(s3: t.Any, file: File) -> None:
    """`s3`: an Api of that service."""
    body = file.text.encode("utf-8")
    s3.change("upload %s" % file.url, "put_object", Bucket=file.bucket, Key=file.key, Body=body)


def remove(s3: t.Any, file: File) -> None:
    s3.change("remove %s" % file.url, "delete_object", Bucket=file.bucket, Key=file.key)
