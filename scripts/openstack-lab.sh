#!/bin/bash
# A real OpenStack on loopback, from Debian's packages, to test against: plain processes without
# systemd, containers or KVM, with everything they write in one folder.
#
#   openstack-lab.sh start [--nova | --network]
#                                      starts what does not run yet, and installs it before if root
#                                      (nothing): Keystone and Glance; any user can
#                                      --nova: also placement, Nova (QEMU without KVM), Neutron; root only
#                                      --network: the same with a network "lab", where servers get
#                                      an address by DHCP and are reached from this host
#   openstack-lab.sh status            what runs; exit code 1 if nothing does
#   openstack-lab.sh env [USER]        the OS_* variables of admin, alpha or beta, as shell exports
#   openstack-lab.sh stop              ends every process; images, users and servers stay
#   openstack-lab.sh clean             the same, and deletes the folder
#
# There is one project for each user, and every password is "secret". In the folder, clouds.yaml
# has the clouds lab-admin, lab-alpha and lab-beta.
#
# VOYAGEUR_LAB       the folder (build/openstack-lab)
# VOYAGEUR_LAB_PORT  the first of nine ports (15000), for more than one lab on a host
set -eu
here=$(cd "$(dirname "$0")" && pwd)
lab=$(realpath -m "${VOYAGEUR_LAB:-$here/../build/openstack-lab}")
first=${VOYAGEUR_LAB_PORT:-15000}
password=secret
region=RegionOne
keystone=http://127.0.0.1:$first
glance_port=$((first + 1))
glance=http://127.0.0.1:$glance_port
log=$lab/log

# Python and OpenStack's clients must see what is set here, and nothing of the caller's.
for name in $(compgen -e | grep -E '^(OS_|PYTHON(PATH|HOME)$)' || true); do unset "$name"; done
export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8
export HOME="$lab/home"
export no_proxy="${no_proxy:+$no_proxy,}127.0.0.1,localhost"

. "$here/openstack-lab/processes.sh"
. "$here/openstack-lab/keystone-glance.sh"
. "$here/openstack-lab/nova.sh"

cloud_environment() { # USER: words for env(1)
  echo "OS_AUTH_URL=$keystone/v3 OS_IDENTITY_API_VERSION=3 OS_USERNAME=$1 OS_PASSWORD=$password" \
    "OS_PROJECT_NAME=$1 OS_USER_DOMAIN_NAME=Default OS_PROJECT_DOMAIN_NAME=Default" \
    "OS_REGION_NAME=$region OS_INTERFACE=public OS_COMPUTE_API_VERSION=2.90"
}

clouds_yaml() {
  local user
  echo "clouds:"
  for user in admin alpha beta; do
    cat <<END
  lab-$user:
    region_name: $region
    identity_api_version: 3
    auth:
      auth_url: $keystone/v3
      username: $user
      password: $password
      project_name: $user
      user_domain_name: Default
      project_domain_name: Default
END
  done
}

# What needs the API, in one process: each start of the openstack program takes a second or two.
through_api() { # WHAT...
  # shellcheck disable=SC2046
  env $(cloud_environment admin) KEYSTONE_PASSWORD="$password" GLANCE_URL="$glance" \
    PLACEMENT_URL="$placement" NOVA_URL="$nova" NEUTRON_URL="$neutron" SUBNET="$subnet" \
    /usr/bin/python3 "$here/openstack-lab/through_api.py" "$@"
}

start() {
  local with_nova= with_network= groups=openstack started=$SECONDS
  case "${1:-}" in
    "") ;;
    --nova | --network)
      with_nova=yes groups="openstack nova"
      [ "$1" = --nova ] || with_network=yes
      ;;
    *) usage ;;
  esac
  if [ "$with_nova" ] && [ "$(id -u)" -ne 0 ]; then
    fail "Nova needs root: libvirt wants a mount namespace. Without --nova any user can"
  fi
  # shellcheck disable=SC2086
  "$here/setup.sh" $groups
  started=$SECONDS
  trap 'stop; exit 1' EXIT
  trap 'exit 130' INT TERM
  clouds_yaml >"$lab/clouds.yaml"
  if [ "$with_nova" ]; then
    start_with_nova
    [ -z "$with_network" ] || start_network
  else
    start_keystone_and_glance
  fi
  await_http glance "$glance/"
  trap - EXIT INT TERM
  echo "openstack-lab: runs after $((SECONDS - started)) s; export OS_CLIENT_CONFIG_FILE=$lab/clouds.yaml OS_CLOUD=lab-alpha"
}

stop() {
  stop_guests
  end neutron-dhcp neutron-bridge neutron nova-compute nova-scheduler nova-conductor nova-api placement glance keystone
  stop_network
  end libvirtd
  end rabbitmq
  end epmd mariadb
}

usage() {
  sed -n '2,23s/^# \{0,1\}//p' "$0" >&2
  exit 2
}

case "${1:-}" in
  status) status ;;
  env)
    for word in $(cloud_environment "${2:-admin}"); do echo "export $word"; done
    echo "export OS_CLIENT_CONFIG_FILE=$lab/clouds.yaml no_proxy=$no_proxy"
    ;;
  start | stop | clean)
    # Two at once would start or end each other's processes. These do not inherit the lock.
    mkdir -p "$lab/run" "$log" "$HOME"
    exec 9>"$lab/lock"
    flock 9
    case $1 in
      start)
        shift
        start "$@"
        ;;
      stop) stop ;;
      clean)
        stop
        rm -rf "$lab"
        ;;
    esac
    ;;
  *) usage ;;
esac
