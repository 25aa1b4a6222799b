# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests are held to botocore's model, every constraint of it."""

from __future__ import annotations

import botocore.session
import pytest
import regex

from ansible_collections.patchops.fleet.tests.servers.ssm.errors import COMMON, SSMError
from ansible_collections.patchops.fleet.tests.servers.ssm.moto_ssm import OF_MOTO
from ansible_collections.patchops.fleet.tests.servers.ssm.operations import OPERATIONS, SHARED, is_ours
from ansible_collections.patchops.fleet.tests.servers.ssm.validation import validate

MODEL = botocore.session.get_session().get_service_model("ssm")
STRINGS = {
    "WindowId": "mw-0123456789abcdef0",
    "WindowTargetId": "01234567-89ab-cdef-0123-456789abcdef",
    "WindowTaskId": "01234567-89ab-cdef-0123-456789abcdef",
    "BaselineId": "pb-0123456789abcdef0",
    "InstanceId": "i-0123456789abcdef0",
    "DocumentVersion": "1",
    "DocumentVersionNumber": "1",
    "AccountId": "123456789012",
    "ActivationId": "01234567-89ab-cdef-0123-456789abcdef",
    "AssociationExecutionId": "01234567-89ab-cdef-0123-456789abcdef",
    "AssociationId": "01234567-89ab-cdef-0123-456789abcdef",
    "ManagedInstanceId": "mi-0123456789abcdef0",
}


def shapes(shape, seen=()):
    """All shapes of a request, each once."""
    if shape.name in seen:
        return
    yield shape
    inner = {
        "structure": lambda: list(shape.members.values()),
        "list": lambda: [shape.member],
        "map": lambda: [shape.key, shape.value],
    }.get(shape.type_name, list)()
    for one in inner:
        yield from shapes(one, (*seen, shape.name))


def smallest(shape, name=""):
    """The smallest valid value."""
    limits = shape.metadata
    if shape.type_name == "structure":
        return {member: smallest(shape.members[member], member) for member in shape.required_members}
    if shape.type_name == "list":
        return [smallest(shape.member)] * limits.get("min", 0)
    if shape.type_name == "map":
        return {f"{smallest(shape.key)}{n}": smallest(shape.value) for n in range(limits.get("min", 0))}
    if shape.type_name in ("integer", "long", "timestamp"):
        return limits.get("min", 0)
    if shape.type_name == "boolean":
        return False
    return (
        STRINGS.get(shape.name)
        or STRINGS.get(name)
        or (shape.enum[0] if shape.enum else "x" * max(limits.get("min", 0), 3))
    )


@pytest.mark.parametrize("name", OPERATIONS)
def test_operations_are_of_the_model_and_accept_the_smallest_request(name):
    shape = MODEL.operation_model(name).input_shape
    validate(shape, smallest(shape))


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_required_member_is_required(name):
    shape = MODEL.operation_model(name).input_shape
    for member in shape.required_members:
        request = {other: value for other, value in smallest(shape).items() if other != member}
        with pytest.raises(SSMError, match="Member must not be null"):
            validate(shape, request)


def of_the_wrong_type(shape):
    return 5 if shape.type_name in ("string", "list", "map", "structure", "boolean") else "5"


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_member_has_its_type(name):
    shape = MODEL.operation_model(name).input_shape
    for member, inner in shape.members.items():
        with pytest.raises(SSMError) as caught:
            validate(shape, {**smallest(shape), member: of_the_wrong_type(inner)})
        assert caught.value.code == "SerializationException"


@pytest.mark.parametrize("name", OPERATIONS)
def test_limits_of_members_hold_at_their_edge(name):
    shape = MODEL.operation_model(name).input_shape
    for member, inner in shape.members.items():
        most = inner.metadata.get("max")
        if most is None or "pattern" in inner.metadata or inner.type_name == "map":
            continue
        fitting, beyond = {
            "string": ("x" * most, "x" * (most + 1)),
            "integer": (most, most + 1),
            "list": ([smallest(inner.member)] * most, [smallest(inner.member)] * (most + 1))
            if inner.type_name == "list"
            else (),
        }[inner.type_name]
        validate(shape, {**smallest(shape), member: fitting})
        with pytest.raises(SSMError, match=f"less than or equal to {most}"):
            validate(shape, {**smallest(shape), member: beyond})


