# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. When versions of apt packages came out, which their metadata does not say.

`published` is the Last-Modified of the .deb in its archive, `first_seen` the moment this host first saw the version, or
its publication where the archive told. Both are kept in a ledger on the host, so each version is asked for once and its
date never moves. No credentials are sent, neither those of auth.conf nor those in a source's address: dates behind them
are unknown.
"""

from __future__ import annotations

import base64
import concurrent.futures
import datetime
import email.utils
import http.client
import os
import ssl
import time
import typing as t
import urllib.parse
import urllib.request

from .._engine import dates
from . import state

LEDGER = "/first-seen.json"  # below the state folder
LEDGER_SCHEMA = 1

CONNECTIONS = 4
TIME_LIMIT = 60.0  # seconds for all questions together
ANSWER_LIMIT = 10.0  # seconds for one
REDIRECTS = 5

Document = t.Dict[str, t.Any]
Proxies = t.Mapping[str, str]  # apt's options by name


class Wanted(t.NamedTuple):
    """A version whose date is wanted."""

    key: str  # name:arch=version
    addresses: t.Tuple[str, ...]  # of its .deb
    ask: bool  # newer than what is installed: worth asking the archive for


class Dates(t.NamedTuple):
    released: t.Dict[str, str]  # by key; a version without a known date is absent
    warnings: t.List[str]
    problems: t.List[Document]


class Unknown(Exception):
    """The archive does not tell; says why."""


class Ledger:
    """What this host knows about versions, by key: `published` and `first_seen`, each written once."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.entries: t.Dict[str, t.Dict[str, str]] = {}
        self.news: t.Dict[str, t.Dict[str, str]] = {}

    def read(self) -> None:
        """Raises state.StateError, and Corrupt when the content is no ledger of this version or an older one."""
        document = state.load(self.path)
        if document is None:
            return
        entries = document.get("versions")
        if document.get("schema") != LEDGER_SCHEMA or not isinstance(entries, dict):
            raise state.Corrupt("%s is no ledger of schema %d" % (self.path, LEDGER_SCHEMA))
        if not all(
            isinstance(entry, dict) and all(isinstance(value, str) for value in entry.values())
            for entry in entries.values()
        ):
            raise state.Corrupt("%s holds entries that are none" % self.path)
        self.entries = entries

    def get(self, key: str, name: str) -> t.Optional[str]:
        return self.news.get(key, {}).get(name) or self.entries.get(key, {}).get(name)

    def note(self, key: str, name: str, instant: str) -> None:
        self.news.setdefault(key, {})[name] = instant

    def write(self) -> t.Optional[str]:
        """Add the news to the file. What another process noted meanwhile stands. Answers where a corrupt file was kept.

        Raises OSError and state.StateError.
        """
        aside = None
        with state.exclusive(self.path):
            try:
                self.read()
            except state.Corrupt:
                self.entries = {}
                aside = state.set_aside(self.path)
            if self.news or aside:
                for key, entry in self.news.items():
                    self.entries[key] = {**entry, **self.entries.get(key, {})}
                state.save(self.path, {"schema": LEDGER_SCHEMA, "versions": self.entries})
        return aside


def release_dates(
    mode: str,
    wanted: t.Sequence[Wanted],
    proxies: Proxies,
    now: datetime.datetime,
    folder: str,
    privileged: bool,
    check_mode: bool,
) -> Dates:
    """The dates of `wanted` in `mode` (published or first_seen), and what kept some from being known or noted.

    Who may not read and keep the ledger cannot see anything for the first time: such dates stay unknown, because they
    would be today's again at every scan.
    """
    ledger = Ledger(folder + LEDGER)
    warnings: t.List[str] = []
    problems: t.List[Document] = []
    sees = privileged
    try:
        ledger.read()
    except state.Corrupt as error:
        warnings.append("the ledger of release dates is corrupt (%s); dates start afresh" % error)
    except state.StateError as error:
        problems.append({"what": "the ledger of release dates", "why": "%s; run with become: true" % error})
        sees = False
    missing = [
        item for item in wanted if item.ask and not ledger.get(item.key, mode) and not ledger.get(item.key, "published")
    ]
    answers, refusals = ask_archives(missing, proxies)
    for key, instant in answers.items():
        ledger.note(key, "published", instant)
    if mode == "published" or not sees:
        warnings.extend(refusals)
    if mode == "first_seen":
        for item in wanted:
            seen = ledger.get(item.key, "published") or (dates.text(now) if sees else None)
            if item.ask and seen and not ledger.get(item.key, "first_seen"):
                ledger.note(item.key, "first_seen", seen)
    warnings.extend(_keep(ledger, privileged, check_mode))
    known = {item.key: ledger.get(item.key, mode) for item in wanted}
    return Dates({key: instant for key, instant in known.items() if instant}, warnings, problems)


