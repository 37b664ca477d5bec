"""What openstack-lab.sh sets up through OpenStack's API; each does nothing the second time.

users    the users glance, alpha and beta with their projects and roles, and Glance's endpoint
nova     the users and endpoints of placement, Nova and Neutron
compute  waits until nova-compute has registered itself
flavors  makes the flavors
network  makes the network "lab", which every project may use, and waits for its DHCP
"""

import os
import sys
import time
from datetime import datetime, timezone

import openstack

cloud = openstack.connect()


def one(existing, make, name, **what):
    return next((each for each in existing() if each.name == name), None) or make(name=name, **what)


def project(name):
    return one(cloud.identity.projects, cloud.identity.create_project, name, domain_id="default")


def user(name, in_project, *roles):
    account = one(
        cloud.identity.users,
        cloud.identity.create_user,
        name,
        password=os.environ["KEYSTONE_PASSWORD"],
        domain_id="default",
        default_project_id=in_project.id,
    )
    for role in roles:
        role = one(cloud.identity.roles, cloud.identity.create_role, role)
        cloud.identity.assign_project_role_to_user(in_project, account, role)


def service(kind, name, url):
    if any(each.type == kind for each in cloud.identity.services()):
        return
    made = cloud.identity.create_service(type=kind, name=name)
    for interface in ("public", "internal", "admin"):
        cloud.identity.create_endpoint(
            service_id=made.id, interface=interface, url=url, region_id=os.environ["OS_REGION_NAME"]
        )


def wait(what, condition):
    end = time.monotonic() + 90
    while not condition():
        if time.monotonic() > end:
            sys.exit(what + " within 90 s")
        time.sleep(0.5)


def users():
    user("glance", project("service"), "admin", "service")
    for name in ("alpha", "beta"):
        user(name, project(name), "member", "reader")
    service("image", "glance", os.environ["GLANCE_URL"])


def nova():
    for name in ("placement", "nova", "neutron"):
        user(name, project("service"), "admin", "service")
    service("placement", "placement", os.environ["PLACEMENT_URL"])
    service("compute", "nova", os.environ["NOVA_URL"] + "/v2.1")
    service("network", "neutron", os.environ["NEUTRON_URL"])


def compute():
    # Neutron 21: when the first query of a fresh worker is for ports, that and every later one
    # fails ("Port has no attribute port_forwardings"), until some other query is made.
    list(cloud.network.networks())
    # For a minute, the one of before a restart still counts as "up".
    begin = datetime.now(timezone.utc).replace(tzinfo=None).isoformat()
    wait(
        "nova-compute has not registered itself",
        lambda: any(
            s.binary == "nova-compute" and s.state == "up" and (s.updated_at or "") > begin
            for s in cloud.compute.services()
        ),
    )


def flavors():
    for name, ram, disk in (("lab.tiny", 256, 1), ("lab.small", 512, 4), ("lab.medium", 1024, 10)):
        one(cloud.compute.flavors, cloud.compute.create_flavor, name, ram=ram, vcpus=1, disk=disk)


def network():
    # A port that is made before the bridge's agent is known can be bound to nothing, and stays so.
    kinds = {"Linux bridge agent", "DHCP agent"}
    wait(
        "Neutron's agents have not registered themselves",
        lambda: kinds <= {agent.agent_type for agent in cloud.network.agents() if agent.is_alive},
    )
    if not list(cloud.network.networks(name="lab")):
        made = cloud.network.create_network(
            name="lab",
            is_shared=True,
            provider_network_type="flat",
            provider_physical_network="lab",
        )
        cloud.network.create_subnet(
            network_id=made.id,
            ip_version=4,
            cidr=os.environ["SUBNET"] + ".0/24",
            gateway_ip=os.environ["SUBNET"] + ".1",
        )
    # A guest that boots before has no address: it asks for a few seconds only.
    wait(
        "the DHCP agent has not set the network up",
        lambda: any(
            port.status == "ACTIVE" for port in cloud.network.ports(device_owner="network:dhcp")
        ),
    )


for what in sys.argv[1:]:
    {
        "users": users,
        "nova": nova,
        "compute": compute,
        "flavors": flavors,
        "network": network,
    }[what]()
