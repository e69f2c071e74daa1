// Fills and empties a room through @cloudbase/node-sdk, CloudBase's official client,
// against the local server: the SDK must not be able to tell the difference.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import cloudbase from "@cloudbase/node-sdk";

const root = fileURLToPath(new URL("../../", import.meta.url));
const data = mkdtempSync(join(tmpdir(), "rooms-test-"));
let server;
after(async () => {
  await stop();
  rmSync(data, { recursive: true });
});

// start runs the local server and returns a client of it.
async function start(...flags) {
  server = spawn("go", ["run", "./scripts/local", "-addr", "127.0.0.1:0", "-data", data, ...flags], {
    cwd: root,
    stdio: ["ignore", "pipe", "inherit"],
  });
  await new Promise((resolve, reject) => {
    let printed = "";
    server.stdout.on("data", (text) => {
      printed += text;
      if (printed.split("\n").length > 3) resolve();
    });
    server.on("exit", (code) => reject(new Error(`the local server ended with ${code}`)));
  });
  return cloudbase.init(JSON.parse(readFileSync(join(data, "cloudbase.json"), "utf8")));
}

async function stop() {
  if (!server || server.exitCode !== null) return;
  const ended = new Promise((resolve) => server.on("close", resolve));
  server.removeAllListeners("exit");
  server.kill("SIGTERM");
  await ended;
}

test("a room through the official SDK", async () => {
  let app = await start();
  const call = async (name, data) => (await app.callFunction({ name, data })).result;
  const record = async () => (await app.database().collection("webrtcRooms").doc("9527").get()).data;

  for (const [i, userID] of ["alice", "bob", "carol", "dave"].entries()) {
    const reply = await call("webrtc-enter-room", { userID, roomID: i % 2 ? 9527 : "9527", roomName: 4711 });
    assert.equal(reply.msg, i ? "enter" : "create");
    assert.equal(reply.signInfo.userID, userID);
  }
  const refusal = { code: "5001", msg: "超出房间人数上限", reason: "ROOM_FULL" };
  assert.deepEqual(await call("webrtc-enter-room", { userID: "erin", roomID: "9527" }), refusal);

  const [room] = await record();
  assert.deepEqual(room.members, ["alice", "bob", "carol", "dave"]);
  assert.equal(room.roomName, "4711");
  assert.ok(room.createTime instanceof Date);

  await stop();
  app = await start("-build=false");
  assert.deepEqual(await record(), [room], "a restart keeps the record as it was");

  const { data: rooms } = await call("webrtc-get-room-list", { userID: "alice" });
  assert.deepEqual(rooms.map((r) => r.roomID), ["9527"]);

  for (const [i, userID] of ["alice", "bob", "carol", "dave"].entries()) {
    const { res } = await call("webrtc-quit-room", { userID, roomID: "9527" });
    assert.deepEqual(res.stats, i < 3 ? { updated: 1 } : { removed: 1 });
  }
  assert.deepEqual(await record(), []);
  assert.deepEqual((await call("webrtc-get-room-info", { userID: "alice", roomID: "9527" })).data, []);
  await assert.rejects(call("no-such-function", {}), { code: "FUNCTION_NOT_FOUND" });
});
