// Who may ask, and what is refused before anything else is done. Over raw sockets, because no library sends these.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import test, { after, before, describe } from "node:test";

import { readIfThere } from "./harness/places.js";
import { exchange } from "./harness/raw.js";
import { Scope } from "./harness/scope.js";
import { mapAll } from "./harness/turnpike.js";
import { startWorld } from "./harness/world.js";

const MIB = 1024 * 1024;
const LOGIN_TOKEN = "sk-ant-oat01-made-up-login-token-that-must-not-be-kept";

/** A valid request of exactly `size` bytes. */
function requestOf(size) {
  const body = (text) => JSON.stringify({ model: "claude", max_tokens: 9, messages: [{ role: "user", content: text }] });
  return body("x".repeat(size - body("").length));
}

/** Every file below a folder. */
function filesBelow(folder) {
  return fs.readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
}

describe("guard", () => {
  const scope = new Scope();
  after(() => scope.end());
  let simulator, turnpike, right;
  before(async () => {
    ({ simulator, turnpike } = await startWorld(scope, { config: mapAll("sim/text") }));
    right = { authorization: `Bearer ${turnpike.token}`, "content-type": "application/json" };
  });
  const ask = (options) => exchange(turnpike.port, options);

  /** Refused in the Messages API's error shape, without leave for any page to read it, and never sent on. */
  async function refused(answer, status, type) {
    assert.equal(answer.status, status, answer.text);
    assert.equal(answer.json?.type, "error");
    assert.equal(answer.json.error.type, type);
    assert.ok(answer.json.error.message.length > 10, "a sentence");
    const cors = Object.keys(answer.headers).filter((name) => name.startsWith("access-control-"));
    assert.deepEqual(cors, []);
    assert.deepEqual(await simulator.chats(), [], "nothing went upstream");
  }

  test("a foreign Host is 403, also with the right token", async () => {
    for (const host of ["evil.example", "evil.example:4117", "127.0.0.1.evil.example", "169.254.169.254"]) {
      await refused(await ask({ headers: { ...right, host }, body: requestOf(200) }), 403, "permission_error");
    }
  });

  test("a foreign Origin is 403, also with the right token", async () => {
    for (const origin of ["https://evil.example", "null", "http://127.0.0.1.evil.example"]) {
      await refused(await ask({ headers: { ...right, origin }, body: requestOf(200) }), 403, "permission_error");
      const preflight = { ...right, origin, "access-control-request-method": "POST" };
      await refused(await ask({ method: "OPTIONS", headers: preflight }), 403, "permission_error");
    }
  });

  test("without the token it is 401 before the body is looked at", async () => {
    const bodies = ["not json", requestOf(200), JSON.stringify({ model: "no-such-model" })];
    const wrong = [{}, { authorization: "Bearer wrong" }, { "x-api-key": "wrong" }, { authorization: "Basic eDp5" }];
    for (const headers of wrong) {
      for (const body of bodies) {
        await refused(await ask({ headers, body }), 401, "authentication_error");
      }
    }
  });

  test("a Claude login token is refused with the remedy and kept nowhere", async () => {
    const answer = await ask({ headers: { authorization: `Bearer ${LOGIN_TOKEN}` }, body: requestOf(200) });
    await refused(answer, 401, "authentication_error");
    assert.match(answer.json.error.message, /ANTHROPIC_AUTH_TOKEN|turnpike env|turnpike run/);
    assert.equal(answer.headers["x-should-retry"], "false");
    assert.ok(!turnpike.log.includes(LOGIN_TOKEN), "not in the log");
    for (const { parentPath, path: folder, name } of filesBelow(turnpike.dataDir)) {
      const file = path.join(parentPath ?? folder, name);
      assert.ok(!readIfThere(file)?.includes(LOGIN_TOKEN), `not in ${file}`);
    }
  });

  test("only loopback is bound", () => {
    const sockets = new Set(
      fs.readdirSync(`/proc/${turnpike.pid}/fd`).flatMap((fd) => {
        try {
          return [fs.readlinkSync(`/proc/${turnpike.pid}/fd/${fd}`)];
        } catch {
          return []; // closed meanwhile
        }
      }),
    );
    const listening = ["tcp", "tcp6"].flatMap((family) =>
      fs.readFileSync(`/proc/net/${family}`, "utf8").trim().split("\n").slice(1).map((line) => line.trim().split(/\s+/))
        .filter(([, , , state, , , , , , inode]) => state === "0A" && sockets.has(`socket:[${inode}]`))
        .map(([, local]) => local.split(":")[0]),
    );
    assert.ok(listening.length >= 2, "data plane and control plane listen");
    const loopback = ["0100007F", "00000000000000000000000001000000"];
    for (const address of listening) assert.ok(loopback.includes(address), `${address} is not loopback`);
  });

  test("what needs no token tells only that it runs", async () => {
    for (const [method, target] of [["GET", "/health"], ["GET", "/"], ["GET", "/api/hello"], ["HEAD", "/"]]) {
      const answer = await ask({ method, target });
      assert.equal(answer.status, 200, `${method} ${target}`);
      assert.ok(!answer.text.includes(turnpike.token) && !answer.text.includes(turnpike.dataDir));
    }
  });

  test("a body of 32 MiB passes and a larger one is 413", async () => {
    const larger = await ask({ headers: right, body: requestOf(32 * MIB + 1) });
    await refused(larger, 413, "request_too_large");
    const passes = await ask({ headers: right, body: requestOf(32 * MIB) });
    assert.equal(passes.status, 200, passes.text.slice(0, 500));
    assert.equal((await simulator.chats()).length, 1);
    await simulator.reset();
  });
});
