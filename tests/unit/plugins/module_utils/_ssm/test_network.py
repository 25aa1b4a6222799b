# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which way instances have to the endpoints of AWS."""

from __future__ import annotations

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._ssm import network
from ansible_collections.patchops.fleet.plugins.module_utils._ssm.network import Place

HIDDEN, PUBLIC = Place("vpc-1", "subnet-1", False), Place("vpc-1", "subnet-1", True)
MAIN = [{"Main": True}]
ALL = ("ssm", "ssmmessages", "s3")


def endpoint(service, **more):
    usual = {
        "VpcEndpointId": "vpce-" + service,
        "VpcId": "vpc-1",
        "ServiceName": "com.amazonaws.eu-central-1." + service,
        "VpcEndpointType": "Interface",
        "State": "available",
        "PrivateDnsEnabled": True,
    }
    return {**usual, **more}


def table(*routes, associations=None, **more):
    associations = MAIN if associations is None else associations
    return {"RouteTableId": "rtb-1", "VpcId": "vpc-1", "Associations": associations, "Routes": list(routes), **more}


def route(destination="0.0.0.0/0", state="active", **target):
    key = "DestinationIpv6CidrBlock" if ":" in destination else "DestinationCidrBlock"
    return {key: destination, "State": state, **target}


S3 = endpoint("s3", VpcEndpointType="Gateway", RouteTableIds=["rtb-1"])
ENDPOINTS = [endpoint("ssm"), endpoint("ssmmessages"), S3]


@pytest.mark.parametrize(
    ("endpoints", "missing", "note"),
    [
        pytest.param(ENDPOINTS, (), None, id="all of them"),
        pytest.param([*ENDPOINTS[:2], endpoint("s3")], (), None, id="S3 by an interface"),
        pytest.param([], ALL, None, id="none"),
        pytest.param(ENDPOINTS[:2], ("s3",), None, id="all but one"),
        pytest.param([*ENDPOINTS[1:], endpoint("ec2messages")], ("ssm",), None, id="one that is not needed"),
        pytest.param([*ENDPOINTS[1:], endpoint("ssm", VpcId="vpc-2")], ("ssm",), None, id="of another VPC"),
        pytest.param([*ENDPOINTS[1:], endpoint("ssm-contacts")], ("ssm",), None, id="a name that ends otherwise"),
        pytest.param(
            [*ENDPOINTS[1:], endpoint("ssm", State="pending")], ("ssm",), "is pending", id="one that is not there yet"
        ),
        pytest.param([*ENDPOINTS[1:], endpoint("ssm", State="Available")], (), None, id="a state in capitals"),
        pytest.param(
            [*ENDPOINTS[1:], endpoint("ssm", PrivateDnsEnabled=False)], ("ssm",), "no private DNS name", id="no name"
        ),
        pytest.param(
            [*ENDPOINTS[:2], {**S3, "RouteTableIds": ["rtb-2"]}], ("s3",), "not in the route table", id="other routes"
        ),
    ],
)
def test_endpoints(endpoints, missing, note):
    way = network.way_of(HIDDEN, endpoints, [table()])
    assert way.missing == missing
    assert (note or "") in "; ".join(way.notes)
    assert bool(way.notes) == bool(note)


@pytest.mark.parametrize(
    ("place", "routes", "through", "beyond", "note"),
    [
        pytest.param(HIDDEN, [route(NatGatewayId="nat-1")], "nat-1", None, None, id="NAT"),
        pytest.param(PUBLIC, [route(GatewayId="igw-1")], "igw-1", None, None, id="internet, public"),
        pytest.param(HIDDEN, [route(GatewayId="igw-1")], None, None, "no public address", id="internet, hidden"),
        pytest.param(HIDDEN, [route("::/0", EgressOnlyInternetGatewayId="eigw-1")], None, None, None, id="IPv6"),
        pytest.param(
            HIDDEN, [route("::/0", GatewayId="igw-1"), route(NatGatewayId="nat-1")], "nat-1", None, None, id="both"
        ),
        pytest.param(HIDDEN, [route(TransitGatewayId="tgw-1")], None, "tgw-1", None, id="transit"),
        pytest.param(HIDDEN, [route(GatewayId="vgw-1")], None, "vgw-1", None, id="VPN"),
        pytest.param(HIDDEN, [route(NetworkInterfaceId="eni-1", InstanceId="i-1")], None, "eni-1", None, id="instance"),
        pytest.param(
            HIDDEN, [route(NatGatewayId="nat-1", state="blackhole")], None, None, "black hole", id="a NAT that is gone"
        ),
        pytest.param(HIDDEN, [route("10.0.0.0/8", NatGatewayId="nat-1")], None, None, None, id="another destination"),
        pytest.param(HIDDEN, [], None, None, None, id="nothing"),
    ],
)
def test_routes(place, routes, through, beyond, note):
    way = network.way_of(place, [], [table(*routes)])
    assert (way.through, way.beyond) == (through, beyond)
    assert (note or "") in "; ".join(way.notes)


def test_the_subnet_s_own_table_goes_before_the_main_one():
    main = table(route(NatGatewayId="nat-main"))
    own = table(route(NatGatewayId="nat-own"), associations=[{"SubnetId": "subnet-1"}])
    other = table(route(NatGatewayId="nat-other"), associations=[{"SubnetId": "subnet-2"}])
    foreign = table(route(NatGatewayId="nat-foreign"), VpcId="vpc-2")
    assert network.way_of(HIDDEN, [], [foreign, other, main, own]).through == "nat-own"
    assert network.way_of(HIDDEN, [], [own, main, other, foreign]).through == "nat-own"
    assert network.way_of(HIDDEN, [], [foreign, other, main]).through == "nat-main"


@pytest.mark.parametrize(
    ("routes", "found"),
    [
        pytest.param([route("::/0", EgressOnlyInternetGatewayId="eigw-1")], "eigw-1", id="egress alone"),
        pytest.param([route("::/0", GatewayId="igw-1")], "igw-1", id="internet"),
        pytest.param([route("::/0", EgressOnlyInternetGatewayId="eigw-1", state="blackhole")], None, id="black hole"),
        pytest.param([route("2001:db8::/32", GatewayId="vgw-1")], None, id="another destination"),
        pytest.param([route(NatGatewayId="nat-1")], None, id="IPv4"),
    ],
)
def test_where_ipv6_leads(routes, found):
    assert network.way_of(HIDDEN, [], [table(*routes)]).ipv6 == found
