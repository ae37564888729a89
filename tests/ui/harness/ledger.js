// A ledger with weeks of work in it: made by SQL beside the service, with the rows' own columns.

import fs from "node:fs";
import path from "node:path";

import { run } from "../../e2e/harness/program.js";

const MODELS = ["openai/gpt-5.6-terra", "openai/gpt-5.6-luna", "z-ai/glm-5.2", "deepseek/deepseek-v4-pro-0813", "anthropic/claude-opus-5", "qwen/qwen3-coder", "moonshotai/kimi-k3"];
const PROJECTS = ["/home/me/src/turnpike", "/home/me/src/website", "/home/me/notes"];
const STATUSES = ["ok", "ok", "ok", "ok", "ok", "ok", "ok", "error", "cancelled", "truncated"];

const SUMS = ["ok", "error", "cancelled", "truncated", "interrupted", "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens",
  "reasoning_tokens", "web_searches", "cost_upstream", "cost_looked_up", "cost_estimate", "byok_cost"].map((name) => `sum(x.${name})`).join(", ");
const FACTS = "served_model, requested_model, provider, project, branch, session, agent_type, class, client";
const OF_MIX = `request_mix x JOIN mix m USING (${FACTS})`;
/** The service adds to the sums what it writes; what was written beside it is counted here, by the ledger's own views. */
const COUNT_ANEW = `
  INSERT INTO facet (kind, text) SELECT DISTINCT kind, text FROM request_place WHERE span = 1 ON CONFLICT DO NOTHING;
  INSERT INTO mix (${FACTS}) SELECT DISTINCT ${FACTS} FROM request_mix WHERE true ON CONFLICT DO NOTHING;
  DELETE FROM usage; DELETE FROM mix_day; DELETE FROM session_day; DELETE FROM mix_quarter; DELETE FROM latency; DELETE FROM pace;
  INSERT INTO usage SELECT span, slot, kind, facet, ${SUMS} FROM request_usage x GROUP BY 1, 2, 3, 4;
  INSERT INTO mix_day SELECT m.id, x.day, ${SUMS} FROM ${OF_MIX} WHERE x.whole GROUP BY 1, 2;
  INSERT INTO session_day SELECT x.day, m.id, ${SUMS} FROM ${OF_MIX} WHERE NOT x.whole GROUP BY 1, 2;
  INSERT INTO mix_quarter SELECT m.id, x.quarter, ${SUMS} FROM ${OF_MIX} GROUP BY 1, 2;
  INSERT INTO latency SELECT kind, day, model, bucket, count(*) FROM request_latency GROUP BY 1, 2, 3, 4;
  INSERT INTO pace SELECT day, model, sum(output_tokens), sum(writing_ns) FROM request_pace GROUP BY 1, 2;`;

const list = (texts, index) => `CASE ${index} ${texts.map((text, n) => `WHEN ${n} THEN '${text}'`).join(" ")} END`;

/**
 * Adds `count` settled rows over the last `days`, the newest a minute ago, behind the rows that are there. The service is
 * started anew for it: it gives out the numbers of rows itself.
 */
