#!/usr/bin/env bash
# scim2-filter-parser 0.7.0 (PyPI): in a filter without parentheses it joins from left to right, whatever the operators are.
# `userName eq "a" or userName eq "b" and active eq false` becomes the SQL condition (a or b) and inactive, which leaves
# out an active user "a"; with the same terms in another order, `active eq false and userName eq "b" or userName eq
# "a"`, which means the same, the condition is the right one.
#
# RFC 7644, section 3.4.2.2: grouping comes first, then `not`, then `and`, then `or`. So it is: a, or (b and inactive).
#
# Exits with 0 as long as that is so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check scim2-filter-parser==0.7.0 sly==0.5
cat > main.py <<'PY'
from importlib.metadata import version

from scim2_filter_parser.queries import SQLQuery

columns = {("userName", None, None): "name", ("active", None, None): "active"}
print("scim2-filter-parser", version("scim2-filter-parser"))
for text in (
    'userName eq "a" or userName eq "b" and active eq false',
    'userName eq "a" or (userName eq "b" and active eq false)',
    'active eq false and userName eq "b" or userName eq "a"',
):
    print(f"{text}: {SQLQuery(text, 'users', columns).where_sql}")
PY
venv/bin/python main.py | tee output
diff output - <<'EXPECTED'
scim2-filter-parser 0.7.0
userName eq "a" or userName eq "b" and active eq false: ((UPPER(name) = UPPER({a})) OR (UPPER(name) = UPPER({b}))) AND (active = {c})
userName eq "a" or (userName eq "b" and active eq false): (UPPER(name) = UPPER({a})) OR ((UPPER(name) = UPPER({b})) AND (active = {c}))
active eq false and userName eq "b" or userName eq "a": ((active = {a}) AND (UPPER(name) = UPPER({b}))) OR (UPPER(name) = UPPER({c}))
EXPECTED
