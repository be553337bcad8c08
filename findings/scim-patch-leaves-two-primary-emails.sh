#!/usr/bin/env bash
# scim-patch 0.8.3 (npm): who adds an email with "primary": true has two primary emails afterwards, for the one that was
# primary stays so. The same happens if an email that is there is made primary by a path with a filter. A program that
# keeps what the package returns then stores a user that RFC 7643 does not allow (section 2.4: "true" at most once).
#
# RFC 7644, section 3.5.2: a PATCH that sets a value's "primary" to true makes the server set it to false for all other
# values of the array, by itself.
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

function primary(operation) {
  const user = {
    schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"],
    userName: "a@example.com",
    emails: [{ value: "a@example.com", type: "work", primary: true }, { value: "b@example.com", type: "home" }],
  };
  return scimPatch(user, [operation]).emails.filter((email) => email.primary).map((email) => email.value).join(", ");
}

console.log("added:    " + primary({ op: "add", path: "emails", value: [{ value: "c@example.com", primary: true }] }));
console.log("filtered: " + primary({ op: "add", path: 'emails[type eq "home"].primary', value: true }));
JS
echo "scim-patch $(node -p 'require("./node_modules/scim-patch/package.json").version')"
node main.mjs | tee output
diff output - <<'EXPECTED'
added:    a@example.com, c@example.com
filtered: a@example.com, b@example.com
EXPECTED
