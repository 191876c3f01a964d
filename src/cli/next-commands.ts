import { DEFAULT_CONFIG_FILE, type SettingFlags } from "../config/reading/settings.ts";
import { repeatSettings, showCall } from "./repeat-settings.ts";
import { printAside } from "./terminal.ts";

/** What a command came to, as far as it decides what people usually do next. */
export type Outcome =
  | { after: "init"; file: string }
  | { after: "doctor"; failed: boolean }
  | { after: "simulate"; out: string; gatewayConfig: string }
  | { after: "status"; waiting: boolean }
  | { after: "run"; incomplete: boolean; month: string | undefined }
  | { after: "chargeback"; month: string; status: "preliminary" | "complete" | "closed" }
  | { after: "close"; month: string; verifiable: boolean }
  | { after: "deliver"; month: string; dryRun: boolean }
  | { after: "reconcile"; month: string; owedChanged: boolean }
  | { after: "archive keys" }
  | { after: "archive seal"; digests: number }
  | { after: "archive extract"; proofs: string | undefined; publicKey: string | undefined }
  | { after: "archive purge"; expired: number; applied: boolean }
  | { after: "archive hold" }
  | { after: "schedule"; stays: boolean };

/** The words of the command that usually follows, without the program's name; undefined where none does. */
export function nextCommand(outcome: Outcome): readonly string[] | undefined {
  switch (outcome.after) {
    case "init":
      return outcome.file === DEFAULT_CONFIG_FILE ? ["doctor"] : ["doctor", "--config", outcome.file];
    case "doctor":
      return outcome.failed ? undefined : ["run"];
    case "simulate":
      return ["run", "--source", outcome.out, "--lake", "./lake", "--gateway-config", outcome.gatewayConfig];
    case "status":
      return outcome.waiting ? ["run"] : undefined;
    case "run":
      if (outcome.incomplete) return ["status"];
      return outcome.month === undefined ? ["doctor"] : ["chargeback", "--month", outcome.month];
    case "chargeback":
      return outcome.status === "complete" ? ["chargeback", "--month", outcome.month, "--close"] : undefined;
    case "close":
      return outcome.verifiable ? ["archive", "verify"] : undefined;
    case "deliver":
      return outcome.dryRun ? ["deliver", "--month", outcome.month] : undefined;
    case "reconcile":
      return outcome.owedChanged ? ["chargeback", "--month", outcome.month] : undefined;
    case "archive keys":
      return ["archive", "seal"];
    case "archive seal":
      return outcome.digests === 0 ? undefined : ["archive", "verify"];
    case "archive extract":
      return outcome.proofs === undefined || outcome.publicKey === undefined ? undefined : ["archive", "verify-proof", "--proofs", outcome.proofs, "--public-key", outcome.publicKey];
    case "archive purge":
      return outcome.expired === 0 || outcome.applied ? undefined : ["archive", "purge", "--apply"];
    case "archive hold":
      return ["archive", "hold", "list"];
    case "schedule":
      return outcome.stays ? undefined : ["worker"];
    default:
      return outcome satisfies never;
  }
}

/** Says what usually comes next: on a terminal only, and never beside JSON. */
export function sayNext(outcome: Outcome, flags: SettingFlags & { json?: boolean }): void {
  const next = nextCommand(outcome);
  if (next !== undefined && flags.json !== true) printAside(`Next: ${showCall(repeatSettings(next, flags, process.env))}`);
}
