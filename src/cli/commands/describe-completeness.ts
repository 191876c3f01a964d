import { visibleText } from "../../ledger/text/visible-text.ts";
import type { GapJson, GatewayCompleteness, SilenceJson } from "../../completeness/gateway-completeness.ts";
import { firstLines } from "../first-lines.ts";

/** Limit of lines without `--all`. */
const MOST_LINES = 10;

/** Lines about each gateway: which records arrived, which are missing, and why. */
export function describeCompleteness(gateways: readonly GatewayCompleteness[]): string[] {
  const findings = gateways.flatMap(({ instance, gaps, silences }) => [
    ...gaps.filter(({ state }) => state === "open").map((gap) => describeGap(instance, gap)),
    ...gaps.filter(({ state }) => state === "explained").map((gap) => describeGap(instance, gap)),
    ...silences.map((silence) => describeSilence(instance, silence)),
  ]);
  return [
    ...firstLines(gateways, describeGateway),
    ...firstLines(findings, (line) => line, { most: MOST_LINES }),
  ];
}

function describeGateway({ instance, first_id: first, last_id: last, received, missing, gaps, restarts, unknown_exports: unknown, coarse_exports: coarse }: GatewayCompleteness): string[] {
  const open = gaps.filter(({ state }) => state === "open").length;
  const counted = first === null || last === null ? "no record ids known" : `ids ${first} to ${last}: ${received} received, ${missing} missing`;
  const notes = [
    ...(missing === "0" ? [] : [`${String(open)} ${open === 1 ? "gap" : "gaps"} open`]),
    ...(restarts === 0 ? [] : [`${String(restarts)} ${restarts === 1 ? "restart" : "restarts"}`]),
  ];
  return [
    `complete     ${[`${instance} ${counted}`, ...notes].join(", ")}`,
    ...(unknown === 0 ? [] : [`             ids of ${String(unknown)} exports are not known until they are read again`]),
    ...(coarse === 0 ? [] : [`             ids of ${String(coarse)} exports have more gaps than are noted`]),
  ];
}

function describeGap(instance: string, { state, reason, missing, first_missing: first, last_missing: last, after, before }: GapJson): string {
  const between = `between ${placeOf(after)} and ${placeOf(before)}`;
  if (reason === "restart") return `restart      ${instance} ids begin again ${between}`;
  const ids = first === last ? `id ${String(first)} is` : `ids ${String(first)} to ${String(last)} (${missing}) are`;
  return `gap          ${instance} ${ids} missing ${between}: ${state === "open" ? "open" : "the exporter was silent"}`;
}

function placeOf({ id, time, export: name }: GapJson["after"]): string {
  return `${id} (${time === null ? "" : `${time}, `}${visibleText(name)})`;
}

const ACROSS: Readonly<Record<NonNullable<SilenceJson["reason"]> | "unknown", string>> = {
  quiet: "ids continue after it, nothing was lost",
  ids_missing: "ids are missing after it",
  unknown: "it is unknown whether anything is missing",
};

function describeSilence(instance: string, { from, to, reason, after, before }: SilenceJson): string {
  return `silence      ${instance} no export from ${from} to ${to} (${visibleText(after)}, ${visibleText(before)}): ${ACROSS[reason ?? "unknown"]}`;
}
