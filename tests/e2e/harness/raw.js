// HTTP by hand: what a well-behaved client library would never send.

import { once } from "node:events";
import net from "node:net";

import { within } from "./deadline.js";

/** An open connection that gathers what comes back. */
export class RawConnection {
  /** Connects to `port` of this machine. */
  static async open(port) {
    const raw = new RawConnection();
    raw.received = ""; // a character for each byte
    raw.socket = net.connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    raw.socket.setEncoding("latin1").on("data", (text) => (raw.received += text));
    raw.socket.on("error", () => {}); // a reset is an end; what was received tells the rest
    raw.closed = new Promise((resolve) => raw.socket.once("end", resolve).once("close", resolve));
    await once(raw.socket, "connect");
    return raw;
  }

  send(text) {
    this.socket.write(text);
  }

  /** Waits until `received` matches. */
  async until(pattern, ms = 10_000) {
    const seen = new Promise((resolve) => {
      const look = () => pattern.test(this.received) && resolve(this.received);
      this.socket.on("data", look);
      look();
    });
    return within(seen, ms, () => `${pattern}; received:\n${this.received}`);
  }

  /** Goes away at once, as a killed client does. */
  hangUp() {
    this.socket.destroy();
  }
}

/** Sends one request on a connection of its own and reads the answer to its end. */
export async function exchange(port, { method = "POST", target = "/v1/messages", headers = {}, body = "" }) {
  const all = { host: `127.0.0.1:${port}`, connection: "close", "content-length": Buffer.byteLength(body), ...headers };
  const lines = Object.entries(all).filter(([, value]) => value !== null);
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const raw = await RawConnection.open(port);
  raw.send(`${method} ${target} HTTP/1.1\r\n${head}\r\n${body}`);
  await within(raw.closed, 30_000, () => `the answer's end; received:\n${raw.received}`);
  raw.hangUp();
  return parse(raw.received);
}

/** `{status, headers, text, json}` of a whole answer. */
function parse(received) {
  const [head, ...rest] = received.split("\r\n\r\n");
  const [statusLine, ...lines] = head.split("\r\n");
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]),
  );
  const body = rest.join("\r\n\r\n");
  const bytes = headers["transfer-encoding"] === "chunked" ? unchunked(body) : body;
  const text = Buffer.from(bytes, "latin1").toString("utf8");
  return { status: Number(statusLine.split(" ")[1]), headers, text, json: jsonIn(text) };
}

/** The chunks' contents. */
function unchunked(body) {
  let text = "";
  for (let at = 0; ; ) {
    const line = body.indexOf("\r\n", at);
    const size = Number.parseInt(body.slice(at, line), 16);
    if (line < 0 || !size) return text;
    text += body.slice(line + 2, line + 2 + size);
    at = line + 2 + size + 2;
  }
}

function jsonIn(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
