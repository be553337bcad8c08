#!/usr/bin/env bash
# Builds the image of host/service/Containerfile around a program that is built already, and runs it:
#   tests/release/container.sh PROGRAM
# As root, with buildah, podman, runc and mmdebstrap. Nothing is pulled: the image that it begins with is made of Debian's
# packages, and PROGRAM takes the place of the stage that compiles, which is therefore NOT tested here.
set -euo pipefail
program=$(realpath "$1")
cd "$(dirname "$0")/../.."
place=$(mktemp -d)
export CONTAINERS_STORAGE_CONF=$place/storage.conf CONTAINERS_CONF=$place/containers.conf
trap 'podman rm --all --force >/dev/null 2>&1 || true; podman rmi --all --force >/dev/null 2>&1 || true; rm -rf "$place"' EXIT
wrong() {
    echo "WRONG: $*"
    exit 1
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

base=$(sed -n 's/^FROM //p' host/service/Containerfile | tail -1)
echo "== an image in place of $base"
mmdebstrap --quiet --variant=apt bookworm "$place/base.tar"
podman import --quiet "$place/base.tar" "docker.io/library/$base"
rm "$place/base.tar"

echo "== build"
built=$(sed -n 's/^COPY --from=build \([^ ]*\) .*/\1/p' host/service/Containerfile)
install -D "$program" "$place/build$built"
buildah build --isolation chroot --pull-never --build-context "build=$place/build" \
    --file host/service/Containerfile --tag hibob .

echo "== run"
podman run --detach --name hibob --volume hibob:/var/lib/hibob --stop-timeout 300 --network none hibob
# The log ends with the container, so this does not wait for a host that has failed.
serves=no
exec 3< <(podman logs --follow hibob 2>&1)
while [ $serves = no ] && read -r line <&3; do
    echo "$line"
    case $line in "serving the tenants of /var/lib/hibob"*) serves=yes ;; esac
done
[ $serves = yes ] || wrong "it does not serve"
inside() {
    podman exec hibob "$@"
}
inside hibob --version
inside hibob tenant list
[ "$(inside id -u)" = 10001 ] || wrong "the user"
[ "$(inside stat --format %u:%a /var/lib/hibob)" = 10001:700 ] || wrong "the data directory"
inside sh -c 'touch /usr/local/bin/x 2>/dev/null' && wrong "its user may write to /usr"
[ -s "$place/graph/volumes/hibob/_data/control.db" ] || wrong "the data is not in the volume"

echo "== stop"
podman stop hibob
code=$(podman inspect --format '{{.State.ExitCode}}' hibob)
[ "$code" = 0 ] || wrong "it ended with $code"
echo "all is well with the image of $(basename "$program")"
