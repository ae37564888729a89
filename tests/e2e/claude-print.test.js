// The real client, `claude -p`, walks its whole loop on an OpenRouter model.

import assert from "node:assert/strict";
import test, { after, before, describe } from "node:test";

import * as walkChecks from "./harness/agent-walk.js";
import { deviceId, printRun, project } from "./harness/claude.js";
import { freshFolder } from "./harness/places.js";
import { Scope } from "./harness/scope.js";
import { mapAll } from "./harness/turnpike.js";
import { startWorld } from "./harness/world.js";

describe("claude -p", { timeout: 180_000 }, () => {
  const scope = new Scope();
  after(() => scope.end());
  const walk = {};

  before(async () => {
    const { simulator, turnpike } = await startWorld(scope, { config: mapAll(walkChecks.MODEL) });
    const home = freshFolder(scope, "client-home");
    walk.project = project(scope);
    const { folder, prompt } = walk.project;
    walk.run = await printRun(turnpike, { home, folder, prompt, tools: walkChecks.TOOLS });
    walk.requests = await simulator.requests();
    walk.chats = await simulator.chats();
    walk.deviceId = deviceId(home);
  });

  test("claude -p: the client ends well with the model's last word", () => {
    const { code, stdout, stderr } = walk.run;
    assert.equal(code, 0, stderr || stdout);
    assert.equal(stdout.trim(), walkChecks.LAST_WORD);
    assert.equal(stderr, "");
  });
  test("claude -p: the simulator finds no fault in any request", () => walkChecks.noRequestIsFaulty(walk));
  test("claude -p: the written file is byte-exact", () => walkChecks.fileIsByteExact(walk));
  test("claude -p: two parallel calls are run and answered", () => walkChecks.parallelCallsAreAnsweredTogether(walk));
  test("claude -p: picture and PDF reach the model", () => walkChecks.pictureAndPaperReachTheModel(walk));
  test("claude -p: the web search is mapped", () => walkChecks.webSearchIsMapped(walk));
  test("claude -p: the deferred tool appears only after ToolSearch", () => {
    walkChecks.deferredToolComesAfterToolSearch(walk);
  });
  test("claude -p: the placeholder tool never leaves", () => walkChecks.placeholderNeverLeaves(walk));
  test("claude -p: mid-conversation system text keeps its place", () => walkChecks.systemTextKeepsItsPlace(walk));
  test("claude -p: thinking is asked for and replayed", () => walkChecks.thinkingIsAskedForAndReplayed(walk));
  test("claude -p: billing block and device id stay here", () => walkChecks.identityStaysHere(walk));
});
