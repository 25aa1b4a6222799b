# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Resolving with a package manager small enough to know all its answers: it tries every state of the node."""

from __future__ import annotations

import itertools
import typing as t

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.patchops.fleet.plugins.module_utils._host.base import BackendError, Options
from ansible_collections.patchops.fleet.plugins.module_utils._host.resolve import MOST_ROUNDS, resolve
from ansible_collections.patchops.fleet.plugins.module_utils._host.transaction import (
    Change,
    Installer,
    Request,
    Solution,
    Wanted,
)

ARCH = "noarch"


class Release(t.NamedTuple):
    """A version of a package: what it needs (any one of each tuple) and what it cannot be with; each name=version."""

    needs: tuple[tuple[str, ...], ...] = ()
    conflicts: tuple[str, ...] = ()


class Tiny(Installer):
    """`releases` by name=version, digits as versions; `installed` name=version. Nothing is removed or downgraded."""

    def __init__(self, releases, installed):
        super().__init__(None, Options())
        self.releases = {tuple(key.split("=")): release for key, release in releases.items()}
        self.installed = dict(key.split("=") for key in installed)
        self.asked = 0

    def states(self, banned):
        """Every consistent state of the node without newly come `banned` versions, the fewest changes first."""
        names = sorted({name for name, _version in self.releases})
        choices = [self.choices(name, banned) for name in names]
        found = [dict(zip(names, chosen)) for chosen in itertools.product(*choices)]
        found = [state for state in found if self.consistent(state)]
        return sorted(found, key=lambda state: sum(v != self.installed.get(n) for n, v in state.items()))

    def choices(self, name, banned):
        kept = self.installed.get(name)
        versions = sorted((v for n, v in self.releases if n == name and (kept is None or v > kept)), reverse=True)
        return [kept] + [version for version in versions if (name, version) not in banned]

    def consistent(self, state):
        have = {"%s=%s" % (name, version) for name, version in state.items() if version is not None}
        releases = [self.releases[tuple(key.split("="))] for key in have]
        return all(any(one in have for one in needed) for release in releases for needed in release.needs) and not any(
            conflict in have for release in releases for conflict in release.conflicts
        )

    def possible(self, packages, banned):
        wanted = {package.name: package.version for package in packages}
        return (state for state in self.states(banned) if all(state[name] == wanted[name] for name in wanted))

    def solve(self, request):
        self.asked += 1
        banned = {(version.name, version.version) for version in request.forbidden}
        state = next(self.possible(request.packages, banned), None)
        if state is None:
            return Solution((), None, "cannot have %s" % " ".join(package.name for package in request.packages))
        changes = [
            Change(name, ARCH, self.installed.get(name), version)
            for name, version in sorted(state.items())
            if version != self.installed.get(name)
        ]
        return Solution(tuple(changes), len(changes))

    download_folder = "/"

    def leftovers(self):
        return []

    def repair(self, unwelcome=None):
        return []

    def download(self, request):
        return []

    def install(self, request):
        return []

    def failures(self, request, results):
        return {}

    def services(self):
        return None


def wanted(*keys):
    return [Wanted(key.split("=")[0], ARCH, key.split("=")[1]) for key in keys]


def unwelcome(*keys):
    def reason(name, arch, version):
        return "no %s" % name if "%s=%s" % (name, version) in keys else None

    return reason


def keys(packages):
    return ["%s=%s" % (package.name, package.version) for package in packages]


def needs(*alternatives):
    return Release(needs=(alternatives,))


INSTALLED = ("a=1", "b=1", "c=1", "lib=1")
BASE = dict.fromkeys((*INSTALLED, "a=2", "b=2", "c=2", "lib=2", "lib=3"), Release())


@pytest.mark.parametrize(
    ("releases", "bad", "accepted", "changes", "refused", "needed"),
    [
        pytest.param({}, [], ["a=2", "b=2", "c=2"], ["a", "b", "c"], {}, {}, id="all of them"),
        pytest.param(
            {"b=2": needs("gone=1")}, [], ["a=2", "c=2"], ["a", "c"], {"b.noarch": "cannot have a b"}, {},
            id="one that cannot be had does not keep the others out",
        ),
        pytest.param(
            {"a=2": needs("lib=2")}, [], ["a=2", "b=2", "c=2"], ["a", "b", "c", "lib"], {}, {},
            id="a dependency comes along",
        ),
        pytest.param(
            {"b=2": needs("lib=2")}, ["lib=2"], ["a=2", "c=2"], ["a", "c"],
            {"b.noarch": "it needs lib.noarch 2, but no lib"}, {"b.noarch": "lib"},
            id="a dependency that must stay away",
        ),
        pytest.param(
            {"b=2": needs("lib=2", "lib=3")}, ["lib=3"], ["a=2", "b=2", "c=2"], ["a", "b", "c", "lib"], {}, {},
            id="another version of the dependency may come",
        ),
        pytest.param(
            {"b=2": needs("lib=2"), "c=2": needs("lib=2")}, ["lib=2"], ["a=2"], ["a"],
            {"b.noarch": "it needs lib.noarch 2, but no lib", "c.noarch": "it needs lib.noarch 2, but no lib"},
            {"b.noarch": "lib", "c.noarch": "lib"},
            id="two need what must stay away",
        ),
        pytest.param(
            {"b=2": needs("deep=1"), "deep=1": needs("lib=2")}, ["lib=2"], ["a=2", "c=2"], ["a", "c"],
            {"b.noarch": "it needs lib.noarch 2, but no lib"}, {"b.noarch": "lib"},
            id="a dependency of a dependency must stay away",
        ),
        pytest.param(
            {"b=2": needs("lib=2"), "c=2": needs("gone=1")}, ["lib=2"], ["a=2"], ["a"],
            {"b.noarch": "it needs lib.noarch 2, but no lib", "c.noarch": "cannot have a c"}, {"b.noarch": "lib"},
            id="each for its own reason",
        ),
        pytest.param(
            {"c=2": Release(conflicts=("a=2",))}, [], ["a=2", "b=2"], ["a", "b"], {"c.noarch": "cannot have a b c"},
            {}, id="of two that exclude each other the first",
        ),
        pytest.param(
            {"a=2": needs("b=2"), "b=2": needs("a=2")}, ["b=2", "a=2"], ["a=2", "b=2", "c=2"], ["a", "b", "c"],
            {}, {}, id="what is asked for by itself is welcome",
        ),
        pytest.param(
            {"a=2": needs("b=2"), "c=2": needs("gone=1")}, ["b=2"], ["b=2"], ["b"],
            {"a.noarch": "it needs b.noarch 2, but no b", "c.noarch": "cannot have b c"}, {"a.noarch": "b"},
            id="what must not come along may be asked for",
        ),
    ],
)  # fmt: skip
def test_resolve(releases, bad, accepted, changes, refused, needed):
    found = resolve(Tiny({**BASE, **releases}, INSTALLED), wanted("a=2", "b=2", "c=2"), unwelcome(*bad))
    assert keys(found.request.packages) == accepted
    assert [change.name for change in found.solution.changes] == changes
    assert (found.refused, found.unwelcome) == (refused, needed)
    assert found.solution.refusal == ""


