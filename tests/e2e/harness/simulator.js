// The simulated OpenRouter, and what it noted down.

import { simulatorBinary } from "./places.js";
import { Program } from "./program.js";

export class Simulator {
  #program;

  /** Starts one on a free port. `signIn`: what a person answers on the page that asks for a key. */
  static async start({ signIn = "approve" } = {}) {
    const simulator = new Simulator();
    simulator.#program = new Program("turnpike-sim", simulatorBinary(), ["--listen", "127.0.0.1:0", "--sign-in", signIn], {
      env: { PATH: process.env.PATH },
    });
    simulator.address = await simulator.#program.line(
      (line) => line.startsWith("{") && JSON.parse(line).address,
      "a line with its address",
    );
    return simulator;
  }

  /** What Turnpike takes as `--upstream`. */
  get upstream() {
    return `http://${this.address}/api/v1`;
  }

  async #ask(method, name) {
    const answer = await fetch(`http://${this.address}/__sim/${name}`, { method });
    if (!answer.ok) throw new Error(`simulator: ${method} ${name}: ${answer.status} ${await answer.text()}`);
    const text = await answer.text();
    return text ? JSON.parse(text) : null;
  }

  /** All requests so far, oldest first; a body is read as JSON. */
  requests = async () =>
    (await this.#ask("GET", "requests")).map((request) => ({ ...request, body: request.body ? JSON.parse(request.body) : null }));

  /** The model requests so far, oldest first. */
  chats = async () => (await this.requests()).filter((request) => request.path.endsWith("/chat/completions"));

  /** What it charged. */
  bill = () => this.#ask("GET", "bill");

  connections = () => this.#ask("GET", "connections");

  reset = () => this.#ask("POST", "reset");

  stop = () => this.#program.stop();
}
