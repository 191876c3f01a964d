import { type Entry, double, integer, map, text } from "./cbor-build.ts";

/** The time of the exports these tests make: 2026-10-08, in seconds. */
export const EXPORT_SECONDS = 1_791_500_000;
export const EXPORT_TIME = new Date(EXPORT_SECONDS * 1000);

export const IDENTITY = map([["login_name", text("alice@example.com")], ["stable_node_id", text("nABC")]]);

const ENTRIES: readonly Entry[] = [
  ["id", integer(7)],
  ["ver", integer(2)],
  ["timestamp", text("2026-10-05T12:00:00.123456789Z")],
  ["identity", IDENTITY],
  ["model", text("anthropic/claude-sonnet-4-6")],
  ["api_type", text("ant_messages")],
  ["usage", map([["input_tokens", integer(10)], ["output_tokens", integer(20)]])],
  ["estimated_cost", map([["dollars", double(0.046167639999999996)], ["cost_basis", text("anthropic/claude-sonnet-4-6")]])],
  ["duration_ms", integer(1234)],
  ["capture_id", text("cap-1")],
  ["session_id", text("ses-1")],
  ["path", text("/v1/messages")],
  ["status_code", integer(200)],
];

/** Entries of a valid record, with some replaced, added, or, where the value is undefined, left out. */
export function recordEntries(changes: Readonly<Record<string, Buffer | undefined>> = {}): Entry[] {
  const kept = ENTRIES.filter(([name]) => typeof name !== "string" || !(name in changes));
  const changed = Object.entries(changes).flatMap(([name, value]): Entry[] => (value === undefined ? [] : [[name, value]]));
  return [...kept, ...changed];
}

/** A valid record, encoded, with the given changes. */
export function sampleRecord(changes: Readonly<Record<string, Buffer | undefined>> = {}): Buffer {
  return map(recordEntries(changes));
}

/** `count` valid records with ids from `first` on. */
export function sampleRecords(count: number, first = 0): Buffer {
  return Buffer.concat(Array.from({ length: count }, (_, i) => sampleRecord({ id: integer(first + i) })));
}

/** `count` records of no more than a record needs, with ids from `first` on. */
export function smallRecords(count: number, first = 0): Buffer {
  const small = (id: number): Buffer => map([["id", integer(id)], ["timestamp", integer(EXPORT_SECONDS)], ["identity", map([])]]);
  return Buffer.concat(Array.from({ length: count }, (_, i) => small(first + i)));
}
