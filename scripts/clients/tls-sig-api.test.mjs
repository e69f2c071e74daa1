// Compares the tokens of `go run ./scripts/sig` with those of tls-sig-api-v2, Tencent's
// generator for Node: equal input must give equal documents, signatures included.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { inflateSync } from "node:zlib";
import tlsSigAPI from "tls-sig-api-v2";

const root = fileURLToPath(new URL("../../", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "tls-sig-api-"));
after(() => rmSync(folder, { recursive: true }));

const sdkAppID = 1400000000;
const key = "f0c005f3fc83d0d755e06a89aafa54803ce97f1ca4f10fd55fd91edf445363d9"; // nobody's
const keyFile = join(folder, "key");
writeFileSync(keyFile, key);

// signInGo returns the Go signer's tokens for the inputs.
function signInGo(inputs, ...flags) {
  const { status, stdout, stderr, error } = spawnSync(
    "go",
    ["run", "./scripts/sig", "sign", "-batch", "-key-file", keyFile, "-app", String(sdkAppID), ...flags],
    { cwd: root, input: inputs.map((input) => JSON.stringify(input) + "\n").join(""), encoding: "utf8", maxBuffer: 1 << 26 },
  );
  if (error) throw error;
  assert.equal(status, 0, stderr);
  const replies = stdout.trim().split("\n").map((line) => JSON.parse(line));
  assert.equal(replies.length, inputs.length);
  return replies.map((reply, i) => {
    assert.ok(reply.token, `${reply.error} for ${JSON.stringify(inputs[i])}`);
    return reply.token;
  });
}

// signInNode returns the token of tls-sig-api-v2 for an input.
function signInNode({ userID, roomID, roomName, privilege, at, lifetime }) {
  const api = new tlsSigAPI.Api(sdkAppID, key);
  const { now } = Date;
  Date.now = () => at * 1000;
  try {
    if (roomName !== undefined) return api.genPrivateMapKeyWithStringRoomID(userID, lifetime, roomName, privilege);
    if (roomID !== undefined) return api.genPrivateMapKey(userID, lifetime, roomID, privilege);
    return api.genUserSig(userID, lifetime);
  } finally {
    Date.now = now;
  }
}

// documentOf returns what a token holds, read as Tencent's libraries read it.
function documentOf(token) {
  const base64 = token.replaceAll("*", "+").replaceAll("-", "/").replaceAll("_", "=");
  return JSON.parse(inflateSync(Buffer.from(base64, "base64")).toString());
}

// A small generator of numbers below n, so that each run has the same inputs.
function newRandom(seed) {
  return (n) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 2 ** 32) * n);
  };
}

// inputs returns userSigs and privateMapKeys for rooms of both kinds. Not in them
// is what the generators treat otherwise on purpose: ids beyond ASCII and empty
// ones, and lifetimes of no seconds, which the Go signer refuses.
function inputs(count) {
  const random = newRandom(1);
  const text = (length, characters) => Array.from({ length }, () => characters[random(characters.length)]).join("");
  const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  const printable = Array.from({ length: 0x7e - 0x20 }, (_, i) => String.fromCharCode(0x21 + i)).join("");
  return Array.from({ length: count }, (_, i) => {
    const input = {
      userID: i % 2 ? "o" + text(27, letters + "-_") : text(1 + random(32), printable),
      at: 1 + random(2 ** 31),
      lifetime: 1 + random(2 ** 30),
      privilege: random(2) ? 255 : random(2 ** 32),
    };
    if (i % 3 === 1) input.roomID = 1 + random(2 ** 32 - 1);
    if (i % 3 === 2) input.roomName = text(1 + random(64), letters + " !#$%&()+-:;<=.>?@[]^_{}|~,");
    return input;
  });
}

for (const form of [[], ["-plain"]]) {
  test(`equal documents, signatures included, ${form.join(" ") || "compact"}`, () => {
    const all = inputs(300);
    signInGo(all, ...form).forEach((token, i) => {
      assert.deepEqual(documentOf(token), documentOf(signInNode(all[i])), JSON.stringify(all[i]));
    });
  });
}

// Go's zlib ends a token with an empty block of 5 bytes, which C's doesn't.
test("userSigs are hardly longer than Node's", () => {
  const all = inputs(600).map(({ userID, at, lifetime }) => ({ userID, at, lifetime }));
  signInGo(all).forEach((token, i) => {
    assert.ok(token.length <= signInNode(all[i]).length + 16, JSON.stringify(all[i]));
  });
});

test("a user id that reaches into the next line is refused", () => {
  assert.throws(() => signInGo([{ userID: "victim\nTLS.sdkappid:1", at: 1700000000, lifetime: 300 }]), /control|printable/);
});
