import { z } from "zod";
import { LedgerError } from "../ledger/errors.ts";
import type { ObjectEntry } from "./object-store.ts";

/** Keys of the claims in a store without conditional writes: one object for each process that writes there or wants to. */
export const WRITER_CLAIMS = "_ledger/writer/";

const writerClaim = z.object({
  format: z.literal(1),
  id: z.string(),
  host: z.string(),
  pid: z.number(),
  /** When the process asked to write. */
  since: z.iso.datetime(),
});
/** The process that a claim object names. */
export type WriterClaim = z.infer<typeof writerClaim>;

/** Where claims are stored: a store without conditions and locks, whose listing shows each write that ended before the listing began. */
export interface ClaimStore {
  /** For messages. */
  url: string;
  list(): Promise<ObjectEntry[]>;
  read(key: string): Promise<Uint8Array>;
  put(key: string, bytes: Uint8Array): Promise<void>;
  remove(key: string): Promise<void>;
}

/** How often a claim is renewed. */
const RENEWAL_MS = 15_000;
/** The lease: this long after the last renewal began, the claim is checked before the next write. */
const LEASE_MS = 45_000;
/** A claim that is this much older than the newest one, by the store's own clock, has expired: every write that began within its lease has ended. */
const SILENCE_MS = 120_000;
const ATTEMPTS = 4;

export interface WriterTools {
  clock: () => Date;
  /** Milliseconds of a monotonic clock. */
  elapsed: () => number;
  /** Between 0 and 1. */
  random: () => number;
  /** @param milliseconds the minimum. */
  pause: (milliseconds: number) => Promise<void>;
}

/**
 * The right of one process to write to a store that cannot refuse a second writer. Each process writes a claim of its own and then looks
 * for other claims. Of two processes that start together at least one sees the other, and a process that sees another gives way.
 */
export class SingleWriter {
  readonly #store: ClaimStore;
  readonly #claim: WriterClaim;
  readonly #tools: WriterTools;
  #held: Promise<void> | undefined;
  #renewed = 0;
  #timer: NodeJS.Timeout | undefined;
  /** Writes and renewals in progress. */
  readonly #writes = new Set<Promise<unknown>>();
  #isReleased = false;

  constructor(store: ClaimStore, who: Pick<WriterClaim, "id" | "host" | "pid">, tools: WriterTools) {
    this.#store = store;
    this.#tools = tools;
    this.#claim = { format: 1, ...who, since: tools.clock().toISOString() };
  }

  get claim(): WriterClaim {
    return this.#claim;
  }

  /** Claims the store unless this process holds it already. Throws `writer_busy`, which names the other process. */
  async hold(): Promise<void> {
    this.#refuseReleased();
    this.#held ??= this.#acquire();
    try {
      await this.#held;
    } catch (error) {
      this.#held = undefined;
      throw error;
    }
    if (!this.isCertain()) await this.#reclaim();
  }

  /** Whether the lease still runs: a write that begins now ends before another process may take over. */
  isCertain(): boolean {
    return this.#timer !== undefined && this.#tools.elapsed() - this.#renewed < LEASE_MS;
  }

  /** Runs a write of the process that holds the store: the claim is released only after the write has ended. */
  async during<T>(write: () => Promise<T>): Promise<T> {
    this.#refuseReleased();
    const result = write();
    this.#writes.add(result);
    try {
      return await result;
    } finally {
      this.#writes.delete(result);
    }
  }

