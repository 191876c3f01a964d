import { join } from "node:path";
import { findSecrets } from "../aperture/rewrite/find-secrets.ts";
import type { NamedPattern } from "../aperture/rewrite/redactor.ts";
import { readExport } from "../aperture/reader/read-export.ts";
import type { RecordedRequest } from "../ledger/usage/recorded-request.ts";
import { identifyCaller } from "../ledger/names/caller.ts";
import { type Month, utcDates } from "../ledger/months.ts";
import type { ExportSummary } from "../lake/days/day-manifest.ts";
import { exportManifest } from "../lake/landing/export-manifest.ts";
import { readJson } from "../lake/json-object.ts";
import { loadLedgerState } from "../lake/ledger-state.ts";
import type { Progress } from "../open/ledger.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { withWorkspace } from "../storage/workspace.ts";

/** Secrets of one kind that one caller sent to providers. */
export interface SentSecrets {
  instance: string;
  /** Name of the pattern, such as `api_key`. */
  kind: string;
  caller: string;
  requests: number;
  /** Capture ids of the requests, or record ids such as `record 7`, in order of time. If there are many, only the first ones. */
  captures: string[];
  first: Date;
  last: Date;
}

export interface SecretsReview {
  /** Most requests first. */
  sent: SentSecrets[];
  /** Exports of the month that were looked through, and those whose copies hold no bodies. */
  looked: number;
  withoutBodies: number;
}

/** The most requests to name. Of further requests only the number is kept. */
const MOST_CAPTURES = 1000;

interface Archive {
  archive: ObjectStore;
  /** Patterns in addition to the built-in ones. */
  patterns: readonly NamedPattern[];
  /** The pseudonym of an erased caller: a locked copy still has the login. */
  pseudonymOf: ((login: string) => string | undefined) | undefined;
}

/**
 * Searches the copies of a month's exports for secrets that requests sent. Only kinds, callers and ids leave the copies. If a conversation contains a
 * secret, each of its later requests sends the secret again.
 */
export async function findSentSecrets(lake: ObjectStore, { archive, patterns, pseudonymOf }: Archive, month: Month, progress: Progress): Promise<SecretsReview> {
  const dates = new Set(utcDates(month));
  const days = [...(await loadLedgerState(lake)).days.values()].filter(({ date }) => dates.has(date));
  const exports = new Map(days.flatMap(({ instance, inputs }) => inputs.map(({ export: summary }) => [summary.archive, { instance, summary }] as const)));
  const found = new FoundSecrets(pseudonymOf);
  let [looked, withoutBodies] = [0, 0];
  progress.begin("exports", exports.size);
  for (const { instance, summary } of exports.values()) {
    const bodies = await bodiesOf(lake, summary);
    if (bodies === null) withoutBodies++;
    else {
      looked++;
      await withWorkspace(async (workspace) => {
        const file = join(workspace, "export");
        await archive.download(summary.archive, file);
        const secrets = await findSecrets(file, patterns, bodies);
        if (secrets.size === 0) return;
        await readExport(file, new Date(summary.time), [], {
          accept: (request, { position }) => {
            const at = request.ts / 1000;
            if (at >= month.from.getTime() && at < month.to.getTime()) for (const kind of secrets.get(position) ?? []) found.add(instance, kind, request);
          },
          reject: () => undefined,
        });
      });
    }
    progress.step();
  }
  return { sent: found.list(), looked, withoutBodies };
}

/** Null where the copy holds no bodies, or there is no copy. */
async function bodiesOf(lake: ObjectStore, { manifest }: ExportSummary): Promise<"keep" | "redact" | null> {
  const { bodies, reduced, purged } = await readJson(lake, manifest.key, exportManifest);
  return bodies === "drop" || purged !== null || (reduced !== null && reduced.records === 0) ? null : bodies;
}

class FoundSecrets {
  readonly #pseudonymOf: Archive["pseudonymOf"];
  readonly #byRequest = new Map<string, { instance: string; kind: string; caller: string; id: string; at: number }>();

  constructor(pseudonymOf: Archive["pseudonymOf"]) {
    this.#pseudonymOf = pseudonymOf;
  }

  /** A request that several exports brought counts once. */
  add(instance: string, kind: string, { login, tags, captureId, id, ts }: RecordedRequest): void {
    const { caller: recorded } = identifyCaller(login, tags);
    const caller = this.#pseudonymOf?.(recorded) ?? recorded;
    const name = captureId ?? `record ${String(id)}`;
    this.#byRequest.set(JSON.stringify([instance, kind, caller, name, ts]), { instance, kind, caller, id: name, at: ts / 1000 });
  }

  list(): SentSecrets[] {
    const groups = Map.groupBy(this.#byRequest.values(), ({ instance, kind, caller }) => JSON.stringify([instance, kind, caller]));
    const sent = [...groups.values()].flatMap((own): SentSecrets[] => {
      own.sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
      const [first, last] = [own[0], own.at(-1)];
      if (first === undefined || last === undefined) return [];
      const { instance, kind, caller } = first;
      return [{ instance, kind, caller, requests: own.length, captures: own.slice(0, MOST_CAPTURES).map(({ id }) => id), first: new Date(first.at), last: new Date(last.at) }];
    });
    const nameOf = ({ instance, kind, caller }: SentSecrets): string => JSON.stringify([instance, kind, caller]);
    return sent.sort((a, b) => b.requests - a.requests || (nameOf(a) < nameOf(b) ? -1 : 1));
  }
}
