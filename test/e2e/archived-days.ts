import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { zstdCompressSync } from "node:zlib";
import { encode } from "cborg";

/** A request as a gateway records it, with a conversation of a few words. */
export interface Recorded {
  id: number;
  /** A login, or tags joined by commas. */
  by: string;
  /** ISO 8601; what is none is quarantined. */
  at: string;
}

/** A gateway that numbers its records and exports them once a day, at eleven in the evening. */
export class ExportingGateway {
  readonly instance: string;
  readonly source: string;
  #id = 0;

  constructor(instance: string, source: string) {
    this.instance = instance;
    this.source = source;
    mkdirSync(source, { recursive: true });
  }

  /** What it recorded on a day: a request of each in turn, minutes apart, from nine on. */
  record(date: string, callers: readonly string[]): Recorded[] {
    return callers.map((by, index) => ({ id: ++this.#id, by, at: new Date(Date.parse(`${date}T09:00:00Z`) + index * 600_000).toISOString() }));
  }

  /** Lets the export appear at the source. @param pieces zstd frames, one after another. */
  export(date: string, ...pieces: readonly (readonly Recorded[])[]): void {
    this.exportBytes(date, Buffer.concat(pieces.map((records) => this.frame(records))));
  }

  exportBytes(date: string, bytes: Uint8Array): void {
    writeFileSync(join(this.source, nameOf(date)), bytes);
  }

  frame(records: readonly Recorded[]): Buffer {
    return zstdCompressSync(Buffer.concat(records.map((one) => encode(this.#encoded(one)))));
  }

  #encoded({ id, by, at }: Recorded): object {
    const identity = by.startsWith("tag:") ? { login_name: "tagged-devices", stable_node_id: `node-${by}`, tags: by.split(",") } : { login_name: by, stable_node_id: `node-${by}` };
    const captureId = `${this.instance}-${String(id)}`;
    return {
      id,
      ver: 2,
      timestamp: at,
      identity,
      model: "anthropic/claude-opus-4-8",
      usage: { input_tokens: 100 + id, output_tokens: 10 },
      estimated_cost: { dollars: 0.25, cost_basis: "anthropic/claude-opus-4-8" },
      capture_id: captureId,
      session_id: `session-${by}`,
      status_code: 200,
      capture: { id: captureId, loginName: by, requestBody: { messages: [`what ${by} asked ${String(id)}`] }, responseBody: { text: "an answer" }, requestHeaders: { "X-Github-Repository": ["acme/shop"] } },
    };
  }
}

export function nameOf(date: string): string {
  return `ts-aperture-export-${String(Date.parse(`${date}T23:00:00Z`) / 1000)}.cbor.zstd`;
}

/** Key of the copy of a day's export. */
export function copyOf(instance: string, date: string): string {
  return `archive/${instance}/${date.replaceAll("-", "/")}/${nameOf(date)}`;
}
