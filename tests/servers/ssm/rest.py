# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests of services whose operations stand in method and path (S3, Quick Setup), read by botocore's model."""

from __future__ import annotations

import functools
import re
import typing as t
import urllib.parse

from botocore import loaders
from botocore.exceptions import UnknownServiceError
from botocore.model import OperationModel, ServiceModel

Query = dict[str, str]


class Route(t.NamedTuple):
    operation: OperationModel
    path: re.Pattern[str]  # of the path as it is sent, with quoted labels
    query: Query  # what the URI always has
    needed: dict[str, set[str]]  # required members by where they are sent: header, querystring

    @property
    def weight(self) -> int:
        """Of several that fit, the one that asks for most is meant."""
        return len(self.query) + sum(map(len, self.needed.values()))


class Matched(t.NamedTuple):
    operation: str
    labels: dict[str, str]  # members that stand in the path


def match(service: str, method: str, uri: str, headers: t.Collection[str]) -> Matched | None:
    """What a request asks for; None for a service that is unknown or of another kind. `headers`: names, lower case."""
    path, _mark, written = uri.partition("?")
    query = dict(urllib.parse.parse_qsl(written, keep_blank_values=True))
    fitting = []
    for route in _routes(service):
        found = route.path.fullmatch(path)
        sent = {"header": set(headers), "querystring": set(query)}
        if (
            found
            and route.operation.http["method"] == method
            and route.query.items() <= query.items()
            and all(route.needed[where] <= sent[where] for where in sent)
        ):
            labels = {name: urllib.parse.unquote(value) for name, value in found.groupdict().items()}
            fitting.append((route.weight, Matched(route.operation.name, labels)))
    return max(fitting, default=(0, None), key=lambda one: one[0])[1]


@functools.cache
def model(service: str) -> ServiceModel | None:
    """By the name that requests are signed with; None where botocore knows none."""
    loader = (
        loaders.create_loader()
    )  # of its own: clients of S3 strip the bucket from the paths of the model they share
    try:
        return ServiceModel(loader.load_service_model(service, "service-2"), service)
    except UnknownServiceError:
        return None


@functools.cache
def _routes(service: str) -> tuple[Route, ...]:
    found = model(service)
    if found is None or not found.metadata["protocol"].startswith("rest-"):
        return ()
    return tuple(_route(found.operation_model(name)) for name in found.operation_names)


def _route(operation: OperationModel) -> Route:
    template, _mark, query = operation.http["requestUri"].partition("?")
    pattern = re.sub(r"\\\{(\w+)(\\\+)?\\\}", _label, re.escape(template))
    members = operation.input_shape.members.items() if operation.input_shape else ()
    needed: dict[str, set[str]] = {"header": set(), "querystring": set()}
    for name, member in members:
        where = member.serialization.get("location")
        if where in needed and name in operation.input_shape.required_members:
            needed[where].add(
                member.serialization["name"].lower() if where == "header" else member.serialization["name"]
            )
    return Route(operation, re.compile(pattern), dict(urllib.parse.parse_qsl(query, keep_blank_values=True)), needed)


def _label(found: re.Match[str]) -> str:
    """A greedy one, such as the key of an object, goes over slashes."""
    return f"(?P<{found[1]}>{'.+' if found[2] else '[^/]+'})"
