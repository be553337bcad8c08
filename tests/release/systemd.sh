#!/usr/bin/env bash
# Starts a system with systemd in a container, installs a Debian package there, and lets the unit do a job:
#   tests/release/systemd.sh FILE.deb
# As root, with podman, runc and mmdebstrap. Nothing is pulled: the system is made of Debian's packages.
set -euo pipefail
package=$(realpath "$1")
place=$(mktemp -d)
export CONTAINERS_STORAGE_CONF=$place/storage.conf CONTAINERS_CONF=$place/containers.conf
trap 'podman rm --all --force >/dev/null 2>&1 || true; podman rmi --all --force >/dev/null 2>&1 || true; rm -rf "$place"' EXIT
wrong() {
    echo "WRONG: $*"
    inside journalctl --no-pager --unit hibob --lines 30 || true
    exit 1
}
inside() {
    podman exec system "$@"
}
# Until a command succeeds, for ten minutes at most.
until_it() {
    timeout 600 bash -c 'until "$@"; do sleep 0.2; done' bash "$@"
}
cat >"$CONTAINERS_STORAGE_CONF" <<END
[storage]
driver = "vfs"
runroot = "$place/run"
graphroot = "$place/graph"
END
# No more open files and processes than this system gives, for which podman asks otherwise.
cat >"$CONTAINERS_CONF" <<END
[containers]
default_ulimits = ["nofile=$(ulimit -H -n):$(ulimit -H -n)", "nproc=1000:1000"]
[engine]
runtime = "runc"
END

echo "== a system with systemd"
mmdebstrap --quiet --variant=apt --include=systemd,systemd-sysv,ca-certificates,dbus bookworm "$place/base.tar"
podman import --quiet "$place/base.tar" localhost/system
rm "$place/base.tar"
podman run --detach --name system --privileged --systemd=always --network none --volume "$package:/hibob.deb:ro" \
    localhost/system /sbin/init
until_it podman exec system systemctl is-system-running --wait

echo "== installed: neither enabled nor started"
inside dpkg --install /hibob.deb
inside systemctl is-enabled hibob && wrong "it is enabled"
inside systemctl is-active hibob && wrong "it is started"

echo "== enabled and started"
inside systemctl enable --now hibob
until_it podman exec system sh -c 'journalctl --unit hibob | grep "serving the tenants of /var/lib/hibob"'
[ "$(inside stat --format %U:%a /var/lib/hibob)" = hibob:700 ] || wrong "the data directory"
inside systemd-analyze security hibob --no-pager | tail -1

echo "== a job: the plugin is compiled and runs within the unit's walls"
# Not in /tmp: the unit has one of its own.
podman exec --detach system runuser -u hibob -- hibob --data /tmp/fakes fakes --write-tenant /var/lib/hibob/acme.toml
until_it podman exec system test -s /var/lib/hibob/acme.toml
as_user() {
    inside runuser -u hibob -- hibob --data /var/lib/hibob "$@"
}
as_user tenant apply /var/lib/hibob/acme.toml
as_user jobs start acme check
until_it podman exec system sh -c 'runuser -u hibob -- hibob --data /var/lib/hibob jobs | tee /dev/stderr | grep --quiet "check .* \(done\|failed\)"'
as_user jobs | grep 'check .* done' || wrong "the job has failed"

echo "== upgraded: it goes on with a new process"
before=$(inside systemctl show --property MainPID --value hibob)
inside dpkg --install /hibob.deb
inside systemctl is-active hibob || wrong "it was not started again"
[ "$(inside systemctl show --property MainPID --value hibob)" != "$before" ] || wrong "it was not stopped"

echo "== stopped, purged"
inside systemctl stop hibob
[ "$(inside systemctl show --property Result --value hibob)" = success ] || wrong "it did not drain"
inside dpkg --purge hibob
inside test -s /var/lib/hibob/control.db || wrong "the data is gone"
inside test ! -e /etc/systemd/system/multi-user.target.wants/hibob.service || wrong "it is still enabled"
echo "all is well with the unit of $(basename "$package")"
