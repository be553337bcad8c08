#!/usr/bin/env bash
# cron 4.4.0 (npm): on the day on which the clock goes back, a daily job in the hour after the doubled one runs twice, the
# first time an hour too early. In Berlin, on 25 October 2026, `15 3 * * *` runs at 02:15 (the second 02:15) and again at
# 03:15. New York is alike. On Lord Howe Island, whose clock changes by half an hour, the early run is half an hour
# early, in spring too. The job's own time exists exactly once on each of these days.
#
# One would expect one run, at the named time: a pattern names the hours and minutes at which a job runs, and only the
# times within the doubled or missing part of the night are ambiguous.
#
# Exits with 0 as long as that is so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true, "type": "module"}' > package.json
npm install --silent --no-audit --no-fund --save-exact cron@4.4.0 luxon@3.7.2
cat > main.mjs <<'JS'
import { CronTime } from "cron";
import { DateTime } from "luxon";

function runs(pattern, zone, noon) {
  const time = new CronTime(pattern, zone);
  let at = DateTime.fromISO(noon, { zone });
  const seen = [];
  for (let run = 0; run < 3; run += 1) {
    at = time.getNextDateFrom(at, zone);
    seen.push(at.toFormat("dd HH:mm ZZ"));
  }
  console.log(`${pattern} ${zone}: ${seen.join(", ")}`);
}

runs("15 3 * * *", "Europe/Berlin", "2026-10-24T12:00");
runs("15 2 * * *", "America/New_York", "2026-10-31T12:00");
runs("15 2 * * *", "Australia/Lord_Howe", "2026-04-04T12:00");
runs("45 2 * * *", "Australia/Lord_Howe", "2026-10-03T12:00");
runs("15 4 * * *", "Europe/Berlin", "2026-10-24T12:00");
JS
echo "cron $(node -p 'require("./node_modules/cron/package.json").version')"
node main.mjs | tee output
diff output - <<'EXPECTED'
15 3 * * * Europe/Berlin: 25 02:15 +01:00, 25 03:15 +01:00, 26 03:15 +01:00
15 2 * * * America/New_York: 01 01:15 -05:00, 01 02:15 -05:00, 02 02:15 -05:00
15 2 * * * Australia/Lord_Howe: 05 01:45 +10:30, 05 02:15 +10:30, 06 02:15 +10:30
45 2 * * * Australia/Lord_Howe: 04 01:45 +10:30, 04 02:45 +11:00, 05 02:45 +11:00
15 4 * * * Europe/Berlin: 25 04:15 +01:00, 26 04:15 +01:00, 27 04:15 +01:00
EXPECTED
