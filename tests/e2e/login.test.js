// `turnpike login`: a key from OpenRouter by way of a browser, with a real keyring, a real service, a real command line.

import assert from "node:assert/strict";
import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import test, { describe } from "node:test";

import { within } from "./harness/deadline.js";
import { Keyring } from "./harness/keyring.js";
import { readIfThere, turnpikeBinary } from "./harness/places.js";
import { Program } from "./harness/program.js";
import { Scope } from "./harness/scope.js";
import { startWorld } from "./harness/world.js";

/** What a browser sends when a page of another site leads it somewhere. */
const NAVIGATION = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" };

/** A service without a key, and a keyring that can keep one. */
async function keyless(t, options = {}) {
  const scope = Scope.of(t);
  const keyring = await Keyring.start(scope);
  const world = await startWorld(scope, { env: keyring.session, config: '[[map]]\nname = "*"\ntarget = "sim/text"\n', ...options });
  return { scope, keyring, ...world };
}

/** `turnpike login …args`, and the link that it shows. */
async function login({ scope, turnpike }, ...args) {
  const env = { ...turnpike.env, TURNPIKE_DATA_DIR: turnpike.dataDir };
  const program = new Program("turnpike login", turnpikeBinary(), ["login", ...args], { env, cwd: turnpike.dataDir, input: true });
  scope.after(() => program.isRunning && program.kill());
  const link = await program.line((line) => line.startsWith("http://") && line, "a link");
  return { program, link };
}

/** Goes where a browser goes, without following: `node:http`, since `fetch` forbids some headers. */
const visit = (url, { method = "GET", headers = {} } = {}) =>
  new Promise((resolve, reject) => {
    const { hostname, port, pathname, search } = new URL(url);
    const request = http.request({ hostname, port, path: pathname + search, method, headers }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (part) => (text += part));
      answer.on("end", () => resolve({ status: answer.statusCode, location: answer.headers.location, headers: answer.headers, text }));
    });
    request.on("error", reject).end();
  });

/** Says yes (or whatever the simulator says) on OpenRouter's page: the address that the browser is sent to. */
const answer = async (link) => (await visit(link)).location;

const end = (program) => within(program.ended, 30_000, () => `turnpike login to end; it said ${program.errors}`);

/** Every place where a key must not be. */
function* everywhere(turnpike, keyring, program) {
  for (const folder of [turnpike.dataDir, turnpike.env.HOME, keyring.home]) {
    for (const entry of fs.readdirSync(folder, { recursive: true, withFileTypes: true })) {
      const file = path.join(entry.parentPath ?? entry.path, entry.name);
      const text = entry.isFile() ? readIfThere(file) : null;
      if (text) yield [file, text.toString("latin1")];
    }
  }
  for (const part of ["cmdline", "environ"]) yield [part, fs.readFileSync(`/proc/${turnpike.pid}/${part}`, "latin1")];
  yield ["the service's log", turnpike.log];
  yield ["what the command said", program.lines.join("\n") + program.errors];
}

