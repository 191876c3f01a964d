import type { DuckDBAppender, DuckDBConnection } from "@duckdb/node-api";
import { splitByLargestRemainder } from "../../ledger/money.ts";
import type { ChargeOwner, FocusCharge } from "./charge.ts";
import { FOCUS_COLUMNS, type FocusColumnName } from "./focus-columns.ts";
import { CHARGE_COLUMNS, columnsOfCharge, columnsOfKind, columnsOfOwner, COPIED_COLUMNS, type FocusPeriod, OWNER_COLUMNS } from "./focus-row.ts";

const COPIES: ReadonlyMap<string, FocusColumnName> = new Map(Object.entries(COPIED_COLUMNS));
const ELSEWHERE: ReadonlySet<FocusColumnName> = new Set([...OWNER_COLUMNS, ...CHARGE_COLUMNS]);

const NAMES = FOCUS_COLUMNS.map(({ name }) => name);

const COLUMNS = {
  focus_owner: OWNER_COLUMNS,
  focus_kind: NAMES.filter((name) => !ELSEWHERE.has(name) && !COPIES.has(name)),
  focus_charge: CHARGE_COLUMNS,
} as const satisfies Record<string, readonly FocusColumnName[]>;

type Table = keyof typeof COLUMNS;

/** Charges as text in the database. Owners and kinds are in tables of their own, because many charges share them. */
export class StagedCharges {
  readonly #duck: DuckDBConnection;
  readonly #appenders: Readonly<Record<Table, DuckDBAppender>>;
  readonly #period: FocusPeriod;
  readonly #kinds = new Map<string, number>();
  #owners = 0;

  private constructor(duck: DuckDBConnection, appenders: Readonly<Record<Table, DuckDBAppender>>, period: FocusPeriod) {
    this.#duck = duck;
    this.#appenders = appenders;
    this.#period = period;
  }

  static async create(duck: DuckDBConnection, period: FocusPeriod): Promise<StagedCharges> {
    const create = async (table: Table): Promise<DuckDBAppender> => {
      const texts = COLUMNS[table].map((name) => `${name} VARCHAR`);
      await duck.run(`CREATE TEMP TABLE ${table} (owner_id INTEGER, kind_id INTEGER, ${texts.join(", ")})`);
      return await duck.createAppender(table);
    };
    const appenders = { focus_owner: await create("focus_owner"), focus_kind: await create("focus_kind"), focus_charge: await create("focus_charge") };
    return new StagedCharges(duck, appenders, period);
  }

  add(charges: Iterable<FocusCharge>): void {
    const owners = new Map<ChargeOwner, number>();
    for (const whole of charges) {
      for (const charge of cutCharge(whole)) {
        const owner = owners.get(charge.owner) ?? this.#owners;
        if (owner === this.#owners) {
          this.#owners += 1;
          owners.set(charge.owner, owner);
          this.#append("focus_owner", { owner, kind: 0 }, columnsOfOwner(charge.owner));
        }
        const name = nameOfKind(charge);
        const kind = this.#kinds.get(name) ?? this.#kinds.size;
        if (kind === this.#kinds.size) {
          this.#kinds.set(name, kind);
          this.#append("focus_kind", { owner: 0, kind }, columnsOfKind(charge, this.#period));
        }
        this.#append("focus_charge", { owner, kind }, columnsOfCharge(charge));
      }
    }
    for (const appender of Object.values(this.#appenders)) appender.flushSync();
  }

  /** SQL of all charges, with every column as text. Nothing is added after it. */
  finish(): string {
    for (const appender of Object.values(this.#appenders)) appender.closeSync();
    const columns = NAMES.map((name) => `${COPIES.get(name) ?? name} AS ${name}`);
    return `(SELECT ${columns.join(", ")} FROM focus_charge JOIN focus_owner USING (owner_id) JOIN focus_kind ON focus_charge.kind_id = focus_kind.kind_id)`;
  }

  async forget(): Promise<void> {
    for (const table of Object.keys(COLUMNS)) await this.#duck.run(`DROP TABLE ${table}`);
  }

  #append(table: Table, { owner, kind }: { owner: number; kind: number }, row: Partial<Record<FocusColumnName, string | null>>): void {
    const appender = this.#appenders[table];
    appender.appendInteger(owner);
    appender.appendInteger(kind);
    for (const name of COLUMNS[table]) {
      const value = row[name] ?? null;
      if (value === null) appender.appendNull();
      else appender.appendVarchar(value);
    }
    appender.endRow();
  }
}

/** Equal exactly for charges that differ only in owner, cost and quantities. */
function nameOfKind({ from, to, owner, agent, category, costSource, description, price, correction }: FocusCharge): string {
  const priced = price && [price.meter, price.priceVersion, String(price.unitPrice)];
  return JSON.stringify([from.getTime(), to.getTime(), owner.provider, owner.model, agent, category, costSource, description, correction, priced]);
}

/** The largest list cost that fits into a row, in units of 1e-30 dollars. */
const MOST = 10n ** 38n - 1n;

/** Splits a charge whose list cost does not fit into one row; no real charge is that large. */
export function cutCharge(charge: FocusCharge): FocusCharge[] {
  const { billed, list, price } = charge;
  const size = list < 0n ? -list : list;
  if (size <= MOST) return [charge];
  const pieces = Array.from({ length: Number(size / MOST) + 2 }, () => ({ name: "", weight: 1n }));
  const [bills, lists] = [splitByLargestRemainder(billed, pieces), splitByLargestRemainder(list, pieces)];
  const consumed = splitByLargestRemainder(price?.consumedQuantity ?? 0n, pieces);
  const priced = splitByLargestRemainder(price?.pricingQuantity ?? 0n, pieces);
  return pieces.map((_, index) => {
    const own = { ...charge, billed: bills[index] ?? 0n };
    if (price === null) return { ...own, list: lists[index] ?? 0n };
    const pricingQuantity = priced[index] ?? 0n;
    return { ...own, list: price.unitPrice * pricingQuantity, price: { ...price, pricingQuantity, consumedQuantity: consumed[index] ?? 0n } };
  });
}
