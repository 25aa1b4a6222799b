# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tags as they should be, and the calls that make them so."""

from __future__ import annotations

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._ssm import tags
from ansible_collections.patchops.fleet.plugins.module_utils._ssm.change import Change

OWN = {"aws:stack": "s"}


class Recorder:
    """Notes what it is told to change, in place of the API's calls."""

    def __init__(self):
        self.calls = []

    def change(self, doing, operation, **request):
        self.calls.append((operation, request))


@pytest.mark.parametrize(
    ("before", "given", "purge", "wanted"),
    [
        pytest.param({"a": "1"}, None, True, {"a": "1"}, id="not given"),
        pytest.param({"a": "1"}, {}, True, {}, id="purged"),
        pytest.param({"a": "1"}, {}, False, {"a": "1"}, id="not purged"),
        pytest.param({"a": "1", "b": "2"}, {"a": "3"}, True, {"a": "3"}, id="changed and purged"),
        pytest.param({"a": "1", "b": "2"}, {"a": "3"}, False, {"a": "3", "b": "2"}, id="changed"),
        pytest.param(OWN, {}, True, OWN, id="those of AWS stay"),
        pytest.param(OWN, OWN, True, OWN, id="those of AWS, as they are"),
        pytest.param({}, {"a": 1, 2: True}, True, {"a": "1", "2": "True"}, id="what is no text"),
        pytest.param({}, {"a": None}, True, {"a": None}, id="nothing, which validation refuses"),
    ],
)
def test_wanted(before, given, purge, wanted):
    assert tags.wanted(before, given, purge) == wanted


@pytest.mark.parametrize("before", [{}, OWN])
def test_those_of_aws_cannot_be_set(before):
    (problem,) = tags.reserved(before, {"aws:stack": "other", "mine": "1"}, "window")
    assert str(problem) == "window.tags: keys that begin with aws: are AWS's own, and cannot be set: aws:stack"


@pytest.mark.parametrize("given", [None, {}, OWN, {"mine": "1"}, "no mapping"])
def test_those_of_aws_can_be_given_as_they_are(given):
    assert tags.reserved(OWN, given, "window") == []


def test_there_and_back():
    assert tags.from_api(tags.to_api({"b": "2", "a": ""})) == {"a": "", "b": "2"}
    assert [tag["Key"] for tag in tags.to_api({"b": "2", "a": ""})] == ["a", "b"]


@pytest.mark.parametrize(
    ("before", "after", "operations"),
    [
        pytest.param({"a": "1"}, {"a": "1"}, [], id="nothing"),
        pytest.param({"a": "1"}, {}, [("remove", ["a"])], id="removed"),
        pytest.param({}, {"a": "1"}, [("add", ["a"])], id="added"),
        pytest.param({"a": "1", "b": "1"}, {"a": "2", "c": "1"}, [("remove", ["b"]), ("add", ["a", "c"])], id="all"),
    ],
)
def test_calls(before, after, operations):
    api = Recorder()
    tags.apply(api, "PatchBaseline", "pb-1", Change({"tags": before}, {"tags": after}))
    called = []
    for operation, request in api.calls:
        assert (request["ResourceType"], request["ResourceId"]) == ("PatchBaseline", "pb-1")
        keys = request.get("TagKeys") or [tag["Key"] for tag in request["Tags"]]
        called.append((operation.split("_")[0], keys))
    assert called == operations
