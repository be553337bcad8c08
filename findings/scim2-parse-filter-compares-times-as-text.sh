#!/usr/bin/env bash
# scim2-parse-filter 0.2.10 (npm): `gt`, `ge`, `lt` and `eq` compare moments as text.
# "2026-01-01T00:00:00.500Z" is before "2026-01-01T00:00:00Z" for it, since "." comes before "Z"; and
# "2026-01-01T01:00:00+01:00", the same moment, is after it and not equal to it. A client that asks for what was changed
# since a whole second (`meta.lastModified ge "..."`) never sees what was changed within that second.
#
# RFC 7644, section 3.4.2.2, table 3: for `gt`, `ge`, `lt` and `le` a DateTime is compared in chronological order.
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

function ask(lastModified, operator) {
  const matches = filter(parse(`meta.lastModified ${operator} "2026-01-01T00:00:00Z"`));
  console.log(`${lastModified} ${operator} 2026-01-01T00:00:00Z: ${matches({ meta: { lastModified } })}`);
}

ask("2026-01-01T00:00:01Z", "gt");
for (const operator of ["ge", "gt", "lt"]) ask("2026-01-01T00:00:00.500Z", operator);
for (const operator of ["eq", "gt"]) ask("2026-01-01T01:00:00+01:00", operator);
JS
echo "scim2-parse-filter $(node -p 'require("./node_modules/scim2-parse-filter/package.json").version')"
node main.mjs | tee output
diff output - <<'EXPECTED'
2026-01-01T00:00:01Z gt 2026-01-01T00:00:00Z: true
2026-01-01T00:00:00.500Z ge 2026-01-01T00:00:00Z: false
2026-01-01T00:00:00.500Z gt 2026-01-01T00:00:00Z: false
2026-01-01T00:00:00.500Z lt 2026-01-01T00:00:00Z: true
2026-01-01T01:00:00+01:00 eq 2026-01-01T00:00:00Z: false
2026-01-01T01:00:00+01:00 gt 2026-01-01T00:00:00Z: true
EXPECTED