export async function fillLedger(turnpike, { count = 2_000, days = 30 } = {}) {
  const step = (days * 86_400) / count;
  const now = lately();
  const sql = `
    WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ${count})
    INSERT INTO request (id, instance, started_at, first_token_ns, duration_ns, status, class, agent_type, session, project,
      branch, requested_model, served_model, target, provider, mode, stream, decision, attempts, input_tokens, output_tokens,
      cache_read_tokens, cache_write_tokens, reasoning_tokens, web_searches, cost_nanos, byok_cost_nanos, cost_source,
      http_status, error_type, error_message, stop_reason, request_bytes, response_bytes)
    SELECT (SELECT ifnull(max(id), 0) FROM request) + i + 1, 1, CAST((${now} - (${count} - 1 - i) * ${step}) AS INTEGER) * 1000000000,
      400000000 + (i * 7919 % 900) * 1000000, 3000000000 + (i * 104729 % 20000) * 1000000,
      ${list(STATUSES, "i % 10")},
      CASE WHEN i % 6 = 0 THEN 'auxiliary' WHEN i % 6 = 1 THEN 'subagent' ELSE 'main' END,
      CASE WHEN i % 6 = 1 THEN 'Explore' END,
      printf('5e55%04d-0000-4000-8000-000000000000', i / 40), ${list(PROJECTS, "(i / 40) % 3")},
      CASE WHEN i % 3 = 0 THEN 'main' ELSE 'faster-startup' END,
      CASE WHEN i % 6 = 0 THEN 'claude-haiku-4-5' ELSE 'claude-opus-5' END,
      ${list(MODELS, "(i * i / 7) % 7")}, ${list(MODELS, "(i * i / 7) % 7")}, 'Fireworks', 'translate', 1,
      '{"by":"map","map":"*opus*","targets":["openai/gpt-5.6-terra"]}',
      CASE WHEN i % 10 = 7 THEN '[{"target":"openai/gpt-5.6-terra","outcome":"overloaded","status":529,"at_ms":420},{"target":"z-ai/glm-5.2","outcome":"overloaded","status":529,"at_ms":910}]'
        ELSE '[{"target":"openai/gpt-5.6-terra","outcome":"ok","at_ms":3200}]' END,
      1200 + i % 900, 200 + i * 37 % 1400, 18000 + i % 5000, 900, 40, 0,
      (1 + i * 7919 % 60) * 700000, 0, 'upstream',
      CASE WHEN i % 10 = 7 THEN 529 ELSE 200 END, CASE WHEN i % 10 = 7 THEN 'overloaded_error' END,
      CASE WHEN i % 10 = 7 THEN 'The model is overloaded at every provider.' END,
      CASE WHEN i % 10 < 7 THEN 'end_turn' END, 20000, 4000
    FROM n;`;
  await beside(turnpike, sql);
}

/** A minute ago, in seconds; at the beginning of a day its first moment. */
function lately() {
  const now = Math.floor(Date.now() / 1_000);
  return Math.max(now - 60, now - (now % 86_400));
}

/** Adds settled rows of the last minute, each with what is told of it: for figures that are known beforehand. */
export async function addRows(turnpike, rows) {
  const text = (value) => (value === null ? "NULL" : typeof value === "number" ? String(value) : `'${value}'`);
  const plain = { status: "ok", class: "main", requested_model: "m", mode: "translate", stream: 1, cost_source: "upstream", http_status: 200, byok_cost_nanos: 0 };
  const tokens = { input_tokens: 0, output_tokens: 0, cache_read_tokens: 0, cache_write_tokens: 0, reasoning_tokens: 0, web_searches: 0 };
  const sizes = { first_token_ns: 400_000_000, duration_ns: 3_000_000_000, cost_nanos: 0, request_bytes: 1, response_bytes: 1 };
  const inserts = rows.map((row) => {
    const all = { instance: 1, started_at: `${lately()}000000000`, ...plain, ...tokens, ...sizes, ...row };
    const values = Object.entries(all).map(([name, value]) => (name === "started_at" ? String(value) : text(value)));
    return `INSERT INTO request (id, ${Object.keys(all).join(", ")}) VALUES ((SELECT ifnull(max(id), 0) + 1 FROM request), ${values.join(", ")});`;
  });
  await beside(turnpike, inserts.join("\n"));
}

/**
 * Carries out SQL while the service does not run: it gives out the numbers of rows itself. What budgets remember is forgotten: by
 * it all new rows would count as today's, as after a clock that was set back.
 */
export async function beside(turnpike, sql) {
  await turnpike.stop();
  const memory = path.join(turnpike.dataDir, "state.json");
  if (fs.existsSync(memory)) fs.writeFileSync(memory, JSON.stringify({ ...JSON.parse(fs.readFileSync(memory, "utf8")), budget: undefined }));
  const file = path.join(turnpike.dataDir, "ledger.sqlite");
  const { code, stderr } = await run("sqlite3", ["-cmd", ".timeout 10000", file], { env: turnpike.env, input: `BEGIN; ${sql}; ${COUNT_ANEW} COMMIT;`, ms: 120_000 });
  if (code !== 0) throw new Error(`sqlite3 ${file}: ${code}\n${stderr}`);
  await turnpike.start();
}
