// The Debian package in a clean root: installed, used, upgraded over a running service, removed. dpkg runs the package's own
// script without changing its root, since a clean root has no shell.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import test, { after, before, describe } from "node:test";

import { eventually, within } from "../e2e/harness/deadline.js";
import { Keyring } from "../e2e/harness/keyring.js";
import { freshFolder, turnpikeBinary } from "../e2e/harness/places.js";
import { Program, run } from "../e2e/harness/program.js";
import { Scope } from "../e2e/harness/scope.js";
import { Simulator } from "../e2e/harness/simulator.js";

const TOP = path.resolve(import.meta.dirname, "../..");
const KEY = "sk-or-v1-package00000000000000000000000000000000000000000000000000000";
const ENV = { PATH: `${process.env.PATH}:/usr/sbin:/sbin`, LANG: "C.UTF-8" };

/** Builds the package from the binaries under test. */
async function bundle(out, version, compression = "none") {
  const env = { ...ENV, HOME: out, TURNPIKE_DEB_COMPRESSION: compression };
  if (process.env.TURNPIKE_TRAY_BIN) env.TURNPIKE_TRAY_BIN = process.env.TURNPIKE_TRAY_BIN;
  const args = [path.dirname(turnpikeBinary()), out, ...(version ? [version] : [])];
  const { code, stdout, stderr } = await run(path.join(TOP, "scripts/bundle-deb.sh"), args, { env, ms: 300_000 });
  assert.equal(code, 0, stderr);
  return stdout.trim();
}

const files = (folder) =>
  fs.readdirSync(folder, { recursive: true, withFileTypes: true }).map((entry) => path.join(entry.parentPath ?? entry.path, entry.name)).sort();

