# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import datetime
import http.server
import json
import os
import pathlib
import threading

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._host import apt, base, release_dates, state

NOW = datetime.datetime(2026, 11, 21, 12, tzinfo=datetime.timezone.utc)
LATER = datetime.datetime(2026, 12, 24, 12, tzinfo=datetime.timezone.utc)
PUBLISHED = "2026-11-01T08:00:00Z"


class Archive(http.server.BaseHTTPRequestHandler):
    """Answers by the first part of the path; an absolute address means that it was taken for a proxy."""

    protocol_version = "HTTP/1.1"

    def do_HEAD(self):
        self.server.asked.append((self.path, dict(self.headers), self.client_address))
        kind = self.path.split("/")[3 if self.path.startswith("http:") else 1]
        status, headers = self.server.answers[kind]
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_arguments):
        pass


@pytest.fixture
def archive(monkeypatch):
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Archive)
    server.asked = []
    server.address = "http://127.0.0.1:%d" % server.server_port
    server.answers = {
        "pool": (200, {"Last-Modified": "Sun, 01 Nov 2026 08:00:00 GMT"}),
        "moved": (302, {"Location": "/pool/x"}),
        "circle": (302, {"Location": "/circle/x"}),
        "gone": (404, {}),
        "secret": (401, {}),
        "silent": (200, {}),
        "odd": (200, {"Last-Modified": "yesterday"}),
    }
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def wanted(*addresses, key="foo:amd64=1.1", ask=True):
    return release_dates.Wanted(key, addresses, ask)


def dates(tmp_path, mode, versions, now=NOW, privileged=True, check_mode=False, proxies=()):
    return release_dates.release_dates(mode, versions, dict(proxies), now, str(tmp_path), privileged, check_mode)


def ledger(tmp_path):
    return json.loads((tmp_path / "first-seen.json").read_text())["versions"]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        pytest.param("pool", PUBLISHED, id="told"),
        pytest.param("moved", PUBLISHED, id="told elsewhere"),
        pytest.param("circle", "more than 5 redirects", id="sent in circles"),
        pytest.param("gone", "answered 404", id="not there any more"),
        pytest.param("secret", "answered 401", id="behind a password"),
        pytest.param("silent", "sends no Last-Modified", id="not told"),
        pytest.param("odd", "sends no Last-Modified", id="told in an odd way"),
    ],
)
def test_what_an_archive_answers(archive, kind, expected):
    answers, refusals = release_dates.ask_archives([wanted("%s/%s/foo.deb" % (archive.address, kind))], {})
    assert expected in (answers.get("foo:amd64=1.1"), *refusals) or expected in refusals[0]
    assert bool(answers) is (expected == PUBLISHED)


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        pytest.param("http://127.0.0.1:9/pool/x", "127.0.0.1 cannot be reached", id="nobody there"),
        pytest.param(
            "mirror+file:/etc/mirrors/x", "archives of type 'mirror+file' do not tell", id="a list of mirrors"
        ),
        pytest.param("cdrom:[Debian]/x", "archives of type 'cdrom' do not tell", id="a compact disc"),
        pytest.param("file:/nonexistent/x", "/nonexistent/x: No such file", id="no such file"),
    ],
)
def test_archives_that_cannot_be_asked(archive, address, reason):
    answers, (refusal,) = release_dates.ask_archives([wanted(address)], {})
    assert answers == {}
    assert refusal.startswith("no release date for 1 newer version, the first of them foo:amd64=1.1: ")
    assert reason in refusal


def test_an_archive_on_disk_tells_by_the_file(tmp_path):
    path = tmp_path / "foo+1.deb"
    path.write_text("")
    os.utime(str(path), (1793520000, 1793520000))
    answers, _refusals = release_dates.ask_archives([wanted("copy:%s/foo%%2b1.deb" % tmp_path)], {})
    assert answers == {"foo:amd64=1.1": PUBLISHED}


def test_the_next_archive_is_asked_when_one_does_not_tell(archive):
    item = wanted(archive.address + "/gone/x", archive.address + "/pool/x")
    assert release_dates.ask_archives([item], {}) == ({item.key: PUBLISHED}, [])


def test_many_questions_share_few_connections_and_one_sentence(archive):
    items = [wanted(archive.address + "/gone/%d" % number, key="foo%02d:amd64=1" % number) for number in range(20)]
    _answers, refusals = release_dates.ask_archives(items, {})
    assert refusals == [
        "no release date for 20 newer versions, the first of them foo00:amd64=1: 127.0.0.1 answered 404 Not Found"
    ]
    assert len(archive.asked) == 20
    assert len({client for _path, _headers, client in archive.asked}) <= release_dates.CONNECTIONS


def test_questions_end_at_the_time_limit(archive, monkeypatch):
    monkeypatch.setattr(release_dates, "TIME_LIMIT", 0.0)
    answers, (refusal,) = release_dates.ask_archives([wanted(archive.address + "/pool/x")], {})
    assert answers == {}
    assert "within 0 seconds" in refusal
    assert archive.asked == []


