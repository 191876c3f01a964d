import { zstdCompressSync } from "node:zlib";
import type { Objects } from "../packed-objects.ts";
import { encodeRequest, type Request } from "./requests.ts";

const OPUS = "anthropic/claude-opus-4-8";
const HAIKU = "anthropic/claude-haiku-4-5-20251001";
const PLAN = "anthropic-passthrough/claude-opus-4-8";
const QWEN = "private-llm/qwen3-coder-30b";
const KEY_OF_CALLER = { "X-Api-Key": "[dropped api_key]" };
const TOKEN_OF_PLAN = { Authorization: "[dropped subscription]" };
const CACHE = { input_tokens: 900, output_tokens: 450, cached_tokens: 20_000, cache_creation_5m_input_tokens: 1500, cache_creation_1h_input_tokens: 700, reasoning_tokens: 120, web_search_count: 2 };

interface Export {
  gateway: string;
  at: string;
  requests: readonly Request[];
}

const FIRST: readonly Request[] = [
  { id: 1, by: "ann@example.com", at: "2026-10-05T08:00:00.123Z", model: OPUS, dollars: 3.141592653, usage: CACHE, headers: { "User-Agent": "claude-cli/2.1.14 (external, cli)" } },
  { id: 2, by: "bob@example.com", at: "2026-10-05T08:10:00Z", model: HAIKU, dollars: 0.05, session: "s2" },
  { id: 3, by: "carl@example.com", at: "2026-10-05T08:20:00Z", model: OPUS, dollars: 1 },
  { id: 4, by: "dora@example.com", at: "2026-10-05T08:30:00Z", model: PLAN, dollars: 2.5, headers: TOKEN_OF_PLAN },
  { id: 5, by: "dora@example.com", at: "2026-10-05T08:40:00Z", model: PLAN, dollars: 1.25, headers: KEY_OF_CALLER },
  { id: 6, by: "eve@example.com", at: "2026-10-05T08:50:00Z", model: OPUS, dollars: 0.75 },
  { id: 7, by: "ann@example.com", at: "never", model: OPUS, dollars: 9 },
];
const SECOND: readonly Request[] = [
  // The gateway exports it again: it counts once.
  ...FIRST.slice(0, 1),
  { id: 8, by: "tag:ci", at: "2026-10-12T09:00:00Z", model: HAIKU, dollars: 0.333333333, headers: { "X-Github-Repository": "acme/payments" } },
  { id: 9, by: "tag:ci", at: "2026-10-12T09:05:00Z", model: HAIKU, dollars: 0.2, headers: { "X-Github-Repository": "acme/unknown" } },
  { id: 10, by: "tag:batch,tag:prod", at: "2026-10-12T09:10:00Z", model: OPUS, dollars: 1.000000001 },
  { id: 11, by: "bob@example.com", at: "2026-10-12T09:15:00Z", model: OPUS, status: 429 },
  { id: 12, by: "eve@example.com", at: "2026-10-12T09:20:00Z", model: QWEN },
  { id: 13, by: "bob@example.com", at: "2026-10-12T09:25:00Z", model: "mistral/mistral-large", usage: { input_tokens: 5000, output_tokens: 100, cached_tokens: 4000, reasoning_tokens: 50 } },
  { id: 14, by: "fay@example.com", at: "2026-10-12T09:30:00Z", model: "nobody-knows-it" },
  { id: 15, by: "ann@example.com", at: "2026-10-12T09:35:00Z", model: PLAN, dollars: 0.5 },
  { id: 16, by: "ann@example.com", at: "2026-10-12T09:40:00Z", model: OPUS, usage: { input_tokens: 800, output_tokens: 0 }, dollars: 0.004 },
];
/** The last of them is of November in Berlin. */
const LAB: readonly Request[] = [
  { id: 1, by: "bob@example.com", at: "2026-10-12T10:00:00Z", model: OPUS, dollars: 2 },
  { id: 2, by: "tag:batch", at: "2026-10-12T10:30:00Z", model: QWEN, usage: { input_tokens: 70_000, output_tokens: 9000 } },
  { id: 3, by: "carl@example.com", at: "2026-10-31T23:30:00Z", model: HAIKU, dollars: 0.125 },
];
const TWICE: Request = { id: 22, by: "tag:ci", at: "2026-11-09T08:20:00Z", model: HAIKU, dollars: 0.4, headers: { "X-Github-Repository": "acme/web" } };
/** Usage of October that arrives after October is closed, and November's. */
const NOVEMBER: readonly Request[] = [
  { id: 17, by: "carl@example.com", at: "2026-10-30T22:00:00Z", model: OPUS, dollars: 4.2 },
  { id: 18, by: "ann@example.com", at: "2026-11-09T08:00:00Z", model: OPUS, dollars: 9.75, usage: CACHE },
  { id: 19, by: "bob@example.com", at: "2026-11-09T08:05:00Z", model: QWEN },
  { id: 20, by: "gus@example.com", at: "2026-11-09T08:10:00Z", model: HAIKU, dollars: 0.9 },
  { id: 21, by: "eve@example.com", at: "2026-11-09T08:15:00Z", model: OPUS, dollars: 1.1 },
  TWICE,
  { id: 23, by: "tag:ci", at: "2026-11-09T08:25:00Z", model: HAIKU, dollars: 0.6 },
  { id: 24, by: "dora@example.com", at: "2026-11-09T08:30:00Z", model: PLAN, dollars: 3, headers: TOKEN_OF_PLAN },
];
/** What only the continuation reads: late usage of both months, of every kind, and a request that the ledger has already. */
const LATER: readonly Request[] = [
  { id: 25, by: "bob@example.com", at: "2026-10-20T07:00:00Z", model: HAIKU, dollars: 0.7 },
  { ...TWICE, dollars: 0.41 },
  { id: 26, by: "ann@example.com", at: "2026-11-28T08:00:00Z", model: OPUS, dollars: 2.222222222, usage: CACHE },
  { id: 27, by: "eve@example.com", at: "2026-11-28T08:05:00Z", model: OPUS, dollars: 0.3 },
  { id: 28, by: "bob@example.com", at: "2026-11-28T08:10:00Z", model: QWEN, usage: { input_tokens: 12_345, output_tokens: 6789 } },
  { id: 29, by: "tag:batch,tag:prod", at: "2026-11-28T08:15:00Z", model: OPUS, dollars: 1.000000001 },
  { id: 30, by: "carl@example.com", at: "2026-11-28T08:20:00Z", model: "mistral/mistral-large", usage: { input_tokens: 5000, output_tokens: 101, cached_tokens: 4000, reasoning_tokens: 50 } },
  { id: 31, by: "dora@example.com", at: "2026-11-28T08:25:00Z", model: PLAN, dollars: 0.8, headers: KEY_OF_CALLER },
  { id: 32, by: "dora@example.com", at: "never", model: PLAN },
  { id: 33, by: "gus@example.com", at: "2026-11-28T08:30:00Z", model: HAIKU, status: 500 },
];

export const OCTOBER_EXPORTS: readonly Export[] = [
  { gateway: "prod", at: "2026-10-05T12:00:00Z", requests: FIRST },
  { gateway: "prod", at: "2026-10-12T12:00:00Z", requests: SECOND },
  { gateway: "lab", at: "2026-11-01T00:00:00Z", requests: LAB },
];
export const NOVEMBER_EXPORTS: readonly Export[] = [{ gateway: "prod", at: "2026-11-09T12:00:00Z", requests: NOVEMBER }];
export const LATER_EXPORTS: readonly Export[] = [{ gateway: "prod", at: "2026-11-28T12:00:00Z", requests: LATER }];

/** As files of the sources, by their paths. */
export function packExports(exports: readonly Export[]): Objects {
  return new Map(
    exports.map(({ gateway, at, requests }) => {
      const name = `ts-aperture-export-${String(Date.parse(at) / 1000)}.cbor.zstd`;
      return [`exports/${gateway}/${name}`, zstdCompressSync(Buffer.concat(requests.map(encodeRequest)))];
    }),
  );
}
