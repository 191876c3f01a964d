import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { zstdCompressSync } from "node:zlib";
import { encode } from "cborg";

export interface Asked {
  /** A login, or tags joined by commas. */
  by: string;
  /** ISO 8601. */
  at: string;
  /** Null where the gateway knew no price. */
  dollars?: number | null;
  model?: string;
  repo?: string;
  session?: string;
  /** Stable id of the device. */
  node?: string;
  /** Of the header User-Agent. */
  agent?: string;
  /** 10 without it. */
  output?: number;
  /** Read from the cache, written to it. */
  cached?: number;
  written?: number;
  /** 200 without it; what failed has neither tokens nor a price. */
  status?: number;
  /** The tools that were called, as the capture has them; a name stands for a tool with that name. */
  tools?: readonly unknown[];
  /** Bodies of the capture. */
  asked?: unknown;
  answered?: unknown;
}

/** Writes one export file a day with these requests into a folder that is there or not, each an hour after the day's last request. */
export function writeRequests(folder: string, requests: readonly Asked[]): void {
  mkdirSync(folder, { recursive: true });
  const days = Map.groupBy(requests, ({ at }) => at.slice(0, 10));
  for (const [day, ofDay] of days) {
    const content = Buffer.concat(ofDay.map((one, index) => encode(recordOf(one, `${day}-${String(index)}`))));
    const second = Date.parse(`${day}T23:59:59Z`) / 1000 + 3600;
    writeFileSync(join(folder, `ts-aperture-export-${String(second)}.cbor.zstd`), zstdCompressSync(content));
  }
}

function recordOf({ by, at, dollars = 1, model = "anthropic/claude-opus-4-8", repo, session, node, agent, output = 10, cached, written, status = 200, tools, asked, answered }: Asked, id: string): object {
  return {
    capture_id: `capture-${id}`,
    timestamp: at,
    identity: { login_name: by, ...(node && { stable_node_id: node }) },
    model,
    usage: status === 200 ? { input_tokens: 100, output_tokens: output, ...(cached && { cached_tokens: cached }), ...(written && { cache_creation_input_tokens: written }) } : {},
    ...(session === undefined ? {} : { session_id: session }),
    ...(dollars === null || status !== 200 ? {} : { estimated_cost: { dollars, cost_basis: model } }),
    status_code: status,
    ...captureOf({
      ...(repo === undefined && agent === undefined ? {} : { requestHeaders: { ...(repo && { "X-Github-Repository": [repo] }), ...(agent && { "User-Agent": [agent] }) } }),
      ...(tools === undefined ? {} : { toolUseData: tools.map((tool) => (typeof tool === "string" ? { name: tool, params: {} } : tool)) }),
      ...(asked === undefined ? {} : { requestBody: asked }),
      ...(answered === undefined ? {} : { responseBody: answered }),
    }),
  };
}

function captureOf(capture: object): object {
  return Object.keys(capture).length === 0 ? {} : { capture };
}
