// What this project relies on a CloudBase database for, asked through the official
// clients: they must not be able to tell the local server from the real service.
// pkg/tcb/tcbtest asks the same through this project's own client.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { after, before, describe, test } from "node:test";
import { start } from "./local.mjs";

const require = createRequire(import.meta.url);
const collection = "conformance";

// Each client says the same things in its own words: what it is called, how it is
// opened, what its replies hold, and how it names an error.
const clients = [
  {
    name: "@cloudbase/node-sdk 3",
    open: (config) => require("@cloudbase/node-sdk").init(config),
    added: (reply) => reply.id,
    updated: (reply) => reply.updated,
    removed: (reply) => reply.deleted,
    // These clients change all that match unless they are told otherwise.
    one: (query) => query.options({ multiple: false }),
    isError: (code) => ({ code }),
    missing: async (get) => assert.deepEqual((await get()).data, []),
    returns: true,
  },
  ...["wx-server-sdk", "wx-server-sdk-2"].map((module) => ({
    name: module === "wx-server-sdk" ? "wx-server-sdk 4" : "wx-server-sdk 2",
    open(config) {
      // It knows no settings but the variables that the platform gives a function.
      Object.assign(process.env, {
        TENCENTCLOUD_RUNENV: "SCF",
        TENCENTCLOUD_SECRETID: config.secretId,
        TENCENTCLOUD_SECRETKEY: config.secretKey,
        TCB_CONTEXT_CNFG: JSON.stringify({ URL: config.serviceUrl }),
        TENCENTCLOUD_REGION: "ap-shanghai",
        SCF_NAMESPACE: config.env,
      });
      const cloud = require(module);
      cloud.init({ env: config.env });
      return cloud;
    },
    added: (reply) => reply._id,
    updated: (reply) => reply.stats.updated,
    removed: (reply) => reply.stats.removed,
    one: (query) => query,
    isError: (code) => ({ errCode: { DATABASE_COLLECTION_NOT_EXIST: -502005, DATABASE_REQUEST_FAILED: -502001 }[code] }),
    missing: (get) => assert.rejects(get(), { errCode: -1 }),
    returns: false,
  })),
];

let local;
before(async () => (local = await start("-memory")));
after(() => local?.stop());

for (const client of clients) {
  describe(client.name, () => {
    let app, db, docs, _;
    before(async () => {
      app = client.open(local.config);
      db = app.database();
      _ = db.command;
      docs = db.collection(collection);
      await db.createCollection(collection).catch(() => {}); // another client has
      await docs.where({ _id: _.exists(true) }).remove();
    });

    test("a collection that isn't there", async () => {
      const none = db.collection("none");
      const error = client.isError("DATABASE_COLLECTION_NOT_EXIST");
      await assert.rejects(none.add(wrap({ a: 1 })), error);
      await assert.rejects(none.where({ a: 1 }).get(), error);
      await assert.rejects(none.where({ a: 1 }).update(wrap({ b: 1 })), error);
      await assert.rejects(none.where({ a: 1 }).remove(), error);
    });

    test("an _id is taken once", async () => {
      const add = (rev) => docs.add(wrap({ _id: "room", rev, members: ["alice"], createTime: new Date(1545212109000) }));
      assert.equal(client.added(await add("r1")), "room");
      await assert.rejects(add("r2"), { ...client.isError("DATABASE_REQUEST_FAILED"), message: /E11000/ });
      assert.deepEqual((await docs.where({ _id: "room" }).get()).data, [
        { _id: "room", rev: "r1", members: ["alice"], createTime: new Date(1545212109000) },
      ]);
    });

    test("a write that names the revision", async () => {
      const update = (rev, next) => client.one(docs.where({ _id: "room", rev })).update(wrap({ rev: next, members: ["bob"] }));
      assert.equal(client.updated(await update("r1", "r2")), 1);
      assert.equal(client.updated(await update("r1", "r3")), 0);
      const won = await Promise.all(Array.from({ length: 10 }, async (_, i) => client.updated(await update("r2", `race ${i}`))));
      assert.equal(won.reduce((a, b) => a + b), 1);
      if (client.returns) {
        const { doc } = await docs.where({ _id: "room" }).updateAndReturn({ rev: "r4" });
        assert.equal(doc.rev, "r4");
        assert.equal((await docs.where({ _id: "room", rev: "r1" }).updateAndReturn({ rev: "r5" })).updated, 0);
      } else {
        await docs.doc("room").update(wrap({ rev: "r4" }));
      }
      const [room] = (await docs.where({ rev: "r4" }).get()).data;
      assert.deepEqual([room._id, room.members], ["room", ["bob"]]);
    });

    test("a removal that names the revision", async () => {
      const remove = (rev) => client.one(docs.where({ _id: "room", rev })).remove();
      assert.equal(client.removed(await remove("r1")), 0);
      assert.equal(client.removed(await remove("r4")), 1);
      await client.missing(() => docs.doc("room").get());
    });

    test("pages", async () => {
      for (const i of [0, 1, 2, 3, 4]) {
        await docs.add(wrap({ _id: `page ${i}`, createTime: new Date(1e12 + (i >> 1)), members: i ? ["alice"] : [] }));
      }
      const page = docs.where({ members: _.neq([]) }).orderBy("createTime", "desc").orderBy("_id", "desc");
      const ids = (reply) => reply.data.map((doc) => doc._id);
      assert.deepEqual(ids(await page.limit(3).get()), ["page 4", "page 3", "page 2"]);
      assert.deepEqual(ids(await page.skip(3).limit(3).get()), ["page 1"]);
      assert.deepEqual(ids(await docs.where({ "members.0": _.exists(true) }).orderBy("_id", "asc").limit(1).get()), ["page 1"]);
      assert.equal((await docs.where({ _id: _.exists(true) }).count()).total, 5);
    });

    test("the database's own time", async () => {
      const earliest = Date.now();
      await docs.add(wrap({ _id: "dated", at: db.serverDate(), later: db.serverDate({ offset: 3600e3 }) }));
      const [dated] = (await docs.where({ _id: "dated" }).get()).data;
      assert.ok(dated.at >= earliest && dated.at <= Date.now(), `${dated.at}`);
      assert.ok(Math.abs(dated.later - dated.at - 3600e3) < 2);
    });

    test("a function", async () => {
      const reply = await app.callFunction({ name: "webrtc-get-room-info", data: { userID: "alice", roomID: 9527 } });
      assert.deepEqual(reply.result, { data: [], errMsg: "collection.get:ok" });
      await assert.rejects(app.callFunction({ name: "none", data: {} }), { message: /there is no function "none"/ });
    });

    // wrap gives fields to add and update: node-sdk wants them bare, wx in data.
    const wrap = (fields) => (client.returns ? fields : { data: fields });
  });
}
