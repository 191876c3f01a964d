import type { SettingFlags } from "../config/reading/settings.ts";

type SettingName = keyof SettingFlags;

/** Settings that a further call needs again, and the variables that hold for it anyway. The queue's are left out: few commands take them. */
const REPEATED = [
  ["config", "--config", "APERTURE_LEDGER_CONFIG"],
  ["source", "--source", "APERTURE_LEDGER_SOURCE"],
  ["instance", "--instance", "APERTURE_LEDGER_INSTANCE"],
  ["lake", "--lake", "APERTURE_LEDGER_LAKE"],
  ["gatewayConfig", "--gateway-config", "APERTURE_LEDGER_GATEWAY_CONFIG"],
  ["timezone", "--timezone", "APERTURE_LEDGER_TIMEZONE"],
  ["dimension", "--dimension", undefined],
] as const satisfies readonly (readonly [SettingName, string, string | undefined])[];

/** Commands that take only some settings, by the words before their flags. */
const TAKEN: Readonly<Record<string, readonly SettingName[]>> = { "archive verify": ["config", "lake"], "archive verify-proof": [] };

/** A command with the settings that this call was given as flags, so that it is about the same ledger. A flag that it has is not repeated. */
export function repeatSettings(words: readonly string[], flags: SettingFlags, env: NodeJS.ProcessEnv): string[] {
  const command = words.slice(0, words.findIndex((word) => word.startsWith("-")) >>> 0).join(" ");
  const taken = TAKEN[command];
  const repeated = REPEATED.filter(([name, flag]) => !words.includes(flag) && (taken === undefined || taken.includes(name)));
  return [...words, ...repeated.flatMap(([name, flag, variable]) => [flags[name] ?? []].flat().filter((value) => variable === undefined || env[variable] !== value).flatMap((value) => [flag, value]))];
}

const PLAIN = /^[\w./:@=,+%-]+$/;

/** A call as it can be pasted into a shell. */
export function showCall(words: readonly string[]): string {
  return ["aperture-ledger", ...words.map((word) => (PLAIN.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`))].join(" ");
}