def test_apts_proxy_is_asked_with_its_password_and_no_other(archive):
    proxy = archive.address.replace("//", "//me:s%40cret@")
    answers, _refusals = release_dates.ask_archives(
        [wanted("http://deb.example.org/pool/x")], {"Acquire::http::Proxy": proxy}
    )
    assert list(answers.values()) == [PUBLISHED]
    ((path, headers, _client),) = archive.asked
    assert path == "http://deb.example.org/pool/x"
    assert base64.b64decode(headers["Proxy-Authorization"].split()[1]) == b"me:s@cret"
    assert "Authorization" not in headers


HTTP = "Acquire::http::Proxy"
HTTPS = "Acquire::https::Proxy"


@pytest.mark.parametrize(
    ("scheme", "proxies", "expected"),
    [
        pytest.param("http", {}, None, id="none"),
        pytest.param("http", {HTTP: "http://proxy:3128"}, "proxy", id="for http"),
        pytest.param("https", {HTTP: "http://proxy:3128"}, "proxy", id="that of http serves https"),
        pytest.param("https", {HTTP: "http://proxy:3128", HTTPS: "http://other:3128"}, "other", id="https has its own"),
        pytest.param("http", {HTTPS: "http://other:3128"}, None, id="that of https serves https only"),
        pytest.param(
            "http", {HTTP: "http://proxy:1", HTTP + "::deb.example.org": "DIRECT"}, None, id="none for this host"
        ),
        pytest.param(
            "http",
            {HTTP: "http://proxy:1", HTTP + "::deb.example.org": "http://near:1"},
            "near",
            id="one for this host",
        ),
        pytest.param(
            "http",
            {HTTP: "http://proxy:1", HTTP + "::other.example.org": "DIRECT"},
            "proxy",
            id="none for another host",
        ),
    ],
)
@pytest.mark.usefixtures("archive")
def test_proxy_of(scheme, proxies, expected):
    proxy = release_dates.proxy_of(scheme, "deb.example.org", proxies)
    assert (proxy and proxy.hostname) == expected


@pytest.mark.usefixtures("archive")
def test_the_environments_proxy_serves_where_apt_has_none(monkeypatch):
    monkeypatch.setenv("http_proxy", "http://proxy:3128")
    monkeypatch.setenv("no_proxy", "near.example.org")
    assert release_dates.proxy_of("http", "deb.example.org", {}).hostname == "proxy"
    assert release_dates.proxy_of("http", "near.example.org", {}) is None


def test_a_proxy_that_speaks_something_else():
    with pytest.raises(release_dates.Unknown, match="socks5h"):
        release_dates.proxy_of("http", "deb.example.org", {HTTP: "socks5h://proxy:1080"})


# The ledger


def test_published_is_asked_once(archive, tmp_path):
    item = wanted(archive.address + "/pool/x")
    for _scan in range(2):
        result = dates(tmp_path, "published", [item])
        assert result == ({item.key: PUBLISHED}, [], [])
    assert len(archive.asked) == 1
    assert ledger(tmp_path) == {item.key: {"published": PUBLISHED}}


def test_published_without_an_answer_is_unknown_and_asked_again(archive, tmp_path):
    item = wanted(archive.address + "/gone/x")
    for _scan in range(2):
        result = dates(tmp_path, "published", [item])
        assert result.released == {}
        assert "answered 404" in result.warnings[0]
    assert len(archive.asked) == 2


def test_first_seen_is_the_publication_where_the_archive_told(archive, tmp_path):
    item = wanted(archive.address + "/pool/x")
    assert dates(tmp_path, "first_seen", [item]).released == {item.key: PUBLISHED}


def test_first_seen_is_now_where_it_did_not_and_stays(archive, tmp_path):
    item = wanted(archive.address + "/gone/x")
    assert dates(tmp_path, "first_seen", [item]) == ({item.key: "2026-11-21T12:00:00Z"}, [], [])
    archive.answers["gone"] = archive.answers["pool"]
    assert dates(tmp_path, "first_seen", [item], now=LATER).released == {item.key: "2026-11-21T12:00:00Z"}
    assert len(archive.asked) == 1


def test_what_is_installed_keeps_its_date_and_is_not_asked_for(archive, tmp_path):
    item = wanted(archive.address + "/pool/x")
    dates(tmp_path, "first_seen", [item])
    archive.asked.clear()
    others = [item._replace(ask=False), wanted(archive.address + "/pool/y", key="bar:amd64=2", ask=False)]
    assert dates(tmp_path, "first_seen", others).released == {item.key: PUBLISHED}
    assert archive.asked == []


def test_nothing_is_written_in_check_mode(archive, tmp_path):
    item = wanted(archive.address + "/gone/x")
    result = dates(tmp_path, "first_seen", [item], check_mode=True)
    assert result.released == {item.key: "2026-11-21T12:00:00Z"}
    assert "1 release dates were not noted" in result.warnings[0]
    assert "check mode" in result.warnings[0]
    assert list(tmp_path.iterdir()) == []


