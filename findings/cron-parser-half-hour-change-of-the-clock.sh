#!/usr/bin/env bash
# cron-parser 5.10.6 (npm): where the clock changes by half an hour (Lord Howe Island), it calls a plain daily job an
# "Invalid expression" when asked for the next run from the noon before the clock goes back, 5 April 2026: even
# `0 9 * * *`, hours after the change. Asked from the noon after, it answers. In spring, `15 2 * * *` falls into the missing
# half hour of 4 October and is lost for that day, while in Berlin such a time is moved to 03:15 of the same day.
#
# The package's README says under "Timezone Support" that it handles DST transitions correctly.
#
# Exits with 0 as long as that is so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true, "type": "module"}' > package.json
npm install --silent --no-audit --no-fund --save-exact cron-parser@5.10.6 luxon@3.7.2
cat > main.mjs <<'JS'
import { CronExpressionParser } from "cron-parser";
import { DateTime } from "luxon";

function next(expression, tz, noon) {
  const currentDate = DateTime.fromISO(noon, { zone: tz }).toJSDate();
  let answer;
  try {
    const at = CronExpressionParser.parse(expression, { tz, currentDate }).next().toDate();
    answer = DateTime.fromJSDate(at, { zone: tz }).toFormat("yyyy-MM-dd HH:mm ZZ");
  } catch (error) {
    answer = error.message;
  }
  console.log(`${expression} ${tz} after ${noon}: ${answer}`);
}

next("0 9 * * *", "Australia/Lord_Howe", "2026-04-03T12:00");
next("0 9 * * *", "Australia/Lord_Howe", "2026-04-04T12:00");
next("0 9 * * *", "Australia/Lord_Howe", "2026-04-05T12:00");
next("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T12:00");
next("15 2 * * *", "Europe/Berlin", "2026-03-28T12:00");
JS
echo "cron-parser $(node -p 'require("./node_modules/cron-parser/package.json").version')"
node main.mjs | tee output
diff output - <<'EXPECTED'
0 9 * * * Australia/Lord_Howe after 2026-04-03T12:00: 2026-04-04 09:00 +11:00
0 9 * * * Australia/Lord_Howe after 2026-04-04T12:00: Invalid expression, loop limit exceeded
0 9 * * * Australia/Lord_Howe after 2026-04-05T12:00: 2026-04-06 09:00 +10:30
15 2 * * * Australia/Lord_Howe after 2026-10-03T12:00: 2026-10-05 02:15 +11:00
15 2 * * * Europe/Berlin after 2026-03-28T12:00: 2026-03-29 03:15 +02:00
EXPECTED
