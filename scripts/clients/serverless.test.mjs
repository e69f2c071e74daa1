// Reads serverless.yml as its tool does, and holds it against what the multi-scf
// component accepts and what CloudBase needs.
import { test } from "node:test";
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import yaml from "js-yaml";

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), "..", "..");
const read = (name) => fs.readFileSync(path.join(root, name), "utf8");
const text = read("serverless.yml");

// resolve is what the tool does: ${env:NAME} becomes the variable, a value that is
// not set becomes undefined, and JSON then drops it.
function resolve(text, environment) {
  const replaced = (value) =>
    typeof value === "string"
      ? ((match) => (match ? environment[match[1]] : value))(value.match(/^\$\{env:([\w.-]+)\}$/))
      : value && typeof value === "object"
        ? Object.fromEntries(Object.entries(value).map(([key, value]) => [key, replaced(value)]))
        : value;
  return JSON.parse(JSON.stringify(replaced(yaml.load(text))));
}

const environment = { TCB_ENV_ID: "prod-1gabcd2e3f4g5h6i", TRTC_SDK_APP_ID: "1400000001", TRTC_SECRET_KEY: "secret", TRTC_CALLBACK_KEY: "callback" };
// The optional function, which is commented out.
const withOptional = text.replace(/^( *)# Optional:.*\n((?: *#.*\n?)+)$/m, (_, indent, block) => block.replace(new RegExp(`^${indent}# `, "gm"), indent));

const names = (config) => Object.keys(config.inputs.functions).sort();
const variables = (list) => Object.fromEntries(Object.values(list).map(({ key, value }) => [key, value]));
const folders = fs.readdirSync(path.join(root, "functions")).filter((name) => fs.existsSync(path.join(root, "functions", name, "main.go"))).sort();

test("functions/ and serverless.yml have the same functions", () => {
  assert.deepEqual(names(resolve(withOptional, environment)), folders);
  assert.deepEqual(names(resolve(text, environment)), folders.filter((name) => name !== "webrtc-room-events"));
});

// From the component's own list of what its inputs may be, version 0.3.11, whose
// other lists are of regions and runtimes that this project doesn't use.
test("the component accepts the inputs", () => {
  const { component, name, inputs } = resolve(withOptional, environment);
  assert.equal(component, "multi-scf");
  assert.ok(name);
  const accepted = ["src", "region", "namespace", "role", "type", "runtime", "memorySize", "timeout", "environments", "functions"];
  assert.deepEqual(Object.keys(inputs).filter((key) => !accepted.includes(key)), []);
  assert.equal(inputs.region, "ap-shanghai");
  assert.equal(inputs.runtime, "Go1");
  assert.ok(inputs.memorySize === 64 || inputs.memorySize % 128 === 0 && inputs.memorySize <= 3072);
  assert.ok(Number.isInteger(inputs.timeout) && inputs.timeout >= 1 && inputs.timeout <= 900);
  for (const [key, f] of Object.entries(inputs.functions)) {
    // A src of its own would be zipped again, without the executable bit.
    assert.deepEqual(Object.keys(f).filter((field) => !["name", "handler", "environments"].includes(field)), [], key);
    for (const { key: variable, value } of Object.values(f.environments ?? inputs.environments)) {
      assert.match(variable, /^[A-Z][A-Z_]*$/);
      assert.equal(typeof value, "string", `${key}: ${variable}`);
    }
  }
});

test("the functions are where wx.cloud.callFunction looks, and can start", () => {
  const { inputs } = resolve(withOptional, environment);
  assert.equal(inputs.namespace, environment.TCB_ENV_ID);
  assert.equal(inputs.role, "TCB_QcsRole");
  assert.equal(inputs.type, "event");
  assert.equal(inputs.src.dist, "./.local/package/flat");
  for (const [key, { name, handler }] of Object.entries(inputs.functions)) {
    assert.equal(name, key);
    assert.equal(handler, key, "in the flat package, a binary has its function's name");
  }
});

// With which lines uncommented a function gets which variables, TestServerless in
// pkg/settings says.
test("functions get their variables, and no others", () => {
  const { inputs } = resolve(withOptional, environment);
  const seats = { ROOM_MAX_MEMBERS: "4" };
  const signing = { ...seats, TRTC_SDK_APP_ID: environment.TRTC_SDK_APP_ID, TRTC_SECRET_KEY: environment.TRTC_SECRET_KEY };
  for (const [name, f] of Object.entries(inputs.functions)) {
    const source = read(`functions/${name}/main.go`);
    const app = { ...seats, TRTC_SDK_APP_ID: environment.TRTC_SDK_APP_ID };
    const want = source.includes("signin.New(") ? signing
      : source.includes("TRTC_CALLBACK_KEY") ? { ...app, TRTC_CALLBACK_KEY: environment.TRTC_CALLBACK_KEY }
      : name === "webrtc-quit-room" ? app : seats;
    assert.deepEqual(variables(f.environments ?? inputs.environments), want, name);
  }
});

test("a variable that is not set is missing without a word, but for the hook", () => {
  const { inputs } = resolve(text, {});
  assert.equal(inputs.namespace, undefined);
  assert.equal(inputs.src.hook, "go run ./scripts/package -for serverless.yml");
});

test("scf deploy", { skip: "serverless-cloud-framework, the tool that reads serverless.yml, can't be installed from npm" }, () => {});
