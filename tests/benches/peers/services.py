"""The two services, as a script would reach them: one session, answers as parsed JSON."""

import base64
import json
import sys

import requests

FIELDS = [
    "root.id", "root.firstName", "root.surname", "root.email", "internal.lifecycleStatus",
    "internal.terminationDate", "work.startDate", "work.title", "work.department", "work.site",
    "work.reportsTo", "work.workPhone", "work.workMobile", "personal.birthDate",
]
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

where = json.loads(sys.argv[1])
basic = base64.b64encode(f"{where['user']}:{where['token']}".encode()).decode()
hibob_headers = {"Authorization": f"Basic {basic}", "Accept": "application/json"}
target_headers = {"Authorization": f"ApiKey {where['key']}", "Accept": "application/scim+json"}


def employees(session):
    """Everybody whom HiBob has, those who left as well."""
    body = {"fields": FIELDS, "showInactive": True}
    answer = session.post(f"{where['hibob_url']}/people/search", json=body, headers=hibob_headers)
    answer.raise_for_status()
    return answer.json()["employees"]


def names_of(session, wanted):
    """The names of a list's items, by id."""
    answer = session.get(f"{where['hibob_url']}/company/named-lists", headers=hibob_headers)
    answer.raise_for_status()
    names, open_items = {}, list(answer.json().get(wanted, {}).get("values", []))
    while open_items:
        item = open_items.pop()
        names[item["id"]] = item["name"]
        open_items += item.get("children") or []
    return names


def accounts(session):
    """All accounts, page by page."""
    found, total = [], None
    while total is None or len(found) < total:
        page = {"startIndex": len(found) + 1, "count": 50}
        answer = session.get(f"{where['scim_url']}/Users", params=page, headers=target_headers)
        answer.raise_for_status()
        answer = answer.json()
        total = answer["totalResults"]
        if not answer["Resources"]:
            break
        found += answer["Resources"]
    return found


def value(employee, category, field):
    """A field's value, none where it is empty."""
    slash = employee.get(f"/{category}/{field}")
    found = slash["value"] if slash else (employee if category == "root" else employee.get(category, {})).get(field)
    return found.strip() or None if isinstance(found, str) else found


def is_to_have_an_account(employee, today):
    """Whether somebody works here by now, and can be told by a work email."""
    status, start = value(employee, "internal", "lifecycleStatus"), value(employee, "work", "startDate")
    has_email = value(employee, "root", "email") is not None
    return status != "terminated" and (start is None or start <= today) and has_email
