#!/usr/bin/env bash
# scim2-parse-filter 0.2.10 (npm): a filter that names an attribute of the core schema in full, with the schema's URN, is
# read without complaint and matches nobody. With the URN of the enterprise extension it matches, and so does the core
# attribute's short name. A client that writes all its names in full gets empty lists and creates everybody anew.
#
# RFC 7644, section 3.10: attributes may be named in full by schema URI, colon and name, core attributes too; the URI may
# be left out for those.
#
# Exits with 0 as long as that is so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true, "type": "module"}' > package.json
npm install --silent --no-audit --no-fund --save-exact scim2-parse-filter@0.2.10
cat > main.mjs <<'JS'
import { filter, parse } from "scim2-parse-filter";

const core = "urn:ietf:params:scim:schemas:core:2.0:User";
const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const user = { schemas: [core, enterprise], userName: "a@example.com", [enterprise]: { employeeNumber: "5" } };
for (const text of ['userName eq "a@example.com"', `${core}:userName eq "a@example.com"`, `${core}:userName pr`,
  `${enterprise}:employeeNumber eq "5"`]) {
  console.log(`${text}: ${filter(parse(text))(user)}`);
}
JS
echo "scim2-parse-filter $(node -p 'require("./node_modules/scim2-parse-filter/package.json").version')"
node main.mjs | tee output
diff output - <<'EXPECTED'
userName eq "a@example.com": true
urn:ietf:params:scim:schemas:core:2.0:User:userName eq "a@example.com": false
urn:ietf:params:scim:schemas:core:2.0:User:userName pr: false
urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber eq "5": true
EXPECTED