def test_every_pattern_can_be_compiled():
    patterns = {
        shape.metadata["pattern"]
        for name in OPERATIONS
        for shape in shapes(MODEL.operation_model(name).input_shape)
        if "pattern" in shape.metadata
    }
    assert len(patterns) > 5
    for pattern in patterns:
        regex.compile(pattern)


def rule(**members):
    return {"PatchFilterGroup": {"PatchFilters": []}, **members}


REFUSED = [
    pytest.param("CreatePatchBaseline", {"Name": "x y z"}, "'name'", "pattern", id="name"),
    pytest.param("CreatePatchBaseline", {"Name": "ab"}, "'name'", "length greater than or equal to 3", id="short name"),
    pytest.param("CreatePatchBaseline", {"OperatingSystem": "FEDORA"}, "'operatingSystem'", "enum", id="system"),
    pytest.param("CreatePatchBaseline", {"ApprovalRules": {"PatchRules": [rule(ApproveAfterDays=361)]}},
                 "'approvalRules.patchRules.1.member.approveAfterDays'", "less than or equal to 360", id="days"),
    pytest.param("CreatePatchBaseline", {"ApprovalRules": {"PatchRules": [rule()] * 11}},
                 "'approvalRules.patchRules'", "length less than or equal to 10", id="rules"),
    pytest.param("CreatePatchBaseline", {"GlobalFilters": {"PatchFilters": [{"Key": "COLOUR", "Values": ["x"]}]}},
                 "'globalFilters.patchFilters.1.member.key'", "enum", id="filter key"),
    pytest.param("CreatePatchBaseline", {"GlobalFilters": {"PatchFilters": [{"Key": "PRODUCT", "Values": []}]}},
                 "'globalFilters.patchFilters.1.member.values'", "greater than or equal to 1", id="no values"),
    pytest.param("CreatePatchBaseline", {"Nmae": "x"}, "'nmae'", "known to the API", id="misspelt member"),
    pytest.param("RegisterPatchBaselineForPatchGroup", {"PatchGroup": "a*b"}, "'patchGroup'", "pattern", id="group"),
    pytest.param("RegisterTaskWithMaintenanceWindow", {"MaxConcurrency": "0"},
                 "'maxConcurrency'", "pattern", id="concurrency"),
    pytest.param("RegisterTaskWithMaintenanceWindow", {"Description": "x" * 129},
                 "Value '***' at 'description'", "length less than or equal to 128", id="sensitive values are masked"),
    pytest.param("DescribeMaintenanceWindows", {"MaxResults": 9}, "'maxResults'", "value greater than", id="page"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "given", "where", "why"), REFUSED)
def test_what_is_refused_is_named_as_aws_names_it(name, given, where, why):
    shape = MODEL.operation_model(name).input_shape
    with pytest.raises(SSMError) as caught:
        validate(shape, {**smallest(shape), **given})
    assert caught.value.code == "ValidationException"
    assert where in caught.value.message
    assert why in caught.value.message


def test_true_is_no_number():
    shape = MODEL.operation_model("DescribePatchBaselines").input_shape
    with pytest.raises(SSMError, match="maxResults is no integer"):
        validate(shape, {"MaxResults": True})


def test_letters_of_every_script_make_a_patch_group():
    shape = MODEL.operation_model("GetPatchBaselineForPatchGroup").input_shape
    validate(shape, {"PatchGroup": "Produktion Zürich 東京"})


def test_violations_are_counted():
    shape = MODEL.operation_model("CreatePatchBaseline").input_shape
    with pytest.raises(SSMError, match="2 validation errors detected"):
        validate(shape, {"Name": "x y z", "OperatingSystem": "FEDORA"})
    with pytest.raises(SSMError, match="1 validation error detected"):
        validate(shape, {"Name": "x y z"})


def test_moto_answers_only_operations_of_the_model_that_are_not_ours():
    assert set(OF_MOTO) <= set(MODEL.operation_names)
    assert set(OF_MOTO) & set(OPERATIONS) == set(SHARED)
    assert not is_ours("AddTagsToResource", {"ResourceType": "Parameter"})


def test_common_errors_are_declared_nowhere():
    """Else the service would let them pass for operations that do not declare them."""
    declared = {shape.name for name in OPERATIONS for shape in MODEL.operation_model(name).error_shapes}
    assert not declared & set(COMMON)
