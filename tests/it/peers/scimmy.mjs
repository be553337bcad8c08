// A SCIM service of scimmy-routers under Express, with its users in memory. Its arguments: the folder with the packages,
// and how many users it has at first. It prints the port on 127.0.0.1 at which it listens.
import { createRequire } from "node:module";
import { join } from "node:path";

const [folder, count] = process.argv.slice(2);
const require = createRequire(join(folder, "package.json"));
const express = require("express");
const load = (name) => ((module) => module.default ?? module)(require(name));
const SCIMMY = load("scimmy");
const SCIMMYRouters = load("scimmy-routers");

const users = new Map();
const now = () => new Date().toISOString();
const put = (id, data) => {
    const meta = { created: users.get(id)?.meta.created ?? now(), lastModified: now() };
    users.set(id, { ...JSON.parse(JSON.stringify(data)), id, meta });
    return users.get(id);
};
const find = (id) => {
    if (!users.has(id)) throw new SCIMMY.Types.Error(404, null, `Resource ${id} not found`);
    return users.get(id);
};
for (let number = 1; number <= Number(count); number += 1) {
    const name = { givenName: "Given", familyName: `Family ${number}` };
    put(String(number), { userName: `guest${number}@y.example`, active: true, name });
}

SCIMMY.Config.set({ patch: true, filter: { supported: true, maxResults: 200 } });
SCIMMY.Resources.declare(SCIMMY.Resources.User)
    .extend(SCIMMY.Schemas.EnterpriseUser, false)
    .egress((resource) => {
        if (resource.id) return find(resource.id);
        return resource.filter ? resource.filter.match([...users.values()]) : [...users.values()];
    })
    .ingress((resource, data) => {
        const isOther = (user) => user.id !== resource.id;
        const same = (user) => user.userName.toLowerCase() === data.userName.toLowerCase();
        if ([...users.values()].some((user) => isOther(user) && same(user))) {
            throw new SCIMMY.Types.Error(409, "uniqueness", "userName must be unique");
        }
        return put(resource.id ?? String(users.size + 1), data);
    })
    .degress((resource) => void users.delete(find(resource.id).id));

const app = express();
app.use("/scim", new SCIMMYRouters({ type: "bearer", handler: () => "client" }));
const server = app.listen(0, "127.0.0.1", () => process.stdout.write(`${server.address().port}\n`));