describe("package", () => {
  const scope = new Scope();
  after(() => scope.end());
  let out, root, first;
  before(async () => {
    out = freshFolder(scope, "out");
    root = freshFolder(scope, "root");
    const admin = path.join(root, "var/lib/dpkg");
    for (const folder of ["info", "updates", "triggers"]) fs.mkdirSync(path.join(admin, folder), { recursive: true });
    fs.writeFileSync(path.join(admin, "status"), "");
    first = await bundle(out);
  });

  /** dpkg on the clean root. What Turnpike depends on is the machine's own. */
  async function dpkg(...args) {
    const forced = ["--force-depends", "--force-script-chrootless", "--force-not-root", "--force-bad-path"];
    const { code, stdout, stderr } = await run("dpkg", [`--root=${root}`, "--log=/dev/null", ...forced, ...args], { env: ENV, ms: 300_000 });
    assert.equal(code, 0, `dpkg ${args.join(" ")}\n${stdout}\n${stderr}`);
    return stdout;
  }

  const outside = () => files(root).filter((file) => !file.startsWith(path.join(root, "var")));

  test("package: what make builds is where it looks for it, also where cargo is told another folder", async (t) => {
    const bin = freshFolder(Scope.of(t), "bin");
    fs.writeFileSync(path.join(bin, "cargo"), `#!/bin/sh\necho "$CARGO_TARGET_DIR: $*" >> "${bin}/asked"\n`, { mode: 0o755 });
    fs.writeFileSync(path.join(bin, "npm"), "#!/bin/sh\nexit 1\n", { mode: 0o755 });
    const env = { ...ENV, PATH: `${bin}:${ENV.PATH}`, CARGO_TARGET_DIR: path.join(bin, "elsewhere") };
    const { code, stderr } = await run("make", ["--directory", TOP, "build"], { env, ms: 60_000 });
    assert.equal(code, 0, stderr);
    const asked = fs.readFileSync(path.join(bin, "asked"), "utf8");
    assert.ok(asked.startsWith(`${TOP}/target: build --locked`), asked);
  });

  test("package: the same files make the same package, and it starts nothing at login", async () => {
    const again = await bundle(freshFolder(scope, "again"));
    assert.ok(fs.readFileSync(first).equals(fs.readFileSync(again)), "byte for byte");
    const { stdout } = await run("dpkg-deb", ["--contents", first], { env: ENV });
    for (const file of ["bin/turnpike", "bin/turnpike-tray", "share/applications/turnpike.desktop", "share/icons/hicolor/256x256/apps/turnpike.png", "share/bash-completion/completions/turnpike"]) {
      assert.match(stdout, new RegExp(`root/root .* \\./usr/${file}\n`), file);
    }
    assert.doesNotMatch(stdout, /autostart|systemd|\.\/etc/);
    const entry = fs.readFileSync(path.join(TOP, "packaging/debian/turnpike.desktop"), "utf8");
    assert.match(entry, /^Exec=turnpike-tray$/m);
    assert.match(entry, /^Icon=turnpike$/m);
  });

  test("package: it depends on every library that its programs are linked to", async () => {
    const { stdout: depends } = await run("dpkg-deb", ["--field", first, "Depends"], { env: ENV });
    const unpacked = freshFolder(scope, "unpacked");
    await run("dpkg-deb", ["--extract", first, unpacked], { env: ENV });
    const missing = [];
    for (const name of ["turnpike", "turnpike-tray"]) {
      const program = path.join(unpacked, "usr/bin", name);
      const { stdout: header } = await run("objdump", ["-p", program], { env: ENV });
      const { stdout: linked } = await run("ldd", [program], { env: ENV });
      for (const [, library] of header.matchAll(/NEEDED\s+(\S+)/g)) {
        const file = linked.split("\n").find((line) => line.includes(library))?.match(/(\/\S+)/)?.[1];
        assert.ok(file, `${library} is on this machine`);
        const owners = [];
        for (const place of [file, fs.realpathSync(file), `/usr${file}`]) {
          const { code, stdout } = await run("dpkg-query", ["--search", place], { env: ENV });
          if (code === 0) owners.push(...stdout.trim().split("\n").map((line) => line.split(":")[0]));
        }
        const wanted = depends.split(/[,|]/).map((part) => part.trim().split(" ")[0]);
        if (!owners.some((owner) => wanted.includes(owner))) missing.push([name, library, owners]);
      }
    }
    assert.deepEqual(missing, []);
    const { stdout: sums } = await run("dpkg-deb", ["--info", first, "md5sums"], { env: ENV });
    assert.match(sums, /^[0-9a-f]{32} {2}usr\/bin\/turnpike-tray$/m);
    assert.match(depends, /libayatana-appindicator3-1/, "which is opened while the tray runs");
    assert.match(depends, /libc6 \(>= 2\.\d+\)/);
  });

  test("package: installed, used, upgraded under running streams, and removed without a trace", async () => {
    const simulator = await Simulator.start();
    scope.after(() => simulator.stop());
    const keyring = await Keyring.start(scope);
    const before = outside();
    await dpkg("--install", first);
    const home = freshFolder(scope, "user");
    const env = { ...ENV, HOME: home, ...keyring.session, OPENROUTER_BASE_URL: simulator.upstream };
    const program = path.join(root, "usr/bin/turnpike");
    const data = path.join(home, ".local/share/turnpike");
    fs.mkdirSync(data, { recursive: true });
    fs.writeFileSync(path.join(data, "config.toml"), '[proxy]\nlisten = "127.0.0.1:0"\n');
    const cli = (args, input) => run(program, args, { env, cwd: home, input });
    const set = await cli(["key", "set"], KEY);
    assert.equal(set.code, 0, set.stderr);
    assert.equal(JSON.parse(await keyring.secret()).key, KEY);
    assert.equal(await dpkg("--verify", "turnpike"), "", "every file is as the package has it");

    const service = new Program("turnpike", program, ["serve"], { env, cwd: home });
    scope.after(() => service.isRunning && service.kill());
    const url = await service.line((line) => /listening on (\S+)/.exec(line)?.[1], "where it listens");
    const token = (await cli(["token"])).stdout.trim();
    const ask = (model, stream) =>
      fetch(`${url}/v1/messages`, {
        method: "POST",
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        body: JSON.stringify({ model, max_tokens: 100, stream, messages: [{ role: "user", content: "Hello" }] }),
      });
    const answer = await ask("sim/text", false);
    assert.equal(answer.status, 200, await answer.clone().text());

    const streams = await Promise.all(Array.from({ length: 8 }, () => ask("sim/text+words=150+delay=60ms", true)));
    const texts = streams.map((stream) => stream.text());
    await dpkg("--install", await bundle(out, "0.9.9"));
    assert.match(await dpkg("--list", "turnpike"), /ii\s+turnpike\s+0\.9\.9/);
    assert.ok(service.isRunning, "the upgrade leaves the service running");
    for (const text of await Promise.all(texts)) assert.match(text, /event: message_stop/);
    assert.equal((await cli(["status"])).code, 0, "the new program talks to it");

    const late = await ask("sim/text+words=60+delay=50ms", true);
    const rest = late.text();
    await dpkg("--purge", "turnpike");
    assert.match(await rest, /event: message_stop/, "a stream ends before the program goes");
    assert.equal(await within(service.ended, 30_000, "the service to end"), 0);
    assert.deepEqual(outside(), before);
    const info = fs.readdirSync(path.join(root, "var/lib/dpkg/info")).filter((name) => name.startsWith("turnpike"));
    assert.deepEqual(info, []);
    assert.ok(fs.existsSync(path.join(data, "ledger.sqlite")), "what is the user's stays");
    assert.equal(JSON.parse(await keyring.secret()).key, KEY);
    await eventually(() => !fs.existsSync(path.join(data, "control.json")), { what: "control.json to be gone" });
  });
});
