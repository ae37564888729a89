// A session with a keyring for the length of a test: a bus that starts nothing by itself, and gnome-keyring on it, unlocked.
//
// A bus that starts services answers an early question by starting a keyring of its own, which is locked and keeps the unlocked
// one from ever taking the name.

import fs from "node:fs";
import path from "node:path";

import { eventually } from "./deadline.js";
import { emptyEnvironment, freshFolder } from "./places.js";
import { Program, run } from "./program.js";

const BUS_CONFIG = `<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy>
</busconfig>`;

/** A session bus of its own, below `home`: the program's address is what it gives. */
export async function startBus(scope, home, env) {
  const config = path.join(home, "bus.conf");
  fs.writeFileSync(config, BUS_CONFIG);
  const bus = new Program("dbus-daemon", "dbus-daemon", [`--config-file=${config}`, "--nofork", "--print-address"], { env });
  scope.after(() => bus.stop());
  return bus.line((line) => line.startsWith("unix:") && line, "its address");
}

/** gnome-keyring on the bus of `env`, open: its process. */
export async function startDaemon(scope, home, env) {
  // It reads the password from its standard input.
  const password = path.join(home, "password");
  fs.writeFileSync(password, "pw");
  const args = ["--foreground", "--unlock", "--components=secrets", `--control-directory=${env.XDG_RUNTIME_DIR}/keyring`];
  const daemon = new Program("gnome-keyring", "sh", ["-c", `exec gnome-keyring-daemon ${args.join(" ")} < ${password}`], { env, cwd: home });
  scope.after(() => daemon.isRunning && daemon.kill());
  // Asked before the keyring is open, it would wait for a person: then it is asked again.
  const probe = () => run("secret-tool", ["store", "--label=probe", "probe", "yes"], { env, input: "x", ms: 5_000 });
  const keeps = () => probe().then(({ code }) => code === 0, () => false);
  await eventually(keeps, { what: () => `a keyring that keeps something\n${daemon.errors}`, ms: 60_000, every: 100 });
  return daemon;
}

export class Keyring {
  #daemon;

  static async start(scope) {
    const keyring = new Keyring();
    keyring.home = freshFolder(scope, "keyring");
    const runtime = path.join(keyring.home, "run");
    fs.mkdirSync(runtime, { mode: 0o700 });
    const bare = emptyEnvironment(keyring.home);
    const address = await startBus(scope, keyring.home, bare);
    /** What a program needs to reach the keyring. */
    keyring.session = { DBUS_SESSION_BUS_ADDRESS: address, XDG_RUNTIME_DIR: runtime };
    keyring.env = { ...bare, ...keyring.session };
    keyring.#daemon = await startDaemon(scope, keyring.home, keyring.env);
    return keyring;
  }

  /** The secret that is kept for the service, if there is one. */
  async secret() {
    const { code, stdout } = await run("secret-tool", ["lookup", "service", "turnpike"], { env: this.env });
    return code === 0 ? stdout : null;
  }

  /** From here on there is no Secret Service. */
  kill = () => this.#daemon.isRunning && this.#daemon.kill();
}
