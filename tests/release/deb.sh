#!/usr/bin/env bash
# Installs a Debian package in a system of its own, looks at what it does there, upgrades, removes and purges it:
#   tests/release/deb.sh FILE.deb [SUITE]
# As root, with mmdebstrap, and lintian if it is there. Reads Debian's packages; nothing of this system is changed.
set -euo pipefail
package=$(realpath "$1")
suite=${2:-bookworm}
place=$(mktemp -d)
root=$place/root
trap 'umount "$root/proc" 2>/dev/null || true; rm -rf "$place"' EXIT
wrong() {
    echo "WRONG: $*"
    exit 1
}
inside() {
    chroot "$root" env --ignore-environment PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"
}

if command -v lintian >/dev/null; then
    echo "== lintian"
    lintian --fail-on error "$package"
fi

echo "== a system of $suite"
mmdebstrap --quiet --variant=apt "$suite" "$root"
mount -t proc proc "$root/proc"
cp "$package" "$root/hibob.deb"
inside apt-get update --quiet=2

echo "== installed"
inside apt-get install --quiet=2 --yes --no-install-recommends /hibob.deb
version=$(inside dpkg-query --show --showformat '${Version}' hibob)
[ "$(inside hibob --version)" = "hibob ${version/\~/-}" ] || wrong "hibob --version"
[ "$(inside stat --format %U:%G:%a /usr/bin/hibob)" = root:root:755 ] || wrong "the program's owner or mode"
inside getent passwd hibob | grep --quiet ':/var/lib/hibob:.*nologin$' || wrong "the user"
inside systemd-analyze verify --man=no /usr/lib/systemd/system/hibob.service
[ ! -e "$root/etc/systemd/system/multi-user.target.wants/hibob.service" ] || wrong "it is enabled"
# What the unit gives the service: its data directory, and files that nobody else reads.
inside install -d -o hibob -g hibob -m 0700 /var/lib/hibob
inside setpriv --reuid hibob --regid hibob --clear-groups sh -c 'umask 077; hibob --data /var/lib/hibob tenant list'
[ -s "$root/var/lib/hibob/control.db" ] || wrong "no data"
inside setpriv --reuid hibob --regid hibob --clear-groups sh -c 'umask 077; hibob --data /var/lib/hibob demo' | grep '^Done'

echo "== installed again over itself"
inside apt-get install --quiet=2 --yes --reinstall /hibob.deb
[ -s "$root/var/lib/hibob/control.db" ] || wrong "no data after the upgrade"

echo "== removed, purged"
inside apt-get remove --quiet=2 --yes hibob
[ ! -e "$root/usr/bin/hibob" ] || wrong "the program is still there"
[ -s "$root/var/lib/hibob/control.db" ] || wrong "no data after the removal"
inside apt-get purge --quiet=2 --yes hibob 2>&1 | grep 'is kept' || wrong "a purge does not say what it keeps"
[ -s "$root/var/lib/hibob/control.db" ] || wrong "no data after the purge"
echo "all is well with $(basename "$package")"
