// The CLI's end of the control socket: one question, one answer. A daemon that cannot be reached is an error that says what to do.

import { request } from "node:http";

export class ControlError extends Error {
  override readonly name = "ControlError";
}

/**
 * Gets one of the daemon's paths as JSON.
 * @throws ControlError
 */
export async function askDaemon(socket: string, path: string): Promise<unknown> {
  const { status, body } = await get(socket, path);
  if (status !== 200) throw new ControlError(`the daemon at ${socket} answered ${path} with ${status}: ${body}`);
  return JSON.parse(body);
}

function get(socketPath: string, path: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException) => reject(new ControlError(explanation(socketPath, error), { cause: error }));
    const asked = request({ socketPath, path, timeout: 10_000, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response
        .on("data", (chunk: Buffer) => chunks.push(chunk))
        .on("end", () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString("utf8") }))
        .on("error", fail);
    });
    asked.on("timeout", () => asked.destroy(Object.assign(new Error("no answer within 10 seconds"), { code: "ETIMEDOUT" })));
    asked.on("error", fail).end();
  });
}

function explanation(socket: string, { code, message }: NodeJS.ErrnoException): string {
  switch (code) {
    case "ENOENT":
      return `no daemon at ${socket}: start one with \`hostward run\`, or name its socket with --control`;
    case "ECONNREFUSED":
      return `the daemon that made ${socket} is gone: start it again (\`systemctl start hostward\` or \`hostward run\`)`;
    case "EACCES":
    case "EPERM":
      return `not allowed to open ${socket}: run this as root or as the user of the daemon`;
    default:
      return `the daemon at ${socket} cannot be reached: ${message}`;
  }
}
