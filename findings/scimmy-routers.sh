#!/usr/bin/env bash
# scimmy-routers 1.3.2 names `express >=4.18` as what it works with. Under Express 5 it ignores `startIndex` and `count`:
# every page of a listing is the first one, so that a client that reads page by page sees the same users again and again,
# or believes that the others do not exist.
#
# Express 5 parses `req.query` anew at each access. The middleware that makes numbers of both parameters changes an object
# that nobody reads afterwards, so that they arrive as text, which SCIMMY ignores.
#
# This installs the package beside Express 4 and Express 5 in a folder of its own, asks both for users 51 to 60 of 100, and
# ends with 0 if it sees what is written here, else with 1.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT

cat >"$folder/ask.mjs" <<'SCRIPT'
import { createRequire } from "node:module";
const require = createRequire(`${process.argv[2]}/package.json`);
const load = (name) => ((module) => module.default ?? module)(require(name));
const express = require("express");
const SCIMMY = load("scimmy");
const Routers = load("scimmy-routers");
const users = Array.from({ length: 100 }, (_, at) => ({ id: String(at + 1), userName: `u${at + 1}@example.com`, meta: {} }));
SCIMMY.Resources.declare(SCIMMY.Resources.User).egress(() => users);
const app = express();
app.use("/scim", new Routers({ type: "bearer", handler: () => "client" }));
const server = app.listen(0, "127.0.0.1", async () => {
    const answer = await fetch(`http://127.0.0.1:${server.address().port}/scim/Users?startIndex=51&count=10`);
    const page = await answer.json();
    console.log(`${page.totalResults} in all, ${page.Resources.length} on the page, the first is ${page.Resources[0].id}`);
    server.closeAllConnections();
    server.close();
});
SCRIPT

for release in 4.22.3 5.3.0; do
    express="${release%%.*}"
    mkdir "$folder/$express"
    (
        cd "$folder/$express"
        echo '{ "private": true }' >package.json
        npm install --silent --no-audit --no-fund scimmy-routers@1.3.2 "express@$release"
    )
    version="$(node -p "require('$folder/$express/node_modules/express/package.json').version")"
    seen="$(node "$folder/ask.mjs" "$folder/$express")"
    echo "scimmy-routers 1.3.2, express $version, startIndex=51&count=10: $seen"
    case "$express" in
        4) [ "$seen" = "100 in all, 10 on the page, the first is 51" ] || exit 1 ;;
        5) [ "$seen" = "100 in all, 20 on the page, the first is 1" ] || exit 1 ;;
    esac
done
