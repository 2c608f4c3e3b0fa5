// The control socket: answers, who may open it, what a dead daemon leaves, and what the client says when nobody answers.

import assert from "node:assert/strict";
import { existsSync, linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { askDaemon, ControlError } from "../../../agent/control/client.ts";
import { serveControl } from "../../../agent/control/server.ts";

let directory: string;
let socket: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "hostward-control-"));
  socket = join(directory, "run", "control.sock");
});

afterEach(() => rmSync(directory, { recursive: true }));

const routes = { "/status": () => ({ state: "in-sync" }), "/ruleset": () => "table inet x {\n}\n" };

function raw(path: string, method = "GET"): Promise<{ status: number | undefined; type: string | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    request({ socketPath: socket, path, method, agent: false }, async (response) => {
      const body = (await response.toArray()).join("");
      resolve({ status: response.statusCode, type: response.headers["content-type"], body });
    })
      .on("error", reject)
      .end();
  });
}

test("the daemon answers its paths on a socket that only its owner can open, and takes the socket away when it ends", async () => {
  const server = await serveControl(socket, routes);
  assert.equal(statSync(socket).mode & 0o777, 0o600);
  assert.deepEqual(await askDaemon(socket, "/status"), { state: "in-sync" });
  assert.deepEqual(await raw("/ruleset"), { status: 200, type: "text/plain; charset=utf-8", body: "table inet x {\n}\n" });
  assert.equal((await raw("/nothing")).status, 404);
  assert.equal((await raw("/toString")).status, 404);
  assert.equal((await raw("/status", "POST")).status, 405);
  await server.close();
  assert.equal(existsSync(socket), false);
});

test("the umask is as before", async () => {
  const before = process.umask();
  const server = await serveControl(socket, routes);
  assert.equal(process.umask(), before);
  await server.close();
});

test("a path that the daemon does not know is an error with its answer", async () => {
  const server = await serveControl(socket, routes);
  await assert.rejects(
    askDaemon(socket, "/x"),
    new ControlError(`the daemon at ${socket} answered /x with 404: {"error":"no such path; there are /status, /ruleset"}`),
  );
  await server.close();
});

test("a second daemon on the same socket is refused, and the first goes on", async () => {
  const server = await serveControl(socket, routes);
  await assert.rejects(serveControl(socket, routes), { code: "EADDRINUSE" });
  assert.deepEqual(await askDaemon(socket, "/status"), { state: "in-sync" });
  await server.close();
});

/** As a killed process leaves it: the server removes the name that it knows, not the other. */
async function leaveSocketBehind(): Promise<void> {
  mkdirSync(join(directory, "run"));
  const server = createServer().listen(join(directory, "run", "other.sock"));
  await new Promise((resolve) => server.once("listening", resolve));
  linkSync(join(directory, "run", "other.sock"), socket);
  await new Promise((resolve) => server.close(resolve));
}

test("the socket of a dead daemon is said to be one, and taken over", async () => {
  await leaveSocketBehind();
  await assert.rejects(askDaemon(socket, "/status"), /the daemon that made .* is gone: start it again/);
  const server = await serveControl(socket, routes);
  assert.deepEqual(await askDaemon(socket, "/status"), { state: "in-sync" });
  await server.close();
});

test("a file that is no socket is never removed", async () => {
  mkdirSync(join(directory, "run"));
  writeFileSync(socket, "precious");
  await assert.rejects(serveControl(socket, routes), { code: "EADDRINUSE" });
  assert.equal(readFileSync(socket, "utf8"), "precious");
});

test("without a daemon the client says what to do", async () => {
  await assert.rejects(
    askDaemon(socket, "/status"),
    new ControlError(`no daemon at ${socket}: start one with \`hostward run\`, or name its socket with --control`),
  );
});
