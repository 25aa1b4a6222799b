# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What win_updates is told to install, and the comparison of what it would install with what was decided."""

from __future__ import annotations

import re

import pytest
from ansible_collections.ansible.windows.plugins.action.win_updates import ActionModule, UpdateResult

from ansible_collections.patchops.fleet.plugins.plugin_utils._windows import patterns
from ansible_collections.patchops.fleet.plugins.plugin_utils._windows.selection import Target
from ansible_collections.patchops.fleet.tests.unit.plugins.plugin_utils._windows.test_real_metadata import transcript

ONE = Target("one", "KB1", "Update (x64) + more", ("KB1",))
SAME = Target("same", "KB1", "Update (x64) + more", ("KB1",))
TWO = Target("two", "KB2", "Update", ("KB2", "KB3"))


def found(*updates, filtered=()):
    """A result of win_updates: what it chose, and what it left out."""
    described = {identifier: {"title": title, "kb": kbs} for identifier, title, kbs in updates}
    left_out = {
        identifier: {"title": title, "kb": kbs, "filtered_reasons": reasons}
        for identifier, title, kbs, reasons in filtered
    }
    return {"updates": described, "filtered_updates": left_out}


def of_inventory(target, **members):
    told = {"id": target.id, "title": target.title, "kb": target.kb_id, "kbs": list(target.kbs), "installed": False}
    return {**told, **members}


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        pytest.param("Update (x64) + moreKB1", True, id="title and KB id glued together"),
        pytest.param("UPDATE (X64) + MOREkb1", True, id="in any case of letters"),
        pytest.param("Update (x64) + moreKB11", False, id="a longer KB id"),
        pytest.param("An Update (x64) + moreKB1", False, id="a longer title"),
        pytest.param("Update x64 + moreKB1", False, id="brackets are brackets"),
        pytest.param("Update (x64)  moreKB1", False, id="a plus is a plus"),
        pytest.param("Update (x64) + more", False, id="without the KB id"),
        pytest.param("Update (x64) + moreKB1 KB2", False, id="with another KB id"),
    ],
)
def test_an_expression_fits_one_text(text, fits):
    assert bool(re.search(patterns.pattern(ONE), text, re.IGNORECASE)) is fits


def test_several_kb_ids_have_a_space_between_them():
    assert re.search(patterns.pattern(TWO), "UpdateKB2 KB3")


def test_dotnet_takes_every_escape_for_the_character_itself():
    """It refuses those of letters and digits that it does not know, which Python never writes."""
    every = Target("x", "KB1", "".join(map(chr, range(32, 127))), ("KB1",))
    assert not re.search(r"\\[0-9A-Za-z_]", patterns.pattern(every))


def test_without_an_update_win_updates_is_never_asked_because_it_would_take_all():
    with pytest.raises(ValueError, match="no update to install"):
        patterns.options([], "installed", "default")


def test_options():
    assert patterns.options([TWO], "searched", "managed_server") == {
        "accept_list": [r"^UpdateKB2\ KB3$"],
        "category_names": ["*"],
        "server_selection": "managed_server",
        "state": "searched",
        "reboot": False,
    }


FOUND_ONE, FOUND_TWO = ("ONE", ONE.title, ["1"]), ("two", TWO.title, ["2", "3"])


@pytest.mark.parametrize(
    ("result", "kept", "words", "strangers"),
    [
        pytest.param(found(FOUND_ONE, FOUND_TWO), [ONE, TWO], "", (), id="just that"),
        pytest.param(found(FOUND_ONE, FOUND_TWO, ("other", ONE.title.upper(), ["1"])), [TWO],
                     "update other, which this run is not to install, has the same title", (), id="one more alike"),
        pytest.param(found(FOUND_ONE, FOUND_TWO, ("other", "Quite another", ["9"])), [ONE, TWO], "",
                     ("Quite another",), id="one that nobody named"),
        pytest.param(found(FOUND_ONE), [ONE], "win_updates does not find it; what the agent offers has changed", (),
                     id="gone"),
        pytest.param(found(FOUND_ONE, filtered=[(*FOUND_TWO, ["hidden"])]), [ONE], "because it is hidden", (),
                     id="hidden meanwhile"),
        pytest.param(found(FOUND_ONE, filtered=[("two", "Renamed", ["2"], ["accept_list"])]), [ONE],
                     "by another title or other KB ids: 'Renamed'", (), id="renamed"),
        pytest.param(found(), [], "win_updates does not find it", (), id="nothing"),
    ],
)  # fmt: skip
def test_comparison(result, kept, words, strangers):
    compared = patterns.compared([ONE, TWO], result, [of_inventory(ONE), of_inventory(TWO)])
    assert list(compared.kept) == kept
    assert compared.strangers == strangers
    assert set(compared.refused) == {ONE, TWO} - set(kept)
    assert all(words in why for why in compared.refused.values())