  /** Releases the claim for good: a job that still runs in an ending process cannot claim the store again. */
  async release(): Promise<void> {
    this.#isReleased = true;
    if (this.#held === undefined) return;
    await Promise.allSettled([this.#held, ...this.#writes]);
    this.#held = undefined;
    await this.#giveWay();
  }

  #refuseReleased(): void {
    if (!this.#isReleased) return;
    throw new LedgerError("storage_unavailable", `${this.#store.url} has no conditional writes, and this process no longer writes there: it is ending`, {
      remedy: "Start it again; it then finishes what is left.",
      retryable: true,
    });
  }

  get #key(): string {
    return `${WRITER_CLAIMS}${this.#claim.id}.json`;
  }

  async #acquire(): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      const begun = this.#tools.elapsed();
      const { live, silent } = await this.#claimAndLook();
      if (live.length === 0) {
        for (const { key } of silent) await this.#store.remove(key);
        this.#start(begun);
        return;
      }
      await this.#giveWay();
      if (attempt === ATTEMPTS) throw await this.#busy(live);
      // Two processes that started together both gave way.
      await this.#tools.pause(200 * attempt * (1 + this.#tools.random()));
    }
  }

  /** After a pause, for example of a sleeping machine, another process may have taken over; this process then gives way. */
  async #reclaim(): Promise<void> {
    const begun = this.#tools.elapsed();
    const { live } = await this.during(() => this.#claimAndLook());
    this.#refuseReleased();
    if (live.length > 0) {
      this.#held = undefined;
      await this.#giveWay();
      throw await this.#busy(live);
    }
    this.#start(begun);
  }

  async #claimAndLook(): Promise<{ live: ObjectEntry[]; silent: ObjectEntry[] }> {
    await this.#store.put(this.#key, Buffer.from(`${JSON.stringify(this.#claim, null, 1)}\n`));
    const claims = await this.#store.list();
    const own = claims.find(({ key }) => key === this.#key);
    if (own === undefined) {
      throw new LedgerError("storage_refused", `${this.#store.url} does not list an object that was just written, and has no conditional writes`, {
        remedy: "use a different store: here nothing prevents two processes from overwriting each other",
      });
    }
    const others = claims.filter((one) => one !== own);
    const isLive = ({ lastModified }: ObjectEntry): boolean => own.lastModified.getTime() - lastModified.getTime() < SILENCE_MS;
    return { live: others.filter(isLive), silent: others.filter((one) => !isLive(one)) };
  }

  #start(begun: number): void {
    this.#renewed = begun;
    this.#timer ??= setInterval(() => void this.#renew(), RENEWAL_MS).unref();
  }

  /** Only within the lease: a claim that is renewed later could coexist with the claim of a process that took over. */
  async #renew(): Promise<void> {
    if (!this.isCertain()) return;
    const begun = this.#tools.elapsed();
    try {
      await this.during(() => this.#store.put(this.#key, Buffer.from(`${JSON.stringify(this.#claim, null, 1)}\n`)));
      this.#renewed = begun;
    } catch {
      // The next write finds the claim overdue, checks again, and fails with the reason.
    }
  }

  async #giveWay(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    await this.#store.remove(this.#key);
  }

  async #busy(live: readonly ObjectEntry[]): Promise<LedgerError> {
    const [other] = live.toSorted((a, b) => Number(a.lastModified) - Number(b.lastModified));
    const claim = other && (await readClaim(this.#store, other.key));
    const who = claim === undefined ? "another process" : `process ${String(claim.pid)} on ${JSON.stringify(claim.host)}, since ${claim.since}`;
    const heard = other === undefined ? "" : `, last renewed at ${other.lastModified.toISOString()}`;
    return new LedgerError("writer_busy", `${this.#store.url} has no conditional writes and is being written by ${who}${heard}`, {
      remedy:
        "Wait until that process has ended; the claim of a killed process expires two minutes after its last renewal. " +
        "Several workers, and commands beside a worker, need a store with conditional writes: see docs/stores.md.",
      retryable: true,
    });
  }
}

/** Undefined where the claim was removed meanwhile or is not readable. */
async function readClaim(store: Pick<ClaimStore, "read">, key: string): Promise<WriterClaim | undefined> {
  try {
    return writerClaim.parse(JSON.parse(Buffer.from(await store.read(key)).toString()));
  } catch {
    return undefined;
  }
}
