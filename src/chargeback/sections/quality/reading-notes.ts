import { html } from "hono/html";
import { BILLIONTHS, formatCents, formatDollars, type Nanodollars, roundToCents, signDollar } from "../../../ledger/money.ts";
import { shownText } from "../../../ledger/text/visible-text.ts";
import { formatCount, type Html } from "../../page/cells.ts";
import { countOf } from "../../page/tables.ts";

/** Findings in records: values that were altered, and names that keep usage from being counted or priced. */
export interface ReadingNotes {
  /** Readable parts of records in quarantine: how many have dollars, the sum of those with nine decimals, and how many callers. */
  quarantine: { records: number; cost_usd: string; callers: number; more_callers: boolean };
  altered: readonly { field: string; kind: "not_utf8" | "too_long" | "wrong_type" | "masked"; records: number }[];
  /** Counts in `usage` with unknown names; sums are decimals. */
  unknown_counts: readonly { name: string; requests: number; sum: string }[];
  unknown_keys: readonly { key: string; records: number; first_export: string }[];
}

const FIELDS: ReadonlyMap<string, string> = new Map([
  ["capture.requestHeaders.user-agent", "user agent"],
  ["session_id", "session"],
  ["duration_ms", "duration"],
  ["identity.stable_node_id", "node"],
  ["api_type", "API type"],
  ["estimated_cost.cost_basis", "cost basis"],
  ["capture.toolUseData", "list of tools"],
  ["capture.requestHeaders", "set of headers"],
  ["ver", "version"],
]);

const HEADER = /^capture\.requestHeaders\.(.+)$/;

const KINDS = { not_utf8: "no UTF-8", too_long: "too long", wrong_type: "of the wrong type", masked: "with a credential in it" } as const;

/** `10 records in quarantine, of which $1,000.00 and 1 caller could be read` */
export function formatQuarantined(records: number, { quarantine }: Pick<ReadingNotes, "quarantine">): string {
  const { callers, more_callers: isMore } = quarantine;
  const parts = [
    ...(quarantine.records === 0 ? [] : [shortDollars(nanodollarsOf(quarantine.cost_usd))]),
    ...(callers === 0 && !isMore ? [] : [`${isMore ? "at least " : ""}${countOf(callers, "caller")}`]),
  ];
  return `${countOf(records, "record")} in quarantine, of which ${parts.length === 0 ? "neither dollars nor a caller" : parts.join(" and ")} could be read`;
}

/** Parses an amount that the ledger wrote itself, always with nine decimals. */
function nanodollarsOf(text: string): Nanodollars {
  return BigInt(text.replace(".", ""));
}

/** In cents where that is exact, otherwise in full. */
function shortDollars(amount: Nanodollars): string {
  const cents = roundToCents([amount]).total;
  return signDollar(cents * 10_000_000n === amount ? formatCents(cents) : formatDollars(amount));
}

/** `3 values … were replaced, cut or left out: 1 user agent no UTF-8, 1 session too long, 1 duration of the wrong type`; empty where none were. */
export function formatAltered({ altered }: Pick<ReadingNotes, "altered">): string {
  if (altered.length === 0) return "";
  const all = altered.reduce((sum, { records }) => sum + records, 0);
  const parts = altered.map(({ field, kind, records }) => `${countOf(records, nameOf(field))} ${KINDS[kind]}`);
  return `${countOf(all, "value")} that ${all === 1 ? "decides" : "decide"} nothing ${all === 1 ? "was" : "were"} replaced, cut or left out: ${parts.join(", ")}`;
}

function nameOf(field: string): string {
  return FIELDS.get(field) ?? HEADER.exec(field)?.[1] ?? field;
}

/** `audio_output_tokens: 3 requests, 4,034` */
export function formatUnknownCounts({ unknown_counts: counts }: Pick<ReadingNotes, "unknown_counts">): string[] {
  return counts.map(({ name, requests, sum }) => `${shownText(name)}: ${countOf(requests, "request")}, ${groupDigits(sum)}`);
}

function groupDigits(decimal: string): string {
  const [whole = "", fraction] = decimal.split(".");
  return `${formatCount(BigInt(whole))}${fraction === undefined ? "" : `.${fraction}`}`;
}

/** `usage.audio_output_tokens: 3 records, first in ts-aperture-export-…` */
export function formatUnknownKeys({ unknown_keys: keys }: Pick<ReadingNotes, "unknown_keys">): string[] {
  return keys.map(({ key, records, first_export: first }) => `${shownText(key)}: ${countOf(records, "record")}, first in ${shownText(first)}`);
}

/** Paragraphs of the page's data quality. @param quarantined records of exports that feed the month. */
export function renderReadingNotes(notes: ReadingNotes, quarantined: number): (Html | string)[] {
  const altered = formatAltered(notes);
  const counts = formatUnknownCounts(notes);
  const keys = formatUnknownKeys(notes);
  return [
    quarantined === 0 ? "" : html`<p>${formatQuarantined(quarantined, notes)}.</p>`,
    altered === "" ? "" : html`<p>${altered}. Their requests are in the figures.</p>`,
    counts.length === 0 ? "" : html`<p>Counts that no price list covers, whose requests are unpriced unless the gateway estimated them: ${counts.join("; ")}.</p>`,
    keys.length === 0 ? "" : html`<p>Unknown keys: ${keys.join("; ")}.</p>`,
  ];
}

interface NoteRow {
  section: "data quality";
  team: "";
  item: string;
  detail: string;
  /** In billionths. */
  requests: bigint;
}

/** Rows of `summary.csv`. */
export function readingNoteRows(notes: ReadingNotes, quarantined: number): NoteRow[] {
  return [
    ...(quarantined === 0 ? [] : [noteRow("in quarantine", formatQuarantined(quarantined, notes), quarantined)]),
    ...notes.altered.map(({ field, kind, records }) => noteRow(nameOf(field), KINDS[kind], records)),
    ...notes.unknown_counts.map(({ name, requests, sum }) => noteRow(name, `count without a price: ${sum}`, requests)),
    ...notes.unknown_keys.map(({ key, records, first_export: first }) => noteRow(key, `unknown key, first in ${first}`, records)),
  ];
}

function noteRow(item: string, detail: string, count: number): NoteRow {
  return { section: "data quality", team: "", item, detail, requests: BigInt(count) * BILLIONTHS };
}
