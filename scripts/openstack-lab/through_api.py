"""What openstack-lab.sh sets up through OpenStack's API; each does nothing the second time.

users    the users glance, alpha and beta with their projects and roles, and Glance's endpoint
nova     the users and endpoints of placement, Nova and Neutron
compute  waits until nova-compute has registered itself
flavors  makes the flavors
"""

import os
import sys
import time

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
    end = time.monotonic() + 90
    while not any(s.binary == "nova-compute" and s.state == "up" for s in cloud.compute.services()):
        if time.monotonic() > end:
            sys.exit("nova-compute has not registered itself within 90 s")
        time.sleep(0.5)


def flavors():
    for name, ram, disk in (("lab.tiny", 256, 1), ("lab.small", 512, 4), ("lab.medium", 1024, 10)):
        one(cloud.compute.flavors, cloud.compute.create_flavor, name, ram=ram, vcpus=1, disk=disk)


for what in sys.argv[1:]:
    {"users": users, "nova": nova, "compute": compute, "flavors": flavors}[what]()
