import type { Logger } from "pino";
import { messageOf } from "../ledger/errors.ts";

/** Failures in a row after which members of groups are shut out: an hour. */
const MOST_FAILURES = 12;
const READ_AGAIN_MS = 300_000;

export interface AllowedSources {
  /** Logins of `http.allow` with the present members of its groups. */
  readAll: () => Promise<ReadonlySet<string>>;
  /** Logins that `http.allow` names itself. */
  named: ReadonlySet<string>;
  log: Logger;
}

/**
 * The admitted logins while a worker runs. Groups are read again every five minutes, so that somebody who left one is shut out. A policy that cannot be
 * read changes nothing for an hour; after that only logins that `http.allow` names are admitted, until it can be read again.
 */
export class AllowedLogins {
  /** Changes with each reading. */
  readonly logins: Set<string>;
  readonly #sources: AllowedSources;
  #failures = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(first: ReadonlySet<string>, sources: AllowedSources) {
    this.logins = new Set(first);
    this.#sources = sources;
  }

  start(): void {
    this.#timer = setInterval(() => void this.readAgain(), READ_AGAIN_MS);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Never throws. */
  async readAgain(): Promise<void> {
    const { readAll, named, log } = this.#sources;
    try {
      this.#replace(await readAll());
      if (this.#failures >= MOST_FAILURES) log.info("groups of http.allow are read again");
      this.#failures = 0;
    } catch (error) {
      this.#failures++;
      if (this.#failures === 1) log.warn({ reason: messageOf(error) }, "groups of http.allow cannot be read again; their last members stay admitted for an hour");
      if (this.#failures === MOST_FAILURES) {
        log.error({ reason: messageOf(error) }, "groups of http.allow cannot be read for an hour: only logins that it names are admitted until they can");
        this.#replace(named);
      }
    }
  }

  /** In place and at once: requests look into this set. */
  #replace(logins: ReadonlySet<string>): void {
    this.logins.clear();
    for (const login of logins) this.logins.add(login);
  }
}
