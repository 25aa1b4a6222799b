# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What statuses and exit codes mean, and how a run is shared out to commands."""

from __future__ import annotations

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._ssm import run_outcome, sharing
from ansible_collections.patchops.fleet.plugins.module_utils._ssm.change import ResourceError
from ansible_collections.patchops.fleet.plugins.module_utils._ssm.sharing import Rates


@pytest.mark.parametrize(
    ("raw", "status", "ended"),
    [
        pytest.param({"Status": "InProgress", "StatusDetails": "In Progress"}, "InProgress", False, id="with a blank"),
        pytest.param({"Status": "InProgress", "StatusDetails": "Delayed"}, "Delayed", False, id="delayed"),
        pytest.param({"Status": "TimedOut", "StatusDetails": "Delivery Timed Out"}, "DeliveryTimedOut", True,
                     id="delivery"),
        pytest.param({"Status": "TimedOut", "StatusDetails": "ExecutionTimedOut"}, "ExecutionTimedOut", True,
                     id="execution"),
        pytest.param({"Status": "Cancelled", "StatusDetails": "Terminated (MaxErrors exceeded)"}, "Terminated", True,
                     id="terminated"),
        pytest.param({"Status": "Success"}, "Success", True, id="without details"),
        pytest.param({"Status": "Cancelling", "StatusDetails": ""}, "Cancelling", False, id="empty details"),
        pytest.param({"Status": "Failed", "StatusDetails": "SomethingNew"}, "SomethingNew", True, id="unheard of"),
    ],
)  # fmt: skip
def test_statuses(raw, status, ended):
    assert run_outcome.status(raw) == status
    assert run_outcome.ended(status) == ended


def step(name, status="Success", code=0, output=""):
    return {"Name": name, "Status": status, "StatusDetails": status, "ResponseCode": code, "Output": output}


SKIPPED = step("PatchWindows", output="Step execution skipped due to unsatisfied preconditions: ...")


def test_the_step_that_failed_is_not_one_that_was_skipped():
    failed = step("PatchLinux", "Failed", 1)
    assert run_outcome.failing_step([SKIPPED, failed]) == failed
    assert run_outcome.failing_step([SKIPPED, step("PatchLinux")]) is None
    assert run_outcome.working_steps([SKIPPED, step("PatchLinux")]) == [step("PatchLinux")]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        pytest.param(2, "what the patching itself needs", id="dependencies"),
        pytest.param(150, "snapshot id", id="snapshot"),
        pytest.param(167, "both given", id="both overrides"),
        pytest.param(161, "cannot be used", id="override"),
        pytest.param(131, "could not be set up", id="setup"),
        pytest.param(196, "dependencies", id="reboot"),
        pytest.param(42, "not one of the codes", id="another"),
    ],
)
def test_exit_codes(code, words):
    assert words in run_outcome.exit_code_meaning(code)


def test_counts():
    statuses = ["Pending", "Delayed", "InProgress", "Cancelling", "Success", "Failed", "Offline", "Terminated"]
    counts = run_outcome.count(statuses)
    assert counts == (2, 2, 1, 3)
    assert counts.line() == "2 pending, 2 running, 1 done, 3 failed, of 8 nodes"


def test_a_message_names_the_first_few():
    failed = [{"name": f"web{number}", "status": "Failed", "message": "broken"} for number in range(12)]
    message = run_outcome.message(failed, 40)
    assert message.startswith("12 of 40 nodes did not succeed. web0 (Failed): broken; ")
    assert message.endswith("web9 (Failed): broken; and 2 more")


@pytest.mark.parametrize(
    ("concurrency", "errors", "nodes", "expected"),
    [
        pytest.param("50", "0", 120, (50, 0), id="numbers"),
        pytest.param("25%", "10%", 120, (30, 12), id="percentages"),
        pytest.param("10%", "10%", 15, (2, 1), id="concurrency rounds up, errors down"),
        pytest.param("1%", "1%", 3, (1, 0), id="one at least"),
        pytest.param("29%", "29%", 100, (29, 29), id="no error of floating point"),
    ],
)
def test_rates(concurrency, errors, nodes, expected):
    assert sharing.rates({"max_concurrency": concurrency, "max_errors": errors}, nodes) == expected


def test_batches():
    assert [len(one) for one in sharing.batches([str(number) for number in range(101)])] == [50, 50, 1]
    assert sharing.batches([]) == []


@pytest.mark.parametrize(
    ("concurrency", "together"),
    [pytest.param(1, 1, id="1"), pytest.param(99, 1, id="99"), pytest.param(100, 2, id="100")],
)
def test_commands_at_a_time(concurrency, together):
    assert sharing.at_a_time(Rates(concurrency, 0)) == together


@pytest.mark.parametrize("whole", [Rates(10, 4), Rates(3, 0), Rates(120, 7)], ids=str)
def test_shares_make_up_the_whole(whole):
    shares = sharing.of_each(whole, 3)
    assert (sum(one.concurrency for one in shares), sum(one.errors for one in shares)) == whole
    assert min(one.concurrency for one in shares) >= 1


def test_more_commands_than_nodes_at_work():
    with pytest.raises(ResourceError, match="lets 2 nodes work at a time, and that many ids take 3 commands"):
        sharing.of_each(Rates(2, 0), 3)
