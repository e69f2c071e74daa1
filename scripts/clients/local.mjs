// The local server, for tests: built and started as a developer does.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));

// start runs the local server with a data folder of its own. It returns what the
// official SDK's init wants, and stop, which ends the server and removes the folder.
export async function start(...flags) {
  const data = mkdtempSync(join(tmpdir(), "local-test-"));
  const server = spawn("go", ["run", "./scripts/local", "-addr", "127.0.0.1:0", "-data", data, ...flags], {
    cwd: root,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise((resolve) => server.on("close", resolve));
  await new Promise((resolve, reject) => {
    let printed = "";
    server.stdout.on("data", (text) => {
      printed += text;
      if (printed.split("\n").length > 3) resolve();
    });
    server.on("exit", (code) => reject(new Error(`the local server ended with ${code}`)));
  });
  return {
    config: JSON.parse(readFileSync(join(data, "cloudbase.json"), "utf8")),
    async stop() {
      server.kill("SIGTERM");
      await ended;
      rmSync(data, { recursive: true, force: true });
    },
  };
}
