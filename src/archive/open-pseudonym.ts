import { join } from "node:path";
import { ALLOCATIONS, CORRECTIONS } from "../lake/layout.ts";
import { LedgerError } from "../ledger/errors.ts";
import { loginsReplacer } from "../ledger/names/login-replacer.ts";
import { findNamed } from "../ledger/names/report-pseudonym.ts";
import { NOBODY } from "../ledger/names/unassigned.ts";
import { withDuckDb } from "../ledger/sql/duckdb.ts";
import { readParquet } from "../ledger/sql/sql-texts.ts";
import type { Ledger } from "../open/ledger.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { withWorkspace } from "../storage/workspace.ts";
import { recordEvent } from "./chain/record-event.ts";
import { listInstances } from "./copies/list-archive.ts";
import { parseReason } from "./hold-reason.ts";
import { requireKeyOfChain } from "./require-signing-key.ts";
import { chainedGateways } from "./sealing/gateways.ts";

export interface OpeningRequest {
  /** As written in a report. */
  pseudonym: string;
  reason: string;
  /** Login of the person who is asking. */
  by: string;
  /** The secret that the pseudonyms of reports are made with. */
  key: Buffer;
}

export interface OpenedPseudonym {
  pseudonym: string;
  /** Usually one. Two people may share the letters of a pseudonym; reports then use more letters to distinguish them. */
  logins: string[];
  /** Gateways whose chains record the opening. */
  recorded: string[];
}

/**
 * Finds the login behind a pseudonym of a report. Before it resolves, the chain of each gateway that the person used records who opened the
 * pseudonym and why; for a person who only has a seat, the chains of all gateways record it. Where it cannot be recorded, nobody is named. The
 * events contain the pseudonym but no login. Throws `usage` for a text that is not such a pseudonym, for a pseudonym that belongs to nobody, and
 * for a reason that names a person; also `key_missing` and `key_unusable`.
 * @param newId makes ids for events.
 */
export async function openPseudonym(ledger: Pick<Ledger, "stores" | "work" | "telling">, { pseudonym: written, reason: said, by, key }: OpeningRequest, newId: () => string): Promise<OpenedPseudonym> {
  const { stores: { lake, archive }, work: { archiving, clock } } = ledger;
  const reason = parseReason(said);
  const signingKey = await requireKeyOfChain(ledger);
  const people = await readPeople(lake);
  const logins = findNamed(written, people.keys(), key);
  if (logins === undefined) throw new LedgerError("usage", `${JSON.stringify(written)} is not a pseudonym of a report`, { remedy: "write it as the report does, such as person-7k3m-9x2q-hd4v" });
  const pseudonym = written.trim().toLowerCase();
  // Checked for every login, so that a refusal does not reveal whose pseudonym it is.
  if (loginsReplacer(new Map([...people.keys()].map((login) => [login, ""])))(reason) !== reason) throw new LedgerError("usage", "the reason names a person", { remedy: "give a reason without a login: the chain keeps it forever" });
  if (logins.length === 0) {
    throw new LedgerError("usage", `nobody in the allocations of ${lake.url} has the pseudonym ${pseudonym}`, {
      remedy: "compare it letter by letter, and use the key that the report was made with; people who were erased since then cannot be found",
    });
  }
  const used = [...new Set(logins.flatMap((login) => [...(people.get(login) ?? [])]))].sort();
  const instances = used.length > 0 ? used : chainedGateways(ledger.stores, await listInstances(archive));
  if (instances.length === 0) throw new LedgerError("usage", `there is no gateway in ${archive.url} whose chain could record the opening`, { remedy: "nobody was named: set sources and archive as they were when the exports were archived" });
  for (const instance of instances) {
    await recordEvent(archive, { format: 1, kind: "opening", id: newId(), instance, at: clock().toISOString(), by, known: "command", pseudonym, reason }, signingKey, archiving.lock);
  }
  ledger.telling.log.info({ pseudonym, by, instances }, "pseudonym opened");
  return { pseudonym, logins, recorded: instances };
}

/** The people in all months and the gateways that each of them used; no gateway for a person who has a seat but makes no requests. */
async function readPeople(lake: ObjectStore): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const people = new Map<string, Set<string>>();
  await withWorkspace((workspace) =>
    withDuckDb({ temporaryDirectory: workspace }, async (duck) => {
      const file = join(workspace, "month.parquet");
      for (const prefix of [ALLOCATIONS, CORRECTIONS]) {
        for await (const { key } of lake.list(prefix)) {
          if (!key.endsWith(".parquet")) continue;
          await lake.download(key, file);
          const found = await duck.runAndReadAll(`SELECT DISTINCT caller, instance FROM ${readParquet(file)} WHERE caller_type = 'user'`);
          for (const [caller, instance] of found.getRows()) {
            const gateways = people.get(String(caller)) ?? new Set<string>();
            people.set(String(caller), instance === NOBODY ? gateways : gateways.add(String(instance)));
          }
        }
      }
    }),
  );
  return people;
}
