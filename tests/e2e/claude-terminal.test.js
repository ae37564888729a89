// The real client as a person uses it: a first start in a terminal, its dialogs, a prompt, the answer, /exit.

import assert from "node:assert/strict";
import test from "node:test";

import * as walkChecks from "./harness/agent-walk.js";
import { clientEnvironment, deviceId, project } from "./harness/claude.js";
import { answerFirstStart, answerUntilSaid, leave, say } from "./harness/dialogs.js";
import { claudeBinary, freshFolder } from "./harness/places.js";
import { Terminal } from "./harness/terminal.js";
import { mapAll } from "./harness/turnpike.js";
import { startWorld } from "./harness/world.js";

test("claude in a terminal walks the whole loop", { timeout: 240_000 }, async (t) => {
  const { simulator, turnpike } = await startWorld(t, { config: mapAll(walkChecks.MODEL) });
  const home = freshFolder(t, "client-home");
  const walk = { project: project(t) };
  const terminal = new Terminal(claudeBinary(), [], {
    env: clientEnvironment(turnpike, home),
    cwd: walk.project.folder,
    columns: 260,
    rows: 60,
  });
  t.after(() => terminal.close());

  const dialogs = await answerFirstStart(terminal);
  assert.deepEqual(dialogs, ["theme", "security notes", "trust: no is chosen", "trust: yes is chosen"]);
  await say(terminal, walk.project.prompt);
  await answerUntilSaid(terminal, walkChecks.LAST_WORD, { ms: 120_000 });
  assert.equal(await leave(terminal), 0);

  walk.requests = await simulator.requests();
  walk.chats = await simulator.chats();
  walk.deviceId = deviceId(home);
  walkChecks.noRequestIsFaulty(walk);
  walkChecks.fileIsByteExact(walk);
  walkChecks.parallelCallsAreAnsweredTogether(walk);
  walkChecks.pictureAndPaperReachTheModel(walk);
  walkChecks.webSearchIsMapped(walk);
  walkChecks.deferredToolComesAfterToolSearch(walk);
  walkChecks.placeholderNeverLeaves(walk);
  walkChecks.systemTextKeepsItsPlace(walk);
  walkChecks.thinkingIsAskedForAndReplayed(walk);
  walkChecks.identityStaysHere(walk);
});
