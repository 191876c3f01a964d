import { type ErrorCode, LedgerError } from "../ledger/errors.ts";
import type { ObjectStore } from "./object-store.ts";

/** One such refusal applies to every key. */
const OF_THE_STORE: ReadonlySet<ErrorCode> = new Set(["storage_full", "bucket_missing"]);
/** These may concern one key only, such as a folder of another owner, so one refusal says nothing once a write has succeeded. */
const PERHAPS_OF_ONE_KEY: ReadonlySet<ErrorCode> = new Set(["storage_denied", "storage_refused"]);
const MOST_IN_A_ROW = 3;

const lasting = new WeakSet<Error>();

/** Whether the error shows that the store can no longer be written, so that going on would only fail again. */
export function isStoreUnwritable(error: unknown): error is LedgerError {
  return error instanceof LedgerError && lasting.has(error);
}

/**
 * The same store, but once it turns out that it cannot be written, it is not asked to write again: every further write fails with the
 * first such error (`isStoreUnwritable`). That is a full or missing store, a right that is missing for the first write of all, or the third
 * refusal without a successful write in between.
 */
export function refusingStore(store: ObjectStore): ObjectStore {
  let unwritable: LedgerError | undefined;
  let hasWritten = false;
  let inARow = 0;

  async function write<Result>(attempt: () => Promise<Result>): Promise<Result> {
    if (unwritable !== undefined) throw unwritable;
    try {
      const result = await attempt();
      [hasWritten, inARow] = [true, 0];
      return result;
    } catch (error) {
      if (error instanceof LedgerError && isLasting(error)) {
        unwritable ??= error;
        lasting.add(error);
      }
      throw error;
    }
  }

  function isLasting({ code, retryable }: LedgerError): boolean {
    if (retryable) return false;
    if (OF_THE_STORE.has(code)) return true;
    if (!PERHAPS_OF_ONE_KEY.has(code)) return false;
    inARow++;
    return inARow >= MOST_IN_A_ROW || (code === "storage_denied" && !hasWritten);
  }

  return {
    url: store.url,
    locks: store.locks,
    serverTime: async () => await store.serverTime?.(),
    prepareWrites: async () => (await store.prepareWrites?.()) ?? "create-only",
    list: (prefix, after, tell) => store.list(prefix, after, tell),
    head: async (key) => await store.head(key),
    read: async (key, range) => await store.read(key, range),
    download: async (key, file, etag) => await store.download(key, file, etag),
    create: async (key, body, retention) => await write(() => store.create(key, body, retention)),
    replace: async (key, body, retention) => await write(() => store.replace(key, body, retention)),
    remove: async (key) => await write(() => store.remove(key)),
  };
}
