// Runs the READMEs' snippets for mini programs, each as it stands, against the local
// server: there is one for each function, of five lines at most.
import assert from "node:assert/strict";
import fs from "node:fs";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { start } from "./local.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const optional = ["webrtc-room-events"]; // TRTC calls it
const functions = fs.readdirSync(`${root}functions`)
  .filter((name) => fs.existsSync(`${root}functions/${name}/main.go`) && !optional.includes(name));

let server;
before(async () => (server = await start("-memory")));
after(() => server.stop());

// callFunction is what a mini program has: the platform says who calls.
const callFunction = async ({ name, data }) => {
  const response = await fetch(new URL(`/v1/functions/${name}`, server.config.serviceUrl), {
    method: "POST",
    headers: { "X-WX-OPENID": "oAlice" },
    body: JSON.stringify(data),
  });
  assert.equal(response.status, 200, name);
  return { result: await response.json() };
};

// What a mini program in the developer tools calls instead, with its wx.request.
for (const name of ["README.md", "README.zh-CN.md"]) {
  test(`the way of ${name} to the local server`, async () => {
    const [, code] = fs.readFileSync(root + name, "utf8").match(/^```js\n(const local = .*?)^```$/ms);
    const request = ({ url, method, data, header, success, fail }) => fetch(new URL(new URL(url).pathname, server.config.serviceUrl), {
      method, headers: { "Content-Type": "application/json", Referer: "https://servicewechat.com/wx0/devtools/page-frame.html", ...header }, body: JSON.stringify(data),
    }).then(async (response) => success({ statusCode: response.status, data: await response.json() }), fail);
    const local = new Function("wx", `${code}; return local`)({ request });
    const { result } = await local({ name: "webrtc-enter-room", data: { roomID: 4711 } });
    assert.deepEqual(result.roomInfo.members, ["alice"]);
    await assert.rejects(local({ name: "webrtc-none", data: {} }), (error) => /unknown function/.test(error.errorMessage));
  });
}

for (const name of ["README.md", "README.zh-CN.md"]) {
  test(`the snippets of ${name}`, async () => {
    const blocks = [...fs.readFileSync(root + name, "utf8").matchAll(/^```js\n(.*?)^```$/gms)].map(([, code]) => code);
    const snippets = blocks.filter((code) => code.includes("wx.cloud.callFunction"));
    const called = [];
    for (const code of snippets) {
      assert.ok(code.trim().split("\n").length <= 5, `more than five lines:\n${code}`);
      const done = [];
      const page = { setData: (data) => done.push(data) };
      let finished;
      const wx = {
        cloud: {
          callFunction: (call) => {
            called.push(call.name);
            const answered = callFunction(call);
            // The snippet's own continuation, which it doesn't wait for.
            return { then: (next) => (finished = answered.then(next)) };
          },
        },
        navigateTo: (to) => done.push(to),
        navigateBack: () => done.push({}),
        showToast: ({ title }) => assert.fail(title),
      };
      new Function("wx", code).call(page, wx);
      await finished;
      assert.equal(done.length, 1, `nothing comes of it:\n${code}`);
      assert.ok(!JSON.stringify(done[0], (_, value) => value ?? "missing").includes("missing"), JSON.stringify(done[0]));
      if (called.at(-1) === "webrtc-get-room-info") assert.deepEqual(done[0].members, ["oAlice"]);
    }
    assert.deepEqual(called.toSorted(), functions.toSorted());
  });
}
