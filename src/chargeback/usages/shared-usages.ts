import { nameTeam, type PaidUsage, type Payer, type SharedUsage } from "./paid-usage.ts";

/** Who pays for each usage of a month, by the usage's number. Usages that are paid for in the same way share one entry. */
export class SharedUsages {
  readonly #ways = new Map<string, number>();
  readonly #shared: SharedUsage[] = [];
  /** Places in `#shared` by number of the usage. */
  readonly #wayOf: number[] = [];
  readonly #adjusters = new Map<Payer["adjust"], number>();

  add(id: number, { usage: { caller, billing }, payers }: PaidUsage): void {
    const way = JSON.stringify([caller, billing, payers.map((payer) => [nameTeam(payer), String(payer.share), this.#numberOf(payer.adjust)])]);
    const known = this.#ways.get(way) ?? this.#shared.length;
    if (known === this.#shared.length) {
      this.#ways.set(way, known);
      this.#shared.push({ usage: { caller, billing }, payers: payers.map(({ team, costCenter, share, adjust }) => ({ team, costCenter, share, adjust })) });
    }
    this.#wayOf[id] = known;
  }

  get(id: number): SharedUsage | undefined {
    return this.#shared[this.#wayOf[id] ?? -1];
  }

  #numberOf(adjust: Payer["adjust"]): number {
    const number = this.#adjusters.get(adjust) ?? this.#adjusters.size;
    this.#adjusters.set(adjust, number);
    return number;
  }
}