def test_the_request_forbids_what_was_found_and_nothing_that_it_asks_for():
    tiny = Tiny({**BASE, "a=2": needs("lib=2", "lib=3"), "b=2": needs("lib=3")}, INSTALLED)
    found = resolve(tiny, wanted("a=2", "b=2"), unwelcome("lib=3"))
    assert keys(found.request.forbidden) == ["lib=3"]
    assert tiny.solve(found.request) == found.solution


def test_nothing_to_ask_for_asks_nobody():
    tiny = Tiny(BASE, INSTALLED)
    assert resolve(tiny, [], unwelcome()) == (Request(()), Solution((), 0), {}, {})
    assert tiny.asked == 0


def test_a_manager_that_accepts_is_asked_once_and_one_bad_patch_costs_a_few_questions_more():
    names = ["p%02d" % number for number in range(8)]
    releases = {"%s=%d" % (name, version): Release() for name in names for version in (1, 2)}
    installed = ["%s=1" % name for name in names]
    tiny = Tiny(releases, installed)
    resolve(tiny, wanted(*("%s=2" % name for name in names)), unwelcome())
    assert tiny.asked == 1
    tiny = Tiny({**releases, "p05=2": needs("gone=1")}, installed)
    assert list(resolve(tiny, wanted(*("%s=2" % name for name in names)), unwelcome()).refused) == ["p05.noarch"]
    assert tiny.asked <= 2 * 3 + 1  # halved three times


class Stubborn(Tiny):
    """Finds a new version to bring along each time one is forbidden."""

    def solve(self, request):
        self.asked += 1
        number = len(request.forbidden) + 1
        return Solution((Change("a", ARCH, "1", "2"), Change("lib", ARCH, "1", "%d" % number)), 0)


def test_it_ends_with_a_manager_that_always_finds_something_unwelcome():
    stubborn = Stubborn(BASE, INSTALLED)
    found = resolve(stubborn, wanted("a=2"), lambda name, arch, version: "no lib" if name == "lib" else None)
    assert stubborn.asked == MOST_ROUNDS
    assert (keys(found.request.packages), found.unwelcome) == ([], {"a.noarch": "lib"})


class Broken(Tiny):
    def solve(self, request):
        raise BackendError("the cache is locked")


def test_a_manager_that_cannot_be_asked_ends_the_run():
    with pytest.raises(BackendError, match="the cache is locked"):
        resolve(Broken(BASE, INSTALLED), wanted("a=2"), unwelcome())


NAMES = ("a", "b", "c", "lib")
KEYS = ["%s=%d" % (name, version) for name in NAMES for version in (2, 3)]
RELEASES = st.fixed_dictionaries(
    {
        key: st.builds(
            Release,
            st.lists(st.lists(st.sampled_from(KEYS), min_size=1, max_size=2).map(tuple), max_size=2).map(tuple),
            st.lists(st.sampled_from(KEYS), max_size=1).map(tuple),
        )
        for key in KEYS
    }
)


@settings(max_examples=200, deadline=None)
@given(RELEASES, st.sets(st.sampled_from(NAMES)), st.permutations(KEYS), st.sets(st.sampled_from(KEYS)))
def test_as_much_as_can_be_had_and_never_what_must_stay_away(releases, present, order, bad):
    installed = ["%s=1" % name for name in present]
    tiny = Tiny({**dict.fromkeys(installed, Release()), **releases}, installed)
    chosen = {key[:-2]: key for key in order if key not in bad}  # one version of each that is welcome
    asked = wanted(*chosen.values())
    found = resolve(tiny, asked, unwelcome(*bad))
    accepted = list(found.request.packages)
    assert {package.kb_id for package in asked} == {package.kb_id for package in accepted} | set(found.refused)
    assert all(found.refused.values())
    assert set(found.unwelcome) <= set(found.refused)
    brought = {"%s=%s" % (change.name, change.new) for change in found.solution.changes}
    assert set(keys(accepted)) <= brought
    assert not brought & bad
    assert not accepted or tiny.solve(found.request) == found.solution
    banned = {tuple(key.split("=")) for key in bad}
    for package in asked:
        if package not in accepted:
            assert next(tiny.possible([*accepted, package], banned), None) is None, package