def _keep(ledger: Ledger, privileged: bool, check_mode: bool) -> t.List[str]:
    if not ledger.news:
        return []
    if check_mode or not privileged:
        reason = "in check mode nothing is noted" if check_mode else "that needs root: run with become: true"
        return [
            "%d release dates were not noted in %s, the first of them that of %s: %s"
            % (len(ledger.news), ledger.path, min(ledger.news), reason)
        ]
    try:
        aside = ledger.write()
    except (OSError, state.StateError) as error:
        return ["%d release dates could not be noted in %s: %s" % (len(ledger.news), ledger.path, error)]
    return ["the corrupt ledger of release dates was kept as %s" % aside] if aside else []


def ask_archives(wanted: t.Sequence[Wanted], proxies: Proxies) -> t.Tuple[t.Dict[str, str], t.List[str]]:
    """When the archives say that each version was published, by key, and one sentence for each reason they did not."""
    if not wanted:
        return {}, []
    deadline = time.monotonic() + TIME_LIMIT
    by_host = sorted(wanted, key=lambda item: (_host(item), item.key))
    size = -(-len(by_host) // CONNECTIONS)
    shares = [by_host[start : start + size] for start in range(0, len(by_host), size)]
    with concurrent.futures.ThreadPoolExecutor(len(shares)) as pool:
        outcomes = [
            pair for share in pool.map(lambda share: _ask_share(share, proxies, deadline), shares) for pair in share
        ]
    answers = {item.key: outcome for item, outcome in outcomes if not isinstance(outcome, Unknown)}
    reasons: t.Dict[str, t.List[str]] = {}
    for item, outcome in outcomes:
        if isinstance(outcome, Unknown):
            reasons.setdefault(str(outcome), []).append(item.key)
    refusals = [
        "no release date for %d newer version%s, the first of them %s: %s"
        % (len(keys), "s" if len(keys) > 1 else "", min(keys), reason)
        for reason, keys in sorted(reasons.items())
    ]
    return answers, refusals


def _host(item: Wanted) -> str:
    return urllib.parse.urlsplit(item.addresses[0]).netloc if item.addresses else ""


def _ask_share(
    share: t.Sequence[Wanted], proxies: Proxies, deadline: float
) -> t.List[t.Tuple[Wanted, t.Union[str, Unknown]]]:
    with Client(proxies, deadline) as client:
        return [(item, _ask(client, item)) for item in share]


def _ask(client: Client, item: Wanted) -> t.Union[str, Unknown]:
    """The answer of the first archive that has one."""
    outcome: t.Union[str, Unknown] = Unknown("no configured archive offers its file")
    for address in item.addresses:
        try:
            return client.last_modified(address)
        except Unknown as reason:
            outcome = reason
    return outcome


class Client:
    """Asks archives for the age of files, keeping one connection to each."""

    def __init__(self, proxies: Proxies, deadline: float) -> None:
        self._proxies = proxies
        self._deadline = deadline
        self._connections: t.Dict[t.Tuple[str, str], http.client.HTTPConnection] = {}
        self._unreachable: t.Dict[t.Tuple[str, str], str] = {}

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_exception: object) -> None:
        for connection in self._connections.values():
            connection.close()

    def last_modified(self, address: str) -> str:
        """The instant at which the file at `address` was last modified. Raises Unknown."""
        for _hop in range(REDIRECTS + 1):
            parts = urllib.parse.urlsplit(address)
            if parts.scheme in ("file", "copy"):
                return _of_file(urllib.parse.unquote(parts.path))
            if parts.scheme not in ("http", "https") or not parts.hostname:
                raise Unknown("archives of type '%s' do not tell" % parts.scheme)
            response = self._head(parts)
            if response.status not in (301, 302, 303, 307, 308):
                return _of_response(parts.hostname, response)
            target = urllib.parse.urljoin(address, response.headers.get("Location") or "")
            if parts.scheme == "https" and not target.startswith("https:"):
                raise Unknown("%s redirects from https to something else" % parts.hostname)
            address = target
        raise Unknown("more than %d redirects" % REDIRECTS)

    def _head(self, parts: urllib.parse.SplitResult) -> http.client.HTTPResponse:
        place = (parts.scheme, parts.netloc)
        if place in self._unreachable:
            raise Unknown(self._unreachable[place])
        proxy = proxy_of(parts.scheme, parts.hostname or "", self._proxies)
        target = parts.path + ("?" + parts.query if parts.query else "")
        headers = {"User-Agent": "patchops.fleet", "Accept": "*/*"}
        if proxy and parts.scheme == "http":
            target = "%s://%s%s" % (parts.scheme, parts.netloc, target)
            headers.update(_proxy_authorization(proxy))
        for attempt in ("a connection that may have been closed meanwhile", "a new one"):
            if time.monotonic() >= self._deadline:
                raise Unknown("the archives did not answer all questions within %d seconds" % TIME_LIMIT)
            try:
                connection = self._connections.get(place) or self._connect(parts, proxy)
                self._connections[place] = connection
                connection.request("HEAD", target, headers=headers)
                response = connection.getresponse()
                response.read()
                return response
            except (OSError, http.client.HTTPException) as error:
                stale = self._connections.pop(place, None)
                if stale is not None:
                    stale.close()
                if attempt == "a new one":
                    self._unreachable[place] = "%s cannot be reached: %s" % (
                        parts.hostname,
                        error or type(error).__name__,
                    )
        raise Unknown(self._unreachable[place])

    def _connect(
        self, parts: urllib.parse.SplitResult, proxy: t.Optional[urllib.parse.SplitResult]
    ) -> http.client.HTTPConnection:
        remaining = max(1.0, min(ANSWER_LIMIT, self._deadline - time.monotonic()))
        secure = parts.scheme == "https"
        place = proxy or parts
        kind: t.Any = http.client.HTTPConnection
        settings: t.Dict[str, t.Any] = {"timeout": remaining}
        if secure:
            kind = http.client.HTTPSConnection
            settings["context"] = ssl.create_default_context()
        port = place.port or (443 if secure and not proxy else 80 if not proxy else 3128)
        connection = kind(place.hostname, port, **settings)
        if secure and proxy:
            connection.set_tunnel(parts.hostname, parts.port or 443, headers=_proxy_authorization(proxy))
        return connection


