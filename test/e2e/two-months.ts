import type { LedgerChanges } from "../change-ledger.ts";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { eraseCaller } from "../../src/archive/erase-caller.ts";
import { addHold } from "../../src/archive/add-hold.ts";
import { releaseHold } from "../../src/archive/legal-holds.ts";
import { rotateKey } from "../../src/archive/rotate-key.ts";
import { verifyArchive, type VerifyTask } from "../../src/archive/verify-archive.ts";
import type { Ledger } from "../../src/open/ledger.ts";
import { type CheckedArchive, retentionArchive } from "../../src/archive/maintain-archive.ts";
import { runOnce } from "../../src/run/run-once.ts";
import type { Verification } from "../../src/archive/verifier/verification.ts";
import { addDays, daysBetween } from "../../src/ledger/days.ts";
import type { RetentionRule } from "../../src/archive/retention/retention-rule.ts";
import { loadLedgerState } from "../../src/lake/ledger-state.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { settingsOf } from "../allocation/who-pays.ts";
import { rule } from "../archive/retained-archive.ts";
import { copiesOf } from "../archived-copies.ts";
import { newKey, type TestKey } from "../archive/sign-now.ts";
import { PLAIN_ARCHIVE } from "../plain-archive.ts";
import { testLedger } from "../test-ledger.ts";
import { ExportingGateway } from "./archived-days.ts";
import { close } from "./closing.ts";

export const FIRST_DAY = "2026-09-01";
export const DAYS = daysBetween(FIRST_DAY, addDays(FIRST_DAY, 50));
export const [ANN, BOB, CAROL, CI] = ["ann@example.com", "bob@example.com", "carol@example.com", "tag:ci"];

/** A day, counted from 0. */
export const day = (index: number): string => DAYS[index]!;
/** Days on which nobody ran the job. */
const PAUSED: ReadonlySet<number> = new Set([40, 41, 42]);
/** Days of exports of which only the device of a tag is in. */
const OF_TAGS_ALONE = 7;

