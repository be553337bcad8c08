// Builds verify.html from src/: each module becomes a function, in the order of its imports, so that the page is one file
// without a loader. `--check` compares the built file instead of writing it.

import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";

const OUTPUT = new URL("verify.html", import.meta.url);
const NOBLE = new URL("node_modules/@noble/ed25519/", import.meta.url);
const read = (path, base = import.meta.url) => readFileSync(new URL(path, base), "utf8");

/** The modules by their names, each after those that it imports. */
function modulesFrom(name, modules = new Map(), above = []) {
  if (above.includes(name)) throw new Error(`modules import each other: ${[...above, name].join(" ")}`);
  if (modules.has(name)) return modules;
  const source = name.startsWith("./") ? read(name, new URL("src/", import.meta.url)) : nobleSource();
  const imports = [...source.matchAll(/^import \{ .* \} from "(.*)";$/gm)].map(([, from]) => from);
  for (const from of imports) modulesFrom(from, modules, [...above, name]);
  return modules.set(name, wrapped(name, source));
}

/** The library as it is published, without its long comments, under its licence. */
function nobleSource() {
  const { version } = JSON.parse(read("package.json", NOBLE));
  const code = read("index.js", NOBLE).replaceAll(/^ *\/\*\*?(?!!)[\s\S]*?\*\/\n/gm, "").replaceAll(/^ *\/\/.*\n/gm, "");
  const licence = read("LICENSE", NOBLE).trim().replaceAll(/^/gm, " * ").replaceAll(/ +$/gm, "");
  return `/* @noble/ed25519 ${version}\n *\n${licence}\n */\n${code}`;
}

function wrapped(name, source) {
  const exported = [];
  const body = source
    .replaceAll(/^import (\{ .* \}) from "(.*)";$/gm, (_, names, from) => `const ${names} = modules["${from}"];`)
    .replaceAll(/^export ((?:async )?(?:function|const|class) (\w+))/gm, (_, rest, exportedName) => {
      exported.push(exportedName);
      return rest;
    })
    .replaceAll(/^export \{ (.*?),? \};$/gm, (_, names) => {
      exported.push(names);
      return "";
    });
  if (/^(import|export)\b/m.test(body)) throw new Error(`${name} imports or exports in a way that is not known here`);
  return `modules["${name}"] = (() => {\n${body.trim()}\nreturn { ${exported.join(", ")} };\n})();\n`;
}

const sha256 = (text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

const script = `"use strict";\nconst modules = {};\n${[...modulesFrom("./main.js").values()].join("\n")}`;
if (script.includes("</script")) throw new Error("the script would end early");
const style = read("src/page.css");
const policy = [
  "default-src 'none'",
  `script-src ${sha256(`\n${script}`)}`,
  `style-src ${sha256(`\n${style}`)}`,
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");
const values = { POLICY: policy, STYLE: `\n${style}`, SCRIPT: `\n${script}` };
const page = read("src/page.html").replaceAll(/\{\{(\w+)\}\}/g, (_, name) => values[name]);

if (process.argv.includes("--check")) {
  if (read(OUTPUT) !== page) throw new Error("verify.html is not built from these sources; run npm run build");
} else {
  writeFileSync(OUTPUT, page);
}
