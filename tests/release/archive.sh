#!/usr/bin/env bash
# Tests a folder that `cargo xtask release` has made and signed, the way somebody who downloads it does, with public tools:
#   tests/release/archive.sh DIR PUBLIC-KEY [PROGRAM...]
# PROGRAM starts the program of another machine, for example: qemu-aarch64-static -L /usr/aarch64-linux-gnu
# Needs minisign. Ends with an error at the first thing that is wrong.
set -euo pipefail
tree=$(realpath "$(dirname "$0")/../..")
folder=$(realpath "$1")
public=$(realpath "$2")
shift 2
target=${TARGET:-$(rustc -vV | sed -n 's/^host: //p')}
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

echo "== the signature, the sums"
cd "$folder"
minisign -Vm SHA256SUMS -p "$public"
sha256sum --check --strict SHA256SUMS

echo "== what is in the archive of $target"
archive=$(echo hibob-*-"$target".tar.gz)
tar --extract --gzip --file "$archive" --directory "$place"
cd "$place/${archive%.tar.gz}"
for file in hibob README.md LICENSE THIRD-PARTY.txt hibob.service examples/tenant.toml docs/README.md docs/use/commands.md; do
    [ -s "$file" ] || { echo "there is no $file"; exit 1; }
done
# Nobody's folders are in the program.
if grep --quiet --binary-files=text --fixed-strings -e "$HOME/.cargo" -e "$tree" hibob; then
    echo "the program names folders of whoever built it"
    exit 1
fi

echo "== the program runs"
version=${archive#hibob-}
version=${version%-"$target".tar.gz}
[ "$("$@" ./hibob --version)" = "hibob $version" ]
"$@" ./hibob --data "$place/data" tenant list
"$@" ./hibob demo | tee "$place/demo"
grep --quiet '^Done' "$place/demo"
echo "all is well with $archive"
