// One simulator and one Turnpike in front of it, for the length of a test.

import { Scope } from "./scope.js";
import { Simulator } from "./simulator.js";
import { Turnpike } from "./turnpike.js";

/** Starts both; they stop when the test (or scope) `t` ends. `options` are those of {@link Turnpike}, `control` where the page is to be. */
export async function startWorld(t, { signIn, control, ...options } = {}) {
  const scope = Scope.of(t);
  const simulator = await Simulator.start({ signIn });
  scope.after(() => simulator.stop());
  const turnpike = new Turnpike(scope, { upstream: simulator.upstream, ...options });
  scope.after(() => turnpike.stop());
  await turnpike.start({ control });
  return { simulator, turnpike };
}
