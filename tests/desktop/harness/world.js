// A simulated OpenRouter, a desktop, and a data folder for trays on it, for the length of a test.

import { Scope } from "../../e2e/harness/scope.js";
import { Simulator } from "../../e2e/harness/simulator.js";
import { mapAll } from "../../e2e/harness/turnpike.js";
import { Desktop } from "./desktop.js";
import { TrayPlace } from "./tray.js";

/** `key` is that of the environment, `null` for none; `without` and `settings` are those of {@link Desktop.start}. */
export async function startDesktop(t, { config = mapAll("sim/text"), key, without, settings } = {}) {
  const scope = Scope.of(t);
  const simulator = await Simulator.start();
  scope.after(() => simulator.stop());
  const desktop = await Desktop.start(scope, { without, settings });
  const place = new TrayPlace(scope, desktop, { upstream: simulator.upstream, config, key });
  return { scope, simulator, desktop, place };
}
