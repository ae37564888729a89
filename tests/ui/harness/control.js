// The control plane as a program asks it: what the page shows is compared with what the service says.

import fs from "node:fs";
import path from "node:path";

/** Carries out one command with the secret of control.json. */
export async function control(turnpike, name, request = {}) {
  const { address, secret } = JSON.parse(fs.readFileSync(path.join(turnpike.dataDir, "control.json"), "utf8"));
  const answer = await fetch(`http://${address}/api/${name}`, {
    method: "POST",
    headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
    body: JSON.stringify(request),
  });
  const reply = await answer.json();
  if (!answer.ok) throw new Error(`${name}: ${answer.status} ${JSON.stringify(reply)}`);
  return reply;
}