def test_a_superseded_update_is_not_found_and_the_reason_names_the_other():
    newer = of_inventory(TWO, supersedes=["one"])
    compared = patterns.compared([ONE], found(), [of_inventory(ONE), newer])
    assert "because KB2 supersedes it; approve that one" in compared.refused[ONE]
    assert set(patterns.superseded([ONE, TWO], [of_inventory(ONE), newer])) == {ONE}


@pytest.mark.parametrize(
    ("other", "refused"),
    [
        pytest.param(of_inventory(SAME), True, id="alike, and not to be installed"),
        pytest.param(of_inventory(SAME, installed=True), False, id="alike, and installed"),
        pytest.param(of_inventory(SAME, held="hidden"), False, id="alike, and hidden"),
        pytest.param(of_inventory(SAME, title="Another"), False, id="of another title"),
        pytest.param(of_inventory(SAME, kbs=["KB4"]), False, id="of another KB id"),
    ],
)
def test_alike(other, refused):
    assert bool(patterns.alike([ONE], [of_inventory(ONE), other])) is refused


def test_a_release_is_not_taken_for_the_one_it_supersedes():
    again = of_inventory(ONE, supersedes=["same"])
    assert patterns.alike([ONE], [again, of_inventory(SAME)]) == {}
    assert patterns.alike([ONE], [of_inventory(SAME), again, of_inventory(SAME._replace(id="third"))])
    result = found(FOUND_ONE, ("same", ONE.title, ["1"]))
    assert "has the same title" in patterns.compared([ONE], result, [again, of_inventory(SAME)]).refused[ONE]


def test_two_that_are_alike_and_both_to_be_installed_are_no_matter():
    assert patterns.alike([ONE, SAME], [of_inventory(ONE), of_inventory(SAME)]) == {}
    result = found(("one", ONE.title, ["1"]), ("same", ONE.title, ["1"]))
    assert patterns.compared([ONE, SAME], result, []).kept == (ONE, SAME)


RECORDED = ("win_updates-server2019-full-run.ndjson", "win_updates-failed-install.ndjson")


def recorded(name):
    """As the action of win_updates tells of the first search and installation of a recorded run."""
    action = ActionModule.__new__(ActionModule)
    result = UpdateResult()
    for event in transcript(name):
        if event["task"] not in ("started", "download", "install"):
            result.process_result(event["task"], event["result"], "host")
        if event["task"] == "exit":
            break
    action._updates, action._download_results = result.updates, result.download_results
    action._install_results = result.install_results
    return {identifier: action._get_update_info(identifier) for identifier in result.updates}


@pytest.mark.parametrize("name", RECORDED)
def test_expressions_of_real_updates_fit_each_its_own(name):
    told = recorded(name)
    assert len(told) >= 1
    targets = [
        Target(identifier, f"KB{one['kb'][0]}", one["title"], tuple(f"KB{number}" for number in one["kb"]))
        for identifier, one in told.items()
    ]
    texts = {target.id: target.title + " ".join(target.kbs) for target in targets}
    for target in targets:
        fitting = [one for one, text in texts.items() if re.search(patterns.pattern(target), text, re.IGNORECASE)]
        assert fitting == [target.id]
    assert patterns.compared(targets, {"updates": told}, []).kept == tuple(targets)