/** Two gateways, their ledger, and what somebody does to both from day to day. */
export class TwoMonths {
  readonly #folder = mkdtempSync(join(tmpdir(), "aperture-ledger-test-"));
  readonly root = join(this.#folder, "lake");
  readonly lake = new FsStore(this.root);
  readonly gateways = ["dev", "prod"].map((instance) => new ExportingGateway(instance, join(this.#folder, instance)));
  /** Those that signed, oldest first. */
  readonly keys: TestKey[] = [newKey()];
  /** What the copies were when they were made, by key. */
  readonly arrived = new Map<string, Buffer>();
  readonly checked: CheckedArchive[] = [];
  now = new Date(`${FIRST_DAY}T23:30:00Z`);
  readonly #retention: readonly RetentionRule[];
  #ids = 0;
  #copies = 0;

  constructor(retention: readonly RetentionRule[] = [rule("records", "25 days", { callerType: "tag" }), rule("bodies", "10 days")]) {
    this.#retention = retention;
  }

  get dev(): ExportingGateway {
    return this.gateways[0]!;
  }

  get prod(): ExportingGateway {
    return this.gateways[1]!;
  }

  ledger(changes: LedgerChanges = {}): Ledger {
    return testLedger(new FsStore(this.prod.source), this.lake, {
      stores: { sources: this.gateways.map(({ instance, source }) => ({ instance, store: new FsStore(source) })) },
      work: { archiving: { ...PLAIN_ARCHIVE, signingKey: this.keys.at(-1), retention: this.#retention, purge: "apply", erasureKey: Buffer.from("a secret of this test, of enough characters") }, clock: () => this.now },
      rules: { allocation: settingsOf({ directory: { teams: [{ name: "payments", members: [ANN, BOB] }, { name: "web", members: [CAROL] }] } }) },
    }, changes);
  }

  /** The job of a day: run, holds, retention, seal. */
  async job(ledger = this.ledger()): Promise<void> {
    await runOnce(ledger);
    for (const key of await copiesOf(ledger.stores.archive)) if (!this.arrived.has(key)) this.arrived.set(key, Buffer.from(await ledger.stores.archive.read(key)));
    this.checked.push(await retentionArchive(ledger, await loadLedgerState(ledger.stores.lake)));
  }

  /** Removes the folders. */
  end(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** A copy of the lake as it is, or of another one, to do something else to. */
  copy(of = this.lake): FsStore {
    const root = join(this.#folder, `copy-${String(this.#copies++)}`);
    cpSync(fileURLToPath(of.url), root, { recursive: true });
    return new FsStore(root);
  }

  newId(): string {
    return `id-${String(this.#ids++)}`;
  }

  async verify(changes: Partial<VerifyTask> = {}): Promise<Verification> {
    return await verifyArchive({
      archive: this.lake,
      lake: this.lake,
      publicKey: this.keys[0]!.publicKey,
      sample: undefined,
      head: undefined,
      instance: undefined,
      now: this.now,
      progress: { begin: () => undefined, step: () => undefined },
      ...changes,
    });
  }
}

/** Callers of a gateway's requests on a day: a few people, a device with a tag, now and then that device alone. */
export function callersOn(index: number): string[] {
  return index % OF_TAGS_ALONE === 3 ? [CI, CI] : [ANN, BOB, CI, ANN, ...(index < 12 ? [CAROL, CAROL] : []), BOB];
}

/** What happens to the two gateways and their archive, day by day. */
export async function liveThrough(months: TwoMonths, days = DAYS.length): Promise<void> {
  const { dev, prod } = months;
  const late = new Map<number, () => void>();
  let hold = "";
  for (const [index, date] of DAYS.slice(0, days).entries()) {
    months.now = new Date(`${date}T23:30:00Z`);
    for (const gateway of months.gateways) {
      const records = gateway.record(date, callersOn(index));
      if (index === 5) records[0]!.at = "never";
      if (gateway === prod && index === 16) late.set(21, () => prod.export(day(16), records));
      else if (gateway === dev && index === 16) {
        dev.export(date, records.slice(0, -1));
        late.set(18, () => dev.export(day(16), records));
      } else if (gateway === prod && index === 22) {
        const whole = prod.frame(records.slice(3));
        prod.exportBytes(date, Buffer.concat([prod.frame(records.slice(0, 3)), whole.subarray(0, whole.byteLength - 20)]));
      } else gateway.export(date, records);
    }
    late.get(index)?.();
    if (index === 8 || index === 45) await rotate(months);
    if (index === 12) {
      await runOnce(months.ledger());
      await eraseCaller(months.ledger(), { login: CAROL, reason: "asked to be forgotten", by: "officer@example.com", apply: true }, () => months.newId());
    }
    if (index === 14) hold = await holdBob(months);
    if (index === 25) await releaseHold(months.ledger(), { id: hold, reason: "settled", by: "counsel@example.com", at: months.now.toISOString() });
    if (index === 33) {
      await runOnce(months.ledger());
      await close(months.ledger(), "2026-09", { by: "finance@example.com", now: months.now });
    }
    if (!PAUSED.has(index)) await months.job();
  }
}

async function rotate(months: TwoMonths): Promise<void> {
  const next = newKey();
  await rotateKey(months.ledger(), next, { by: "ann@example.com", now: months.now, id: months.newId() });
  months.keys.push(next);
}

/** Of three days, the bodies of which would go in the days after. */
async function holdBob(months: TwoMonths): Promise<string> {
  const selection = { instance: null, caller: BOB, session: null, from: `${day(8)}T00:00:00.000Z`, to: `${day(11)}T00:00:00.000Z` };
  const { id } = await addHold(months.ledger(), { id: months.newId(), selection, reason: "case 7", by: "counsel@example.com", at: months.now.toISOString() });
  return id;
}