describe("login", { concurrency: true }, () => {
  test("login: the browser brings a key into the keychain, and it is nowhere else", async (t) => {
    const world = await keyless(t);
    const { turnpike, keyring, simulator } = world;
    assert.equal((await turnpike.messages({ model: "any" })).status, 401);
    const { program, link } = await login(world, "--print");
    assert.match(link, new RegExp(`^http://${simulator.address}/auth\\?callback_url=http%3A%2F%2F127.0.0.1`));
    const back = await visit(await answer(link), { headers: NAVIGATION });
    assert.equal(back.status, 200);
    assert.match(back.text, /Turnpike has its key/);
    assert.match(back.headers["content-security-policy"], /default-src 'self'/);
    assert.equal(back.headers["referrer-policy"], "no-referrer");
    assert.equal(await end(program), 0);
    const key = JSON.parse(await keyring.secret()).key;
    assert.match(key, /^sk-or-v1-/);
    const shown = new RegExp(`••••${key.slice(-4)}`);
    assert.match(program.lines.at(-1), shown);
    assert.match(back.text, shown);
    const { code, stdout } = await turnpike.cli("key", "status", "--check");
    assert.equal(code, 0);
    assert.match(stdout, shown);
    assert.equal((await turnpike.messages({ model: "any" })).status, 200);
    const audit = JSON.parse((await turnpike.cli("audit", "--json")).stdout);
    assert.deepEqual(audit.map(({ actor, action }) => [actor, action]), [["browser", "key.login.done"]]);
    const found = [...everywhere(turnpike, keyring, program), ["the browser's page", back.text]];
    assert.ok(found.length > 8, "there is something to look at");
    assert.deepEqual(found.filter(([, text]) => text.includes(key)).map(([place]) => place), []);
    assert.deepEqual(fs.readdirSync(turnpike.dataDir).filter((name) => name.startsWith("login-")), []);
  });

  test("login: over SSH the code is pasted, or the whole address", async (t) => {
    const world = await keyless(t);
    const { turnpike, keyring } = world;
    turnpike.env.SSH_CONNECTION = "192.0.2.1 1 192.0.2.2 22";
    const shown = async (link) => /<code>(.*?)<\/code>/.exec((await visit(link)).text)[1];
    const keys = [];
    for (const written of [(code) => code, (code) => `https://elsewhere.example/?code=${encodeURIComponent(code)}`]) {
      const { program, link } = await login(world);
      assert.ok(!link.includes("callback_url"), link);
      program.say(written(await shown(link)));
      assert.equal(await end(program), 0, program.errors);
      keys.push(JSON.parse(await keyring.secret()).key);
    }
    assert.notEqual(keys[0], keys[1]);
    const { program, link } = await login(world);
    program.say("two words");
    assert.equal(await end(program), 1);
    assert.match(program.errors, /neither a code nor an address/);
    assert.match(link, /key_label=Turnpike/);
  });

  test("login: what is no answer to it changes nothing, and it goes on waiting", async (t) => {
    const world = await keyless(t);
    const { turnpike, keyring } = world;
    const { program, link } = await login(world, "--print");
    const callback = new URL(new URL(link).searchParams.get("callback_url"));
    const right = `${callback.href}?code=made-up`;
    const wrong = `${callback.origin}/oauth/callback/${"0".repeat(64)}?code=made-up`;
    const rows = [
      ["a wrong state", wrong, { headers: NAVIGATION }, 403, /answers another login/],
      ["a foreign host", right, { headers: { host: "evil.example" } }, 403, /another host/],
      ["a page's image", right, { headers: { "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image" } }, 403, /another site/],
      ["another origin", right, { headers: { origin: "http://evil.example" } }, 403, /another origin/],
      ["a look at the head", right, { method: "HEAD" }, 503, /^$/],
      ["a look ahead", right, { headers: { ...NAVIGATION, "sec-purpose": "prefetch" } }, 503, /open it in a browser/],
      ["another method", right, { method: "POST" }, 405, /wrong method/],
    ];
    for (const [name, url, options, status, says] of rows) {
      const got = await visit(url, options);
      assert.equal(got.status, status, name);
      assert.match(got.text, says, name);
    }
    assert.ok(program.isRunning);
    assert.equal(await keyring.secret(), null);
    const target = await answer(link);
    assert.equal((await visit(target, { headers: NAVIGATION })).status, 200);
    assert.equal(await end(program), 0);
    const again = await visit(target, { headers: NAVIGATION });
    assert.equal(again.status, 403);
    assert.match(again.text, /answered already/);
    assert.equal((await turnpike.cli("key", "status")).code, 0, "the key stays");
  });

  const failures = [
    ["login: refused on the page: a sentence, and nothing is kept", { signIn: "deny" }, async (link) => answer(link), /OpenRouter gave no key \(access_denied\)/],
    ["login: a code that came too late: a sentence, and nothing is kept", { signIn: "too-late" }, async (link) => answer(link), /older than ten minutes/],
    ["login: a code of another login: a sentence, and nothing is kept", {}, async (link) => {
      const other = link.replace(/code_challenge=[^&]+/, "code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
      return answer(other);
    }, /belongs to another login/],
    ["login: a code that nobody gave out: a sentence, and nothing is kept", {}, async (link) => `${new URL(link).searchParams.get("callback_url")}?code=made-up`, /used already/],
    ["login: no code at all: a sentence, and nothing is kept", {}, async (link) => new URL(link).searchParams.get("callback_url"), /held no code/],
    ["login: OpenRouter is gone: a sentence, and nothing is kept", {}, async (link, { simulator }) => {
      const target = await answer(link);
      await simulator.stop();
      return target;
    }, /no key was got/i],
    ["login: the keychain is gone: a sentence, and nothing is kept", {}, async (link, { keyring }) => {
      await keyring.kill();
      return answer(link);
    }, /made a key, but it was not kept.*Delete it/s],
  ];
  for (const [name, options, go, says] of failures) {
    test(name, async (t) => {
      const world = await keyless(t, options);
      const { program, link } = await login(world, "--print");
      const back = await visit(await go(link, world), { headers: NAVIGATION });
      assert.equal(back.status, 400, back.text);
      assert.match(back.text, says);
      assert.match(back.text, /Turnpike got no key/);
      assert.equal(await end(program), 5);
      assert.match(program.errors, says);
      assert.equal(await world.keyring.secret(), null);
      assert.notEqual((await world.turnpike.cli("key", "status")).code, 0);
    });
  }

  test("login: none is begun where a key could not be kept or would not be used", async (t) => {
    const scope = Scope.of(t);
    const nowhere = await startWorld(scope, { env: { DBUS_SESSION_BUS_ADDRESS: "unix:path=/no-such/bus" } });
    const fixed = await startWorld(scope);
    for (const [{ turnpike, simulator }, says] of [[nowhere, /no keychain/], [fixed, /comes before the keychain/]]) {
      const { code, stdout, stderr } = await turnpike.cli("login", "--print");
      assert.equal(code, 5, stderr);
      assert.equal(stdout, "");
      assert.match(stderr, says);
      assert.ok((await simulator.requests()).every((request) => !request.path.includes("/auth")));
    }
  });

  test("login: a newer one takes the place of the one that waits", async (t) => {
    const world = await keyless(t);
    const first = await login(world, "--print");
    const second = await login(world, "--print");
    assert.equal(await end(first.program), 1);
    assert.match(first.program.errors, /another login was begun/);
    const late = await visit(await answer(first.link), { headers: NAVIGATION });
    assert.match(late.text, /answers another login/);
    assert.equal((await visit(await answer(second.link), { headers: NAVIGATION })).status, 200);
    assert.equal(await end(second.program), 0);
  });
});
