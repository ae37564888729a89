// The framing of server-sent events. (EventSource cannot send a header, and the session needs one.)

export interface Frame {
  id: string | null;
  event: string;
  data: string;
}

/** Takes text as it comes and gives whole frames. */
export class FrameReader {
  #rest = "";

  push(text: string): Frame[] {
    // A CR may be the first half of a CR LF whose other half has not come.
    const whole = this.#rest + text;
    const keep = whole.endsWith("\r") ? 1 : 0;
    const lines = whole.slice(0, whole.length - keep).replace(/\r\n?/g, "\n") + whole.slice(whole.length - keep);
    const blocks = lines.split("\n\n");
    this.#rest = blocks.pop() ?? "";
    return blocks.map(read).filter((frame) => frame !== null);
  }
}

function read(block: string): Frame | null {
  const frame: Frame = { id: null, event: "message", data: "" };
  const data: string[] = [];
  for (const line of block.split("\n")) {
    const colon = line.indexOf(":");
    if (colon === 0 || line === "") continue;
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "data") data.push(value);
    else if (name === "id") frame.id = value;
    else if (name === "event") frame.event = value;
  }
  if (data.length === 0) return null;
  frame.data = data.join("\n");
  return frame;
}
