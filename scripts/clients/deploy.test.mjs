// Deploys with the real CloudBase CLI, to a Tencent Cloud on the loopback interface.
// The tests themselves are in Go, beside what they test; here they get the CLI.
import { test } from "node:test";
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import path from "node:path";

const here = path.dirname(fileURLToPath(import.meta.url));
const tcb = path.join(here, "node_modules", ".bin", process.platform === "win32" ? "tcb.cmd" : "tcb");

test("deploying with the CloudBase CLI", async (t) => {
  const args = ["test", "-count=1", "-timeout=20m", "-run=^TestCLI", "./scripts/internal/tcbcli", "./scripts/deployer", "./scripts/internal/readme"];
  const child = spawn("go", args, { cwd: path.join(here, "..", ".."), env: { ...process.env, TCB_CLI: tcb } });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (output += text));
  const code = await new Promise((resolve, reject) => child.on("error", reject).on("close", resolve));
  if (code !== 0 || /no tests to run/.test(output)) throw new Error(output);
  t.diagnostic(output.trim());
});
