// A session with a keyring for the length of a test: a bus that starts nothing by itself, and gnome-keyring on it, unlocked.

import fs from "node:fs";
import path from "node:path";

import { eventually } from "./deadline.js";
import { emptyEnvironment, freshFolder } from "./places.js";
import { Program, run } from "./program.js";

const BUS = `<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy>
</busconfig>`;

export class Keyring {
  #daemon;

  static async start(scope) {
    const keyring = new Keyring();
    keyring.home = freshFolder(scope, "keyring");
    const runtime = path.join(keyring.home, "run");
    fs.mkdirSync(runtime, { mode: 0o700 });
    const config = path.join(keyring.home, "bus.conf");
    fs.writeFileSync(config, BUS);
    const bare = emptyEnvironment(keyring.home);
    const bus = new Program("dbus-daemon", "dbus-daemon", [`--config-file=${config}`, "--nofork", "--print-address"], { env: bare });
    scope.after(() => bus.stop());
    const address = await bus.line((line) => line.startsWith("unix:") && line, "its address");
    /** What a program needs to reach the keyring. */
    keyring.session = { DBUS_SESSION_BUS_ADDRESS: address, XDG_RUNTIME_DIR: runtime };
    keyring.env = { ...bare, ...keyring.session };
    const password = path.join(keyring.home, "password");
    fs.writeFileSync(password, "pw");
    const args = ["--foreground", "--unlock", "--components=secrets", `--control-directory=${runtime}/keyring`];
    keyring.#daemon = new Program("gnome-keyring", "sh", ["-c", `exec gnome-keyring-daemon ${args.join(" ")} < ${password}`], { env: keyring.env });
    scope.after(() => keyring.kill());
    // Asked before the keyring is open, it would wait for a person: then it is asked again.
    const probe = () => run("secret-tool", ["store", "--label=probe", "probe", "yes"], { env: keyring.env, input: "x", ms: 5_000 });
    const keeps = () => probe().then(({ code }) => code === 0, () => false);
    await eventually(keeps, { what: "a keyring that keeps something", ms: 60_000, every: 100 });
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
