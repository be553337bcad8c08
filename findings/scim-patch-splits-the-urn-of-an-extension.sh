#!/usr/bin/env bash
# scim-patch 0.8.3 (npm): a `replace` or `add` without `path` whose value holds the enterprise extension does not change
# the extension. The package takes every key of such a value for a path, and cuts it at the dot of "2.0": the user
# gets a new attribute "urn:ietf:params:scim:schemas:extension:enterprise:2.0" with "User" in it, and keeps the old
# department in the extension itself. No error is raised. The same change with the extension named in `path` is right.
#
# RFC 7644, sections 3.5.2.1 and 3.5.2.3: without `path` the target is the resource itself, and the value is a set of its
# attributes. RFC 7643, section 3.3: those of an extension are in an object under the extension's URI.
#
# Exits with 0 as long as that is so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true, "type": "module"}' > package.json
npm install --silent --no-audit --no-fund --save-exact scim-patch@0.8.3
cat > main.mjs <<'JS'
import { scimPatch } from "scim-patch";

const core = "urn:ietf:params:scim:schemas:core:2.0:User";
const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

function patched(operation) {
  const user = { schemas: [core, enterprise], id: "1", userName: "a@example.com", [enterprise]: { department: "old" } };
  const { meta, schemas, id, userName, ...rest } = scimPatch(user, [operation]);
  return JSON.stringify(rest);
}

console.log("with path:    " + patched({ op: "replace", path: `${enterprise}:department`, value: "new" }));
console.log("without path: " + patched({ op: "replace", value: { [enterprise]: { department: "new" } } }));
JS
echo "scim-patch $(node -p 'require("./node_modules/scim-patch/package.json").version')"
node main.mjs | tee output
diff output - <<'EXPECTED'
with path:    {"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"new"}}
without path: {"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"old"},"urn:ietf:params:scim:schemas:extension:enterprise:2.0":{"User":{"department":"new"}}}
EXPECTED
