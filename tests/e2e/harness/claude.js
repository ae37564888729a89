// Claude Code in an emptied environment and a fresh home, pointed at Turnpike.

import fs from "node:fs";
import path from "node:path";

import { pdf, png } from "./documents.js";
import { claudeBinary, emptyEnvironment, freshFolder } from "./places.js";
import { run } from "./program.js";

/** What the scripted agent walk writes, byte for byte. */
export const WRITTEN = 'héllo "wörld" 你好\n';

/** A project folder with the files that the walk reads, and the prompt that names them. */
export function project(t) {
  const folder = freshFolder(t, "project");
  const files = {
    png: path.join(folder, "picture.png"),
    pdf: path.join(folder, "paper.pdf"),
    out: path.join(folder, "out.txt"),
  };
  const picture = png(64, 48, [200, 30, 90]);
  const paper = pdf("Seven lanterns on the quay");
  fs.writeFileSync(files.png, picture);
  fs.writeFileSync(files.pdf, paper);
  const prompt = `Take your walk. png=${files.png} pdf=${files.pdf} out=${files.out}`;
  return { folder, files, picture, paper, prompt };
}

/** The client's environment: what `turnpike env` prints, and nothing of this machine. */
export function clientEnvironment(turnpike, home, more = {}) {
  return {
    ...emptyEnvironment(home),
    TERM: "xterm-256color",
    ANTHROPIC_BASE_URL: turnpike.url,
    ANTHROPIC_AUTH_TOKEN: turnpike.token,
    ANTHROPIC_API_KEY: "",
    CLAUDE_CODE_GATEWAY_HINT_HEADERS: "1",
    CLAUDE_CODE_AUTO_COMPACT_WINDOW: "131072",
    ...more,
  };
}

/** One run of `claude -p`: `{code, stdout, stderr}`. */
export function printRun(turnpike, { home, folder, prompt, tools = [], model, more = [] }) {
  // Only here: interactively this variable makes the client show a dialog that people never meet.
  const env = clientEnvironment(turnpike, home, { CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1" });
  const args = ["-p", prompt, "--allowedTools", tools.join(" "), ...(model ? ["--model", model] : []), ...more];
  return run(claudeBinary(), args, { env, cwd: folder, ms: 120_000 });
}

/** A run whose output is every message as JSON: `{code, stderr, messages}`. */
export async function jsonRun(turnpike, options) {
  const more = ["--output-format", "stream-json", "--verbose"];
  const { code, stdout, stderr } = await printRun(turnpike, { ...options, more });
  return { code, stderr, messages: stdout.split("\n").filter(Boolean).map((line) => JSON.parse(line)) };
}

/** The identity that the client made up for this machine; it must stay here. */
export function deviceId(home) {
  const state = JSON.parse(fs.readFileSync(path.join(home, ".claude.json"), "utf8"));
  return state.userID;
}
