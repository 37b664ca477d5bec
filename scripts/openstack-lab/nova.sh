# To be sourced by openstack-lab.sh: Nova with libvirt and QEMU, and what it does not work without:
# MariaDB, RabbitMQ, placement, Neutron.
placement_port=$((first + 2))
placement=http://127.0.0.1:$placement_port
nova_port=$((first + 3))
nova=http://127.0.0.1:$nova_port
neutron_port=$((first + 4))
neutron=http://127.0.0.1:$neutron_port
mariadb_port=$((first + 5))
rabbitmq_port=$((first + 6))
erlang_port=$((first + 7))
epmd_port=$((first + 8))
# A cable into the guests' network. This end has its first address: servers are reached from here.
cable=vlab$first
subnet=10.77.$((first / 100 % 250))
libvirt="qemu+unix:///system?socket=$lab/libvirt/run/libvirt-sock"

database() { # NAME
  echo "connection = mysql+pymysql://lab:$password@127.0.0.1:$mariadb_port/$1"
}

mariadb_settings() {
  mkdir -p "$lab/mariadb"
  cat >"$lab/mariadb/my.cnf" <<END
[mariadbd]
user = $(id -un)
datadir = $lab/mariadb/data
socket = $lab/mariadb/socket
pid-file = $lab/mariadb/pid
tmpdir = $lab/mariadb
bind-address = 127.0.0.1
port = $mariadb_port
skip-log-bin
skip-name-resolve
performance_schema = OFF
innodb_log_file_size = 64M
innodb_flush_log_at_trx_commit = 0
innodb_doublewrite = 0
innodb_flush_method = nosync
character-set-server = utf8mb3
collation-server = utf8mb3_general_ci
END
}

new_mariadb() {
  step mariadb mariadb-install-db --defaults-file="$lab/mariadb/my.cnf" \
    --auth-root-authentication-method=normal --skip-test-db
}

new_databases() {
  local name
  {
    for name in placement nova_api nova_cell0 nova neutron; do
      echo "create database if not exists $name character set utf8mb3;"
    done
    echo "create or replace user 'lab'@'127.0.0.1' identified by '$password';"
    echo "grant all on *.* to 'lab'@'127.0.0.1';"
  } >"$lab/mariadb/databases.sql"
  step mariadb mariadb -S "$lab/mariadb/socket" -u root -e "source $lab/mariadb/databases.sql"
}

# Debian's rabbitmq-server changes to a user of its own; what it calls does not. The Erlang port
# mapper would be left behind: the lab starts, and ends, one of its own. +sbwt: no busy waiting.
rabbitmq_settings() {
  mkdir -p "$lab/rabbitmq/home" "$lab/rabbitmq/data" "$lab/rabbitmq/log"
  cat >"$lab/rabbitmq/rabbitmq.conf" <<END
listeners.tcp.1 = 127.0.0.1:$rabbitmq_port
default_user = lab
default_pass = $password
loopback_users = none
log.console = true
log.console.level = warning
log.file = false
END
  echo '[].' >"$lab/rabbitmq/enabled_plugins"
  : >"$lab/rabbitmq/env.conf"
}

rabbitmq() {
  launch rabbitmq env HOME="$lab/rabbitmq/home" \
    ERL_EPMD_PORT=$epmd_port ERL_EPMD_ADDRESS=127.0.0.1 \
    RABBITMQ_CONF_ENV_FILE="$lab/rabbitmq/env.conf" \
    RABBITMQ_CONFIG_FILE="$lab/rabbitmq/rabbitmq.conf" \
    RABBITMQ_ENABLED_PLUGINS_FILE="$lab/rabbitmq/enabled_plugins" \
    RABBITMQ_NODENAME="lab$first@localhost" RABBITMQ_NODE_IP_ADDRESS=127.0.0.1 \
    RABBITMQ_NODE_PORT=$rabbitmq_port RABBITMQ_DIST_PORT=$erlang_port \
    RABBITMQ_MNESIA_BASE="$lab/rabbitmq/data" RABBITMQ_LOG_BASE="$lab/rabbitmq/log" \
    RABBITMQ_PID_FILE="$lab/rabbitmq/pid" \
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="+S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none -kernel inet_dist_use_interface {127,0,0,1} -start_epmd false" \
    /usr/lib/rabbitmq/bin/rabbitmq-server
}

placement_settings() {
  mkdir -p "$lab/placement"
  cat >"$lab/placement/placement.conf" <<END
[DEFAULT]
use_stderr = true
[api]
auth_strategy = keystone
[keystone_authtoken]
www_authenticate_uri = $keystone
$(credentials placement)
[placement_database]
$(database placement)
END
  uwsgi_settings "$placement_port" /usr/bin/placement-api 1 \
    "OS_PLACEMENT_CONFIG_DIR=$lab/placement" >"$lab/placement/uwsgi.ini"
}

# As root there is no sudo to go through.
privileged() { # SETTINGS GROUP...
  local settings=$1 group
  shift
  for group in "$@"; do
    printf '[%s]\nhelper_command = privsep-helper --config-file %s\n' "$group" "$settings"
  done
}