def proxy_of(scheme: str, host: str, proxies: Proxies) -> t.Optional[urllib.parse.SplitResult]:
    """The proxy apt would use: its option for the host, its option for the scheme, the environment. Raises Unknown."""
    options = ["Acquire::%s::Proxy::%s" % (scheme, host), "Acquire::%s::Proxy" % scheme]
    if scheme == "https":
        options += ["Acquire::http::Proxy::%s" % host, "Acquire::http::Proxy"]
    value = next((proxies[option] for option in options if proxies.get(option)), None)
    if value is None and not urllib.request.proxy_bypass(host):
        value = urllib.request.getproxies().get(scheme)
    if not value or value.upper() == "DIRECT":
        return None
    parts = urllib.parse.urlsplit(value)
    if parts.scheme != "http" or not parts.hostname:
        raise Unknown("a proxy of type '%s' cannot be asked" % parts.scheme)
    return parts


def _proxy_authorization(proxy: urllib.parse.SplitResult) -> t.Dict[str, str]:
    if not proxy.username:
        return {}
    pair = "%s:%s" % (urllib.parse.unquote(proxy.username), urllib.parse.unquote(proxy.password or ""))
    return {"Proxy-Authorization": "Basic " + base64.b64encode(pair.encode("utf-8")).decode("ascii")}


def _of_response(host: str, response: http.client.HTTPResponse) -> str:
    if response.status != 200:
        raise Unknown("%s answered %d %s" % (host, response.status, response.reason))
    parsed = email.utils.parsedate_tz(response.headers.get("Last-Modified") or "")
    if parsed is None:
        raise Unknown("%s sends no Last-Modified" % host)
    return _instant(email.utils.mktime_tz(parsed))


def _of_file(path: str) -> str:
    try:
        return _instant(os.stat(path).st_mtime)
    except OSError as error:
        raise Unknown("%s: %s" % (path, error.strerror)) from error


def _instant(seconds: float) -> str:
    return dates.text(datetime.datetime.fromtimestamp(int(seconds), dates.UTC))
