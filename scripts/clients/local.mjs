// The local server, for tests: built and started as a developer does.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));

// start runs the local server. It returns what the official SDK's init wants, and
// stop, which ends the server.
export async function start(...flags) {
  const server = spawn("go", ["run", "./scripts/local", "-addr", "127.0.0.1:0", ...flags], {
    cwd: root,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise((resolve) => server.on("close", resolve));
  const stop = async () => {
    server.kill("SIGTERM");
    await ended;
  };
  // The third line that it prints says where the client's settings are.
  const file = await new Promise((resolve, reject) => {
    let printed = "";
    server.stdout.on("data", (text) => {
      printed += text;
      const found = printed.match(/init\(require\((".*")\)\)/);
      if (found) resolve(JSON.parse(found[1]));
    });
    server.on("exit", (code) => reject(new Error(`the local server ended with ${code}`)));
  });
  return { config: JSON.parse(readFileSync(file, "utf8")), stop };
}