def test_without_root_nothing_is_seen_for_the_first_time(archive, tmp_path):
    """It would be today again at every scan, and every delay would run for ever."""
    gone = wanted(archive.address + "/gone/x")
    told = wanted(archive.address + "/pool/x", key="told:amd64=1.1")
    result = dates(tmp_path, "first_seen", [gone, told], privileged=False)
    assert result.released == {told.key: PUBLISHED}
    assert any("needs root" in warning for warning in result.warnings)
    assert any(gone.key in warning for warning in result.warnings)
    assert list(tmp_path.iterdir()) == []


def test_a_corrupt_ledger_is_kept_and_a_new_one_begun(archive, tmp_path):
    (tmp_path / "first-seen.json").write_text('{"schema": 1, "versions": {"foo:am')
    item = wanted(archive.address + "/pool/x")
    result = dates(tmp_path, "first_seen", [item])
    assert result.released == {item.key: PUBLISHED}
    assert "corrupt" in result.warnings[0]
    assert result.warnings[1].endswith("kept as %s/first-seen.json.corrupt" % tmp_path)
    assert (tmp_path / "first-seen.json.corrupt").read_text() == '{"schema": 1, "versions": {"foo:am'
    assert ledger(tmp_path)[item.key]["first_seen"] == PUBLISHED


@pytest.mark.parametrize(
    "content",
    [
        pytest.param({"schema": 2, "versions": {}}, id="a newer schema"),
        pytest.param({"schema": 1}, id="no versions"),
        pytest.param({"schema": 1, "versions": {"foo:amd64=1.1": "2026"}}, id="an entry that is none"),
    ],
)
def test_a_ledger_this_version_cannot_read_is_kept(archive, tmp_path, content):
    (tmp_path / "first-seen.json").write_text(json.dumps(content))
    dates(tmp_path, "first_seen", [wanted(archive.address + "/pool/x")])
    assert json.loads((tmp_path / "first-seen.json.corrupt").read_text()) == content


def test_a_corrupt_ledger_stays_where_it_is_in_check_mode(archive, tmp_path):
    (tmp_path / "first-seen.json").write_text("{")
    dates(tmp_path, "first_seen", [wanted(archive.address + "/pool/x")], check_mode=True)
    assert [path.name for path in tmp_path.iterdir()] == ["first-seen.json"]


def test_what_another_process_noted_meanwhile_stands(tmp_path):
    mine, other = (
        release_dates.Ledger(str(tmp_path / "first-seen.json")),
        release_dates.Ledger(str(tmp_path / "first-seen.json")),
    )
    other.note("foo:amd64=1.1", "first_seen", PUBLISHED)
    other.note("bar:amd64=1", "first_seen", PUBLISHED)
    other.write()
    mine.note("foo:amd64=1.1", "first_seen", "2026-11-21T12:00:00Z")
    mine.note("foo:amd64=1.1", "published", "2026-10-01T00:00:00Z")
    mine.write()
    assert ledger(tmp_path) == {
        "bar:amd64=1": {"first_seen": PUBLISHED},
        "foo:amd64=1.1": {"first_seen": PUBLISHED, "published": "2026-10-01T00:00:00Z"},
    }


def test_a_ledger_that_may_not_be_read_is_a_problem(archive, tmp_path, as_nobody):
    folder = tmp_path / "patchops"
    state.save(str(folder / "first-seen.json"), {"schema": 1, "versions": {}})
    folder.chmod(0)
    item = wanted(archive.address + "/gone/x")
    result = as_nobody(lambda: dates(folder, "first_seen", [item], privileged=False))
    folder.chmod(0o700)
    assert result.released == {}
    (problem,) = result.problems
    assert "first-seen.json" in problem["why"]


# With apt


@pytest.mark.needs("python3-apt")
@pytest.mark.parametrize("mode", ["published", "first_seen"])
def test_apt_dates_newer_versions_by_the_archive_and_the_installed_one_by_its_installation(fake_root, mode):
    suite = fake_root.suite("stable")
    for version in ("1.1", "1.2", "1.0"):
        os.utime(str(suite.add("foo", version)), (1793520000, 1793520000))
    fake_root.install("foo", "1.0")
    fake_root.update()
    (fake_root.root / "var/lib/patchops").mkdir(mode=0o700)
    options = base.Options(refresh="never", root=str(fake_root.root), release_dates=mode)
    document = apt.Apt(fake_root.run, lambda: NOW, options).inventory(
        {"id": "x", "name": "x", "operating_system": "DEBIAN"}
    )
    (package,) = document["packages"]
    assert [(version["version"], version["released_at"]) for version in package["available"]] == [
        ("1.2", PUBLISHED),
        ("1.1", PUBLISHED),
        ("1.0", "2025-06-15T15:06:40Z"),
    ]
    assert document["release_dates"] == mode
    assert len(ledger(pathlib.Path(str(fake_root.root)) / "var/lib/patchops")) == 2
