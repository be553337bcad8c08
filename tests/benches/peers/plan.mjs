// Reads both services and prints what would have to be changed: what one writes in place of `hibob plan`.

const where = JSON.parse(process.argv[2]);
const basic = Buffer.from(`${where.user}:${where.token}`).toString("base64");
const hibobHeaders = { authorization: `Basic ${basic}`, accept: "application/json", "content-type": "application/json" };
const targetHeaders = { authorization: `ApiKey ${where.key}`, accept: "application/scim+json" };
const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const fields = [
  "root.id", "root.firstName", "root.surname", "root.email", "internal.lifecycleStatus",
  "internal.terminationDate", "work.startDate", "work.title", "work.department", "work.site",
  "work.reportsTo", "work.workPhone", "work.workMobile", "personal.birthDate",
];

async function json(url, options) {
  const answer = await fetch(url, { redirect: "error", ...options });
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  return answer.json();
}

function value(employee, category, field) {
  const slash = employee[`/${category}/${field}`];
  const found = slash ? slash.value : (category === "root" ? employee : employee[category])?.[field];
  return typeof found === "string" ? found.trim() || null : found ?? null;
}

function namesOf(lists, wanted) {
  const names = new Map();
  const open = [...(lists[wanted]?.values ?? [])];
  while (open.length > 0) {
    const item = open.pop();
    names.set(item.id, item.name);
    open.push(...(item.children ?? []));
  }
  return names;
}

async function accounts() {
  const found = [];
  for (let total = Infinity; found.length < total; ) {
    const page = await json(`${where.scim_url}/Users?startIndex=${found.length + 1}&count=50`, { headers: targetHeaders });
    total = page.totalResults;
    if (page.Resources.length === 0) break;
    found.push(...page.Resources);
  }
  return found;
}

const body = JSON.stringify({ fields, showInactive: true });
const { employees } = await json(`${where.hibob_url}/people/search`, { method: "POST", body, headers: hibobHeaders });
const lists = await json(`${where.hibob_url}/company/named-lists`, { headers: hibobHeaders });
const [departments, titles] = [namesOf(lists, "department"), namesOf(lists, "title")];
const there = await accounts();
const byId = new Map(there.filter((account) => account.externalId).map((account) => [account.externalId, account]));
const byName = new Map(there.map((account) => [account.userName.toLowerCase(), account]));
const today = new Date().toISOString().slice(0, 10);
const changes = [];
let kept = 0;
for (const employee of employees) {
  const id = value(employee, "root", "id");
  const email = value(employee, "root", "email");
  const account = byId.get(id) ?? byName.get((email ?? "").toLowerCase());
  if (value(employee, "internal", "lifecycleStatus") === "terminated") {
    if (account?.active) changes.push({ kind: "archive", employee: id });
    continue;
  }
  const start = value(employee, "work", "startDate");
  if ((start !== null && start > today) || email === null) continue;
  const boss = value(employee, "work", "reportsTo");
  const [department, title] = [value(employee, "work", "department"), value(employee, "work", "title")];
  const want = {
    userName: email,
    givenName: value(employee, "root", "firstName"),
    familyName: value(employee, "root", "surname"),
    title: titles.get(title) ?? title,
    costCenter: departments.get(department) ?? department,
    manager: (boss && byId.get(String(boss.id))?.id) || null,
    phone: value(employee, "work", "workPhone") ?? value(employee, "work", "workMobile"),
  };
  const have = account
    ? {
        userName: account.userName,
        givenName: account.name.givenName,
        familyName: account.name.familyName,
        title: account.title,
        costCenter: account[enterprise]?.costCenter,
        manager: account[enterprise]?.manager?.value,
        phone: account.phoneNumbers?.[0]?.value,
      }
    : {};
  const differing = Object.entries(want).filter(([name, wanted]) => (have[name] || null) !== wanted);
  const fieldsOf = Object.fromEntries(differing.map(([name, wanted]) => [name, [have[name] ?? null, wanted]]));
  if (!account) changes.push({ kind: "create", employee: id, fields: fieldsOf });
  else if (differing.length > 0 || !account.active) changes.push({ kind: "update", employee: id, fields: fieldsOf });
  else kept += 1;
}
console.log(JSON.stringify({ changes, kept }));
