# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What changes between two states of a resource."""

from __future__ import annotations

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._ssm.change import (
    Change,
    ResourceError,
    refuse_several,
    settle,
)


def as_set(member, value):
    """Order counts in no list."""
    return sorted(value) if isinstance(value, list) else value


@pytest.mark.parametrize(
    ("before", "after", "needed"),
    [
        pytest.param(None, None, False, id="neither"),
        pytest.param(None, {"name": "a"}, True, id="created"),
        pytest.param({"name": "a"}, None, True, id="deleted"),
        pytest.param({"name": "a"}, {"name": "a"}, False, id="the same"),
        pytest.param({"name": "a"}, {"name": "b"}, True, id="another value"),
        pytest.param({"name": "a"}, {"name": "a", "description": "b"}, True, id="one member more"),
        pytest.param({"name": "a", "baseline_id": "pb-1"}, {"name": "a"}, False, id="what AWS assigns"),
    ],
)
def test_needed(before, after, needed):
    change = Change(before, after)
    assert change.needed is change.result("one")["changed"] is needed


def test_result():
    before = {"name": "a", "baseline_id": "pb-1"}
    after = {"name": "b", "baseline_id": "pb-1"}
    assert Change(before, after).result("baseline") == {
        "changed": True,
        "baseline": after,
        "diff": {"before": {"name": "a"}, "after": {"name": "b"}},
    }
    assert Change(before, None).result("baseline") == {
        "changed": True,
        "baseline": {},
        "diff": {"before": {"name": "a"}, "after": {}},
    }


def test_ids_that_the_user_gives_make_a_difference():
    assert Change({"baseline_id": "pb-1"}, {"baseline_id": "pb-2"}, ()).needed
    assert not Change({"baseline_id": "pb-1"}, {"baseline_id": "pb-2"}).needed


@pytest.mark.parametrize(
    ("members", "altered"),
    [
        pytest.param(("name",), False, id="the same"),
        pytest.param(("tags",), True, id="another value"),
        pytest.param(("name", "tags"), True, id="one of two"),
        pytest.param(("description",), True, id="no longer there"),
        pytest.param(("unknown",), False, id="in neither"),
    ],
)
def test_altered(members, altered):
    change = Change({"name": "a", "tags": {}, "description": "x"}, {"name": "a", "tags": {"b": "c"}})
    assert change.altered(*members) is altered


def test_of_what_is_created_or_deleted_everything_is_altered():
    assert Change(None, {"name": "a"}).altered("name")
    assert Change({"name": "a"}, None).altered("name")


def test_what_only_looks_different_stays():
    before = {"patches": ["a", "b"], "name": "x", "baseline_id": "pb-1", "gone": 1}
    change = settle(before, {"patches": ["b", "a"], "name": "y"}, as_set)
    assert change == Change(before, {"patches": ["a", "b"], "name": "y", "baseline_id": "pb-1"})
    assert settle(None, {"patches": ["b", "a"]}, as_set) == Change(None, {"patches": ["b", "a"]})


def test_several_of_one_name():
    refuse_several("baselines named x", [], "Say which")
    refuse_several("baselines named x", ["pb-1"], "Say which")
    with pytest.raises(ResourceError, match=r"^There are 2 baselines named x: pb-1, pb-2[.] Say which$"):
        refuse_several("baselines named x", ["pb-1", "pb-2"], "Say which")
