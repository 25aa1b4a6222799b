# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Which way instances of a subnet have to the endpoints of AWS that patching needs. Pure."""

from __future__ import annotations

import typing as t

from .change import Resource

# Newer agents use ssmmessages in place of ec2messages. S3 has the metadata of patches, snapshots of baselines and, for
# Amazon Linux, the repositories.
NEEDED = ("ssm", "ssmmessages", "s3")
# Not every endpoint answers by IPv6: the route of IPv4 alone is a way for sure.
DEFAULT_ROUTE, IPV6_DEFAULT_ROUTE = "0.0.0.0/0", "::/0"
AVAILABLE, ACTIVE = "available", "active"
# Members of a route, by what they lead to; who stands behind the last ones this account does not show.
BEYOND = (
    *("TransitGatewayId", "NetworkInterfaceId", "InstanceId", "VpcPeeringConnectionId", "LocalGatewayId"),
    *("CarrierGatewayId", "CoreNetworkArn"),
)
TARGETS = ("NatGatewayId", "EgressOnlyInternetGatewayId", "GatewayId", *BEYOND)


class Place(t.NamedTuple):
    """Where instances stand that have the same way."""

    vpc: str
    subnet: str
    public: bool  # they have an address of the internet


class Way(t.NamedTuple):
    missing: t.Tuple[str, ...]  # services without an endpoint in the VPC
    through: t.Optional[str]  # the gateway that leads to the internet
    beyond: t.Optional[str]  # a route whose end cannot be seen from here
    ipv6: t.Optional[str]  # where the default route of IPv6 leads
    notes: t.Tuple[str, ...]

    @property
    def open(self) -> bool:
        return not self.missing or self.through is not None


def way_of(place: Place, endpoints: t.Sequence[Resource], tables: t.Sequence[Resource]) -> Way:
    """`endpoints` and `tables` as DescribeVpcEndpoints and DescribeRouteTables answer, of any VPC."""
    table = _table_of(place, tables)
    notes: t.List[str] = []
    reached = set()
    for endpoint in endpoints:
        service = endpoint["ServiceName"].rpartition(".")[2]
        if endpoint["VpcId"] == place.vpc and service in NEEDED and _serves(endpoint, table, notes):
            reached.add(service)
    through, beyond = _default_route(place, table, notes)
    missing = tuple(service for service in NEEDED if service not in reached)
    return Way(missing, through, beyond, _ipv6_route(table), tuple(notes))


def _table_of(place: Place, tables: t.Sequence[Resource]) -> Resource:
    """The route table of the subnet, or the VPC's main one."""
    main: Resource = {}
    for table in tables:
        for association in table.get("Associations", []):
            if association.get("SubnetId") == place.subnet:
                return table
            if association.get("Main") and table["VpcId"] == place.vpc:
                main = table
    return main


def _serves(endpoint: Resource, table: Resource, notes: t.List[str]) -> bool:
    identifier = endpoint["VpcEndpointId"]
    if endpoint["State"].lower() != AVAILABLE:
        notes.append("%s (%s) is %s" % (identifier, endpoint["ServiceName"], endpoint["State"]))
        return False
    if endpoint["VpcEndpointType"] == "Gateway":
        if table.get("RouteTableId") in endpoint.get("RouteTableIds", []):
            return True
        notes.append("%s (%s) is not in the route table of the subnet" % (identifier, endpoint["ServiceName"]))
        return False
    if endpoint.get("PrivateDnsEnabled"):
        return True
    notes.append("%s (%s) has no private DNS name" % (identifier, endpoint["ServiceName"]))
    return False


def _default_route(place: Place, table: Resource, notes: t.List[str]) -> t.Tuple[t.Optional[str], t.Optional[str]]:
    beyond = None
    for route in table.get("Routes", []):
        if route.get("DestinationCidrBlock") != DEFAULT_ROUTE:
            continue
        gateway, out = route.get("GatewayId") or "", route.get("NatGatewayId")
        target = _target(route)
        if route.get("State", ACTIVE) != ACTIVE:
            notes.append("its default route to %s is a black hole" % target)
        elif out:
            return out, None
        elif gateway.startswith("igw-"):
            if place.public:
                return gateway, None
            notes.append("its default route leads to %s, and instances have no public address" % gateway)
        else:
            beyond = target
    return None, beyond


def _target(route: Resource) -> str:
    return next((route[member] for member in TARGETS if route.get(member)), "nowhere")


def _ipv6_route(table: Resource) -> t.Optional[str]:
    """What the default route of IPv6 leads to, where it leads anywhere."""
    for route in table.get("Routes", []):
        if route.get("DestinationIpv6CidrBlock") == IPV6_DEFAULT_ROUTE and route.get("State", ACTIVE) == ACTIVE:
            return _target(route)
    return None
