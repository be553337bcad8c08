"""Reads both services and prints what would have to be changed: what one writes in place of `hibob plan`."""

import datetime
import json

import requests
from services import ENTERPRISE, accounts, employees, is_to_have_an_account, names_of, value


def wanted(employee, departments, titles, account_of):
    """What the account should have."""
    boss = value(employee, "work", "reportsTo")
    boss = account_of.get(str(boss.get("id"))) if boss else None
    department, title = value(employee, "work", "department"), value(employee, "work", "title")
    return {
        "userName": value(employee, "root", "email"),
        "givenName": value(employee, "root", "firstName"),
        "familyName": value(employee, "root", "surname"),
        "title": titles.get(title, title),
        "costCenter": departments.get(department, department),
        "manager": boss["id"] if boss else None,
        "phone": value(employee, "work", "workPhone") or value(employee, "work", "workMobile"),
    }


def present(account):
    """What the account has."""
    more = account.get(ENTERPRISE) or {}
    phones = account.get("phoneNumbers") or [{}]
    return {
        "userName": account["userName"],
        "givenName": account["name"].get("givenName"),
        "familyName": account["name"].get("familyName"),
        "title": account.get("title"),
        "costCenter": more.get("costCenter"),
        "manager": (more.get("manager") or {}).get("value"),
        "phone": phones[0].get("value"),
    }


def main():
    session = requests.Session()
    people = employees(session)
    departments, titles = names_of(session, "department"), names_of(session, "title")
    there = accounts(session)
    by_id = {account["externalId"]: account for account in there if account.get("externalId")}
    by_name = {account["userName"].lower(): account for account in there}
    today, changes, kept = datetime.date.today().isoformat(), [], 0
    for employee in people:
        number, email = value(employee, "root", "id"), value(employee, "root", "email")
        account = by_id.get(number) or by_name.get((email or "").lower())
        if value(employee, "internal", "lifecycleStatus") == "terminated":
            if account and account["active"]:
                changes.append({"kind": "archive", "employee": number})
            continue
        if not is_to_have_an_account(employee, today):
            continue
        want = wanted(employee, departments, titles, by_id)
        have = present(account) if account else {}
        fields = {name: [have.get(name), new] for name, new in want.items() if (have.get(name) or None) != new}
        if not account:
            changes.append({"kind": "create", "employee": number, "fields": fields})
        elif fields or not account["active"]:
            changes.append({"kind": "update", "employee": number, "fields": fields})
        else:
            kept += 1
    print(json.dumps({"changes": changes, "kept": kept}))


main()