# The databases are in a file of their own, which nova-compute must not see.
nova_settings() {
  mkdir -p "$lab/nova/instances" "$lab/nova/locks" "$lab/nova/policy.d"
  cat >"$lab/nova/databases.conf" <<END
[api_database]
$(database nova_api)
[database]
$(database nova)
END
  cat >"$lab/nova/nova.conf" <<END
[DEFAULT]
host = lab
my_ip = 127.0.0.1
use_stderr = true
state_path = $lab/nova
instances_path = $lab/nova/instances
transport_url = rabbit://lab:$password@127.0.0.1:$rabbitmq_port/
compute_driver = libvirt.LibvirtDriver
enabled_apis = osapi_compute
config_drive_format = iso9660
mkisofs_cmd = genisoimage
reserved_host_memory_mb = 512
reserved_host_disk_mb = 0
cpu_allocation_ratio = 16.0
ram_allocation_ratio = 1.5
disk_allocation_ratio = 4.0
shutdown_timeout = 20
[keystone_authtoken]
www_authenticate_uri = $keystone
$(credentials nova)
[service_user]
send_service_user_token = true
$(credentials nova)
[placement]
$(credentials placement)
[neutron]
$(credentials neutron)
[glance]
region_name = $region
[conductor]
workers = 1
[scheduler]
workers = 1
[oslo_concurrency]
lock_path = $lab/nova/locks
[libvirt]
virt_type = qemu
cpu_mode = none
connection_uri = $libvirt
[vnc]
enabled = true
server_listen = 127.0.0.1
server_proxyclient_address = 127.0.0.1
[spice]
enabled = false
[wsgi]
api_paste_config = /etc/nova/api-paste.ini
[oslo_policy]
policy_dirs = $lab/nova/policy.d
$(privileged "$lab/nova/nova.conf" nova_sys_admin vif_plug_linux_bridge_privileged \
    vif_plug_ovs_privileged privsep_osbrick)
END
  uwsgi_settings "$nova_port" /usr/bin/nova-api-wsgi 2 \
    "OS_NOVA_CONFIG_FILES=/etc/nova/api-paste.ini;$lab/nova/nova.conf;$lab/nova/databases.conf" \
    >"$lab/nova/uwsgi.ini"
}

new_nova_databases() {
  local manage="nova-manage --config-file $lab/nova/nova.conf --config-file $lab/nova/databases.conf"
  local cell0=$(database nova_cell0)
  # shellcheck disable=SC2086
  {
    step nova-databases $manage api_db sync
    step nova-databases $manage cell_v2 map_cell0 --database_connection "${cell0#connection = }"
    step nova-databases $manage cell_v2 create_cell --name cell1
    step nova-databases $manage db sync
  }
}

# It tells Nova when a port is ready: a guest that runs before has asked for its address in vain.
# Nova answers 500 to most questions without a Neutron; with nothing but its API, servers have no network.
neutron_settings() {
  mkdir -p "$lab/neutron/state" "$lab/neutron/locks" "$lab/neutron/policy.d"
  cat >"$lab/neutron/neutron.conf" <<END
[DEFAULT]
host = lab
use_stderr = true
bind_host = 127.0.0.1
bind_port = $neutron_port
core_plugin = ml2
service_plugins =
state_path = $lab/neutron/state
transport_url = rabbit://lab:$password@127.0.0.1:$rabbitmq_port/
api_workers = 1
rpc_workers = 0
rpc_state_report_workers = 0
api_paste_config = /etc/neutron/api-paste.ini
[database]
$(database neutron)
[keystone_authtoken]
www_authenticate_uri = $keystone
$(credentials neutron)
[nova]
$(credentials nova)
[oslo_concurrency]
lock_path = $lab/neutron/locks
[oslo_policy]
policy_dirs = $lab/neutron/policy.d
[experimental]
linuxbridge = true
[agent]
root_helper = env
$(privileged "$lab/neutron/neutron.conf" privsep privsep_dhcp_release privsep_ovs_vsctl \
    privsep_namespace privsep_conntrack privsep_link)
END
  cat >"$lab/neutron/ml2.ini" <<END
[ml2]
type_drivers = local,flat
tenant_network_types = local
mechanism_drivers = linuxbridge
extension_drivers = port_security
[ml2_type_flat]
flat_networks = lab
[linux_bridge]
physical_interface_mappings = lab:$cable-lab
[vxlan]
enable_vxlan = false
[securitygroup]
firewall_driver = noop
END
  cat >"$lab/neutron/dhcp.ini" <<END
[DEFAULT]
interface_driver = linuxbridge
dhcp_driver = neutron.agent.linux.dhcp.Dnsmasq
enable_isolated_metadata = false
dnsmasq_config_file = $lab/neutron/dnsmasq.conf
END
  # As nobody it could not read its list of hosts where the folder is below a private one.
  echo user=root >"$lab/neutron/dnsmasq.conf"
}

