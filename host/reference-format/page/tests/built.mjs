// The modules of the built page, as a browser runs them, without the last one, which needs a document.

import { readFileSync } from "node:fs";

const page = readFileSync(new URL("../verify.html", import.meta.url), "utf8");
const script = /<script>([\s\S]*?)<\/script>/.exec(page)[1];
const end = script.indexOf('modules["./main.js"]');

export const modules = new Function(`${script.slice(0, end)}\nreturn modules;`)();
