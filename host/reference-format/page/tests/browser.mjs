// Helpers of the browser tests, with node alone: Chromium over a pipe, and a web server with the issuer's folder.

import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:https";
import { tmpdir } from "node:os";
import { join, normalize } from "node:path";

const TYPES = { ".html": "text/html; charset=utf-8", ".json": "application/json" };

/**
 * Serves a folder over HTTPS, for any host name. What `replies` of the result has comes first: for a host, paths that begin
 * so get another reply than the folder's.
 */
export async function serve(folder) {
  const keys = mkdtempSync(join(tmpdir(), "verify-page-"));
  const [key, cert] = ["key.pem", "cert.pem"].map((name) => join(keys, name));
  const request = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
  execFileSync("openssl", [...request, "-subj", "/CN=test", "-keyout", key, "-out", cert], { stdio: "pipe" });
  const asked = [];
  const replies = [];
  const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (request, response) => {
    const { pathname } = new URL(request.url, "https://any");
    // The browser itself requests things as well, also from other hosts.
    if (request.headers.host.endsWith(".example")) asked.push(pathname);
    const { host } = request.headers;
    const other = replies.find((one) => (one.host === host || one.isOfAll) && pathname.startsWith(one.path));
    if (other !== undefined) return answer(response, other.reply, pathname);
    const path = join(folder, normalize(pathname.endsWith("/") ? `${pathname}index.html` : pathname));
    if (!statSync(path, { throwIfNoEntry: false })?.isFile()) return response.writeHead(404).end();
    const type = TYPES[/\.\w+$/.exec(path)?.[0]] ?? "application/octet-stream";
    return response.writeHead(200, { "content-type": type }).end(readFileSync(path));
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  rmSync(keys, { recursive: true });
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { port: server.address().port, asked, replies, close };
}

/** A reply of the table: a file, a status, a redirect, or the end of the connection. */
function answer(response, { status, bytes, location, closed }, path) {
  if (closed) return response.socket.destroy();
  const headers = location === undefined ? {} : { location: location.replace("{path}", path) };
  return response.writeHead(status, headers).end(bytes ?? "");
}

/** Starts Chromium so that it connects to this port for every host. */
export async function browse(port) {
  const profile = mkdtempSync(join(tmpdir(), "verify-page-"));
  const flags = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--ignore-certificate-errors",
    "--remote-debugging-pipe", `--host-resolver-rules=MAP * 127.0.0.1:${port}`, `--user-data-dir=${profile}`, "about:blank",
  ];
  const child = spawn("chromium", flags, { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
  const connection = new Connection(child.stdio[3], child.stdio[4]);
  const newPage = async () => {
    const { targetId } = await connection.send("Target.createTarget", { url: "about:blank" });
    const { sessionId } = await connection.send("Target.attachToTarget", { targetId, flatten: true });
    return new Page((method, values) => connection.send(method, values, sessionId));
  };
  const close = async () => {
    const ended = new Promise((done) => child.once("exit", done));
    await connection.send("Browser.close");
    await ended;
    rmSync(profile, { recursive: true, maxRetries: 5, force: true });
  };
  return { newPage, close };
}

/** The DevTools protocol: JSON messages that end with a zero byte. */
class Connection {
  constructor(input, output) {
    this.input = input;
    this.waiting = new Map();
    this.last = 0;
    let rest = "";
    output.setEncoding("utf8").on("data", (text) => {
      const messages = (rest + text).split("\0");
      rest = messages.pop();
      messages.map((message) => JSON.parse(message)).forEach((message) => this.answer(message));
    });
  }

  answer({ id, result, error }) {
    const { resolve, reject } = this.waiting.get(id) ?? {};
    this.waiting.delete(id);
    if (error !== undefined) reject?.(new Error(error.message));
    else resolve?.(result);
  }

  send(method, params = {}, sessionId = undefined) {
    this.last += 1;
    const id = this.last;
    this.input.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
    });
  }
}

class Page {
  constructor(send) {
    this.send = send;
  }

  /** The value of an expression in the page. */
  async value(expression) {
    const options = { returnByValue: true, awaitPromise: true };
    const { result, exceptionDetails } = await this.send("Runtime.evaluate", { expression, ...options });
    if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails));
    return result.value;
  }

  /** Waits until an expression is true. */
  async until(expression) {
    for (let tries = 0; tries < 200; tries += 1) {
      if (await this.value(expression)) return;
      await new Promise((done) => setTimeout(done, 50));
    }
    throw new Error(`never: ${expression}\n${await this.value("document.body.innerText")}`);
  }

  async open(url) {
    // Go to another document first, so that a URL that differs only in its fragment is loaded again.
    await this.send("Page.navigate", { url: "about:blank" });
    await this.until("location.href === 'about:blank'");
    await this.send("Page.navigate", { url });
    await this.until("location.href !== 'about:blank' && document.readyState === 'complete'");
  }

  /** Chooses files as a person does, in the field with this id. */
  async choose(id, files) {
    const { root } = await this.send("DOM.getDocument");
    const { nodeId } = await this.send("DOM.querySelector", { nodeId: root.nodeId, selector: `#${id}` });
    await this.value("document.getElementById('result').replaceChildren()");
    await this.send("DOM.setFileInputFiles", { nodeId, files });
  }

  /** Drops files in the middle of the window. */
  async drop(files) {
    const data = { items: [], files, dragOperationsMask: 1 };
    await this.value("document.getElementById('result').replaceChildren()");
    for (const type of ["dragEnter", "dragOver", "drop"]) {
      await this.send("Input.dispatchDragEvent", { type, x: 200, y: 200, data });
    }
  }

  /** The verdict in the words of the program, once there is one. */
  async verdict() {
    await this.until("document.querySelector('.verdict h2') !== null");
    return this.value("document.querySelector('.verdict').dataset.verdict");
  }

  /** The answer that stands first, once there is one. */
  async answer() {
    await this.verdict();
    return this.value("document.querySelector('.verdict h2').innerText");
  }

  text(selector = "body") {
    return this.value(`document.querySelector(${JSON.stringify(selector)}).innerText`);
  }

  /** Waits until the text of an element matches. */
  says(selector, expression) {
    return this.until(`${expression}.test(document.querySelector(${JSON.stringify(selector)})?.innerText ?? "")`);
  }
}
