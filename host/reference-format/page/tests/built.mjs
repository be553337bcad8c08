// The modules of the built page, run as a browser runs them. The last one is left out, because it needs a web page.

import { readFileSync } from "node:fs";

const page = readFileSync(new URL("../verify.html", import.meta.url), "utf8");
const script = /<script>([\s\S]*?)<\/script>/.exec(page)[1];
const end = script.indexOf('modules["./main.js"]');

export const modules = new Function(`${script.slice(0, end)}\nreturn modules;`)();
