// The daemon's end of the control socket: HTTP on a unix socket that only its owner can open. What is answered is the caller's matter.

import { once } from "node:events";
import { chmodSync, lstatSync, mkdirSync, unlinkSync } from "node:fs";
import { createServer, type Server, type ServerResponse } from "node:http";
import { connect } from "node:net";
import { dirname } from "node:path";

/** A path's answer, or a promise of it: text as it is, anything else as JSON. */
export type Routes = Readonly<Record<string, () => unknown>>;

export interface ControlServer {
  /** Closes the socket and removes its file. */
  close(): Promise<void>;
}

/**
 * Listens on `path`, whose directory is made when it is missing. A file that a dead daemon left behind is taken over.
 * @throws Error with code EADDRINUSE when another daemon answers there, or as listen(2) and mkdir(2)
 */
export async function serveControl(path: string, routes: Routes): Promise<ControlServer> {
  mkdirSync(dirname(path), { recursive: true });
  const server = createServer((request, response) => {
    if (request.method !== "GET") return answer(response, 405, { error: "only GET is answered here" });
    const route = Object.hasOwn(routes, request.url ?? "") ? routes[request.url ?? ""] : undefined;
    if (route === undefined) return answer(response, 404, { error: `no such path; there are ${Object.keys(routes).join(", ")}` });
    return void answerWith(response, route);
  });
  server.unref();
  try {
    await listen(server, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE" || !(await isLeftBehind(path))) throw error;
    unlinkSync(path);
    await listen(server, path);
  }
  return {
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** The socket's file appears with the mode that the umask leaves, before anybody could change it: so nobody else can open it at any time. */
async function listen(server: Server, path: string): Promise<void> {
  const listening = once(server, "listening");
  const umask = process.umask(0o177);
  try {
    server.listen(path);
  } finally {
    process.umask(umask);
  }
  await listening;
  chmodSync(path, 0o600);
}

/** A socket that nobody listens on; never a file of another sort, which connect(2) refuses in the same words. */
async function isLeftBehind(path: string): Promise<boolean> {
  if (!lstatSync(path).isSocket()) return false;
  return new Promise((resolve) => {
    const socket = connect(path)
      .once("connect", () => {
        socket.destroy();
        resolve(false);
      })
      .once("error", (error: NodeJS.ErrnoException) => resolve(error.code === "ECONNREFUSED"));
  });
}

async function answerWith(response: ServerResponse, route: () => unknown): Promise<void> {
  try {
    answer(response, 200, await route());
  } catch (error) {
    answer(response, 500, { error: String(error) });
  }
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  const isText = typeof body === "string";
  response.writeHead(status, { "content-type": isText ? "text/plain; charset=utf-8" : "application/json" });
  response.end(isText ? body : JSON.stringify(body));
}