start_network() {
  local settings="--config-file $lab/neutron/neutron.conf"
  if ! ip link show "$cable" >/dev/null 2>&1; then
    step network ip link add "$cable" type veth peer name "$cable-lab"
    step network ip address add "$subnet.1/24" dev "$cable"
    step network ip link set "$cable" up
    step network ip link set "$cable-lab" up
  fi
  # shellcheck disable=SC2086
  {
    launch neutron-bridge neutron-linuxbridge-agent $settings --config-file "$lab/neutron/ml2.ini"
    launch neutron-dhcp neutron-dhcp-agent $settings --config-file "$lab/neutron/dhcp.ini"
  }
  step through-api through_api network
}

# What the agents leave: dnsmasq, the namespace that it runs in, the bridge.
stop_network() {
  local directory network
  for directory in "$lab"/neutron/state/dhcp/*; do
    [ -d "$directory" ] || continue
    network=$(basename "$directory")
    if grep -qsF "$lab/neutron/state" "/proc/$(cat "$directory/pid" 2>/dev/null)/cmdline"; then
      kill "$(cat "$directory/pid")"
    fi
    ip netns delete "qdhcp-$network" 2>/dev/null || true
    ip link delete "brq${network:0:11}" 2>/dev/null || true
  done
  ip link delete "$cable" 2>/dev/null || true
}

new_other_databases() {
  step placement-databases placement-manage --config-file "$lab/placement/placement.conf" db sync
  step neutron-databases neutron-db-manage --config-file "$lab/neutron/neutron.conf" \
    --config-file "$lab/neutron/ml2.ini" upgrade heads
}

# Root's QEMU: no user, cgroup or namespace of its own that would be left behind. There is no
# virtlogd, which would write the console's log otherwise.
libvirt_settings() {
  mkdir -p "$lab"/libvirt/{etc,run,lib,log,cache}
  cat >"$lab/libvirt/libvirtd.conf" <<END
auth_unix_ro = "none"
auth_unix_rw = "none"
unix_sock_group = "root"
unix_sock_rw_perms = "0700"
log_outputs = "3:stderr"
END
  cat >"$lab/libvirt/etc/qemu.conf" <<END
user = "root"
group = "root"
security_driver = "none"
remember_owner = 0
namespaces = []
cgroup_controllers = []
stdio_handler = "file"
vnc_listen = "127.0.0.1"
END
}

# libvirt's directories are fixed. In a mount namespace of its own they are the lab's.
libvirtd() {
  launch libvirtd unshare -m --propagation private sh -ec '
    for each in etc run var/lib var/log var/cache; do
      mkdir -p "/$each/libvirt"
      mount --bind "$1/libvirt/${each#var/}" "/$each/libvirt"
    done
    exec libvirtd --config "$1/libvirt/libvirtd.conf" --pid-file "$1/libvirt/pid"' libvirtd "$lab"
}

stop_guests() {
  local guest
  if runs libvirtd; then
    for guest in $(virsh -c "$libvirt" list --name 2>/dev/null); do
      virsh -c "$libvirt" destroy "$guest" >/dev/null 2>&1 || true
    done
  fi
}

new_everything() {
  local nova_process other_process
  new_nova_databases &
  nova_process=$!
  new_other_databases &
  other_process=$!
  # Meanwhile: most of the time goes into starting Python.
  start_keystone_and_glance
  wait $nova_process || fail "Nova's databases could not be made"
  wait $other_process || fail "the databases of placement and Neutron could not be made"
}

start_with_nova() {
  local port
  for port in $placement_port:placement $nova_port:nova-api $neutron_port:neutron \
    $mariadb_port:mariadb $rabbitmq_port:rabbitmq $epmd_port:epmd; do
    must_be_free "${port#*:}" "${port%:*}"
  done
  mariadb_settings
  rabbitmq_settings
  placement_settings
  nova_settings
  neutron_settings
  libvirt_settings
  once mariadb new_mariadb
  launch mariadb mariadbd --defaults-file="$lab/mariadb/my.cnf"
  launch epmd epmd -port $epmd_port -address 127.0.0.1
  rabbitmq
  await_port mariadb $mariadb_port
  once databases new_databases
  once everything new_everything
  start_keystone_and_glance

  libvirtd
  await_port rabbitmq $rabbitmq_port
  once nova-users step through-api through_api nova
  local in_database="--config-file $lab/nova/nova.conf --config-file $lab/nova/databases.conf"
  # shellcheck disable=SC2086
  {
    launch placement uwsgi --ini "$lab/placement/uwsgi.ini"
    launch nova-api uwsgi --ini "$lab/nova/uwsgi.ini"
    launch nova-conductor nova-conductor $in_database
    launch nova-scheduler nova-scheduler $in_database
    launch neutron neutron-server --config-file "$lab/neutron/neutron.conf" \
      --config-file "$lab/neutron/ml2.ini"
    await_http placement "$placement/"
    await_service libvirtd test -S "$lab/libvirt/run/libvirt-sock"
    launch nova-compute nova-compute --config-file "$lab/nova/nova.conf"
    await_http neutron "$neutron/"
    await_http nova-api "$nova/"
    step through-api through_api compute
    once discovered step nova nova-manage $in_database cell_v2 discover_hosts
  }
  once flavors step through-api through_api flavors
}
