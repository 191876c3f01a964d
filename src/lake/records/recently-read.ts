/** What was read last, by name: the least recently asked for goes when there are too many. */
export class RecentlyRead<Value> {
  readonly #most: number;
  /** In order of when they were asked for. */
  readonly #read = new Map<string, Promise<Value>>();

  constructor(most: number) {
    this.#most = most;
  }

  async get(name: string, read: () => Promise<Value>): Promise<Value> {
    const reading = this.#read.get(name) ?? read();
    this.#read.delete(name);
    this.#read.set(name, reading);
    for (const oldest of this.#read.keys()) {
      if (this.#read.size <= this.#most) break;
      this.#read.delete(oldest);
    }
    return await reading;
  }
}
