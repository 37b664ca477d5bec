# To be sourced by openstack-lab.sh: Keystone and Glance, each on a SQLite database.

# Of a service that checks tokens, and calls others in its own name.
credentials() { # USER
  cat <<END
auth_url = $keystone
auth_type = password
project_domain_name = Default
user_domain_name = Default
project_name = service
username = $1
password = $password
region_name = $region
END
}

# uwsgi closes a connection after each answer. Debian's settings do not say so to the client, and one
# that keeps connections meets "connection reset" now and then.
uwsgi_settings() { # PORT PROGRAM PROCESSES VARIABLE
  cat <<END
[uwsgi]
plugins = python3
http-socket = 127.0.0.1:$1
wsgi-file = $2
processes = $3
threads = 1
env = $4
master = true
lazy-apps = true
need-app = true
enable-threads = true
buffer-size = 65535
add-header = Connection: close
die-on-term = true
no-orphans = true
END
}

# Few rounds of bcrypt: a login takes milliseconds, not a quarter of a second. Without a cache each
# request that needs a token takes 650 ms; one in memory is right only in a single process, and SQLite
# wants a single thread.
keystone_settings() {
  mkdir -p "$lab/keystone/policy.d"
  cat >"$lab/keystone/keystone.conf" <<END
[DEFAULT]
use_stderr = true
[database]
connection = sqlite:///$lab/keystone/keystone.db
sqlite_synchronous = false
[fernet_tokens]
key_repository = $lab/keystone/fernet-keys
[fernet_receipts]
key_repository = $lab/keystone/fernet-keys
[credential]
key_repository = $lab/keystone/credential-keys
[token]
provider = fernet
expiration = 36000
[identity]
password_hash_rounds = 4
[cache]
enabled = true
backend = dogpile.cache.memory
[oslo_policy]
policy_dirs = $lab/keystone/policy.d
END
  uwsgi_settings "$first" /usr/bin/keystone-wsgi-public 1 \
    "OS_KEYSTONE_CONFIG_FILES=$lab/keystone/keystone.conf" >"$lab/keystone/uwsgi.ini"
}

new_keystone() {
  local manage="keystone-manage --config-file $lab/keystone/keystone.conf"
  local owner="--keystone-user $(id -un) --keystone-group $(id -gn)"
  # shellcheck disable=SC2086
  {
    step keystone $manage db_sync
    write_ahead keystone
    step keystone $manage fernet_setup $owner
    step keystone $manage credential_setup $owner
    step keystone $manage bootstrap --bootstrap-username admin --bootstrap-project-name admin \
      --bootstrap-password "$password" --bootstrap-role-name admin --bootstrap-region-id "$region" \
      --bootstrap-service-name keystone --bootstrap-public-url "$keystone/v3" \
      --bootstrap-internal-url "$keystone/v3" --bootstrap-admin-url "$keystone/v3"
  }
}

# Without it two writers meet "database is locked".
write_ahead() { # SERVICE
  step "$1" sqlite3 "$lab/$1/$1.db" 'pragma journal_mode=wal'
}

glance_settings() {
  mkdir -p "$lab/glance/images" "$lab/glance/tasks" "$lab/glance/staging" "$lab/glance/locks" \
    "$lab/glance/policy.d"
  cat >"$lab/glance/glance-api.conf" <<END
[DEFAULT]
bind_host = 127.0.0.1
bind_port = $glance_port
workers = 1
use_stderr = true
public_endpoint = $glance
enabled_backends = file:file
enabled_import_methods = [glance-direct,web-download,copy-image]
[glance_store]
default_backend = file
[file]
filesystem_store_datadir = $lab/glance/images
[os_glance_staging_store]
filesystem_store_datadir = $lab/glance/staging
[os_glance_tasks_store]
filesystem_store_datadir = $lab/glance/tasks
[database]
connection = sqlite:///$lab/glance/glance.db
sqlite_synchronous = false
[keystone_authtoken]
www_authenticate_uri = $keystone
$(credentials glance)
[paste_deploy]
flavor = keystone
config_file = /usr/share/glance-common/glance-api-paste.ini
[oslo_concurrency]
lock_path = $lab/glance/locks
[oslo_policy]
policy_dirs = $lab/glance/policy.d
END
}

new_glance() {
  step glance glance-manage --config-file "$lab/glance/glance-api.conf" db_sync
  write_ahead glance
}

start_keystone_and_glance() {
  must_be_free keystone "$first"
  must_be_free glance "$glance_port"
  keystone_settings
  glance_settings
  once keystone new_keystone
  launch keystone uwsgi --ini "$lab/keystone/uwsgi.ini"
  once glance new_glance
  await_http keystone "$keystone/v3"
  once users step through-api through_api users
  launch glance glance-api --config-file "$lab/glance/glance-api.conf"
}
