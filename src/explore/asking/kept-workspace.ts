import type { ObjectStore } from "../../storage/object-store.ts";
import { openWorkspace, type Workspace } from "../../storage/workspace.ts";
import { KeptFiles } from "./kept-files.ts";
import { ValueSuggestions } from "./suggest-values.ts";

/** What is kept between questions. */
interface Kept {
  directory: string;
  files: KeptFiles;
  suggestions: ValueSuggestions;
  /** Says that what is kept was just compared with the lake. */
  compared: () => void;
}

/**
 * A temporary folder for questions. It is removed, with all that is kept, when it was not compared with the lake for some time: a login that is erased
 * from the lake must not remain here because nobody asks.
 */
export class KeptWorkspace {
  readonly #lake: ObjectStore;
  readonly #limits: { bytes: number; keptSeconds: number };
  #open: { workspace: Workspace; kept: Kept } | undefined;
  #timer: NodeJS.Timeout | undefined;
  #users = 0;
  #isDue = false;

  constructor(lake: ObjectStore, limits: { bytes: number; keptSeconds: number }) {
    this.#lake = lake;
    this.#limits = limits;
  }

  /** Nothing is removed while it is used. */
  async use<Result>(run: (kept: Kept) => Promise<Result>): Promise<Result> {
    this.#users++;
    try {
      return await run((this.#open ??= this.#openFolder()).kept);
    } finally {
      this.#users--;
      if (this.#isDue && this.#users === 0) await this.close();
    }
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    const closing = this.#open;
    this.#open = undefined;
    this.#isDue = false;
    await closing?.workspace.close();
  }

  #openFolder(): { workspace: Workspace; kept: Kept } {
    const workspace = openWorkspace();
    const files = new KeptFiles(this.#lake, workspace.directory, this.#limits.bytes);
    return { workspace, kept: { directory: workspace.directory, files, suggestions: new ValueSuggestions(), compared: () => this.#beginAgain() } };
  }

  #beginAgain(): void {
    clearTimeout(this.#timer);
    this.#isDue = false;
    this.#timer = setTimeout(() => {
      // What cannot be removed now is removed when the process ends.
      if (this.#users === 0) void this.close().catch(() => undefined);
      else this.#isDue = true;
    }, this.#limits.keptSeconds * 1000).unref();
  }
}
