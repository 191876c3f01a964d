import { z } from "zod";
import { DAY_MS, HOUR_MS } from "../../ledger/durations.ts";
import { remember } from "../../ledger/names/remember.ts";
import { type ArrivedRequest, type LiveRequests, type LiveSum, type LiveSums, type SeenRequest, startOfMinute } from "../../limits/live/live-requests.ts";
import type { RedisClient } from "../redis-client.ts";
import { keyPrefix } from "../redis-connection.ts";
import { ADD_REQUESTS, MARKS, NO_COST } from "./add-script.ts";

export interface LiveKeeping {
  /** Root of the lake. Each lake has its own keys in Redis. */
  lakeUrl: string;
  keepHours: number;
  clock: () => Date;
}

const FIELDS_AT_ONCE = 1000;
/** Workers' clocks differ: a request may have arrived in an hour that has not begun here. */
const AHEAD_MS = HOUR_MS;

/** The properties of a request, as a part of a field's name. */
const group = z.tuple([z.string(), z.string().nullable(), z.string().nullable(), z.string()]);
const ID = z.tuple([z.string(), z.string()]);

/** Live requests in the queue's Redis, under keys of their own that expire. */
export class RedisLiveRequests implements LiveRequests {
  readonly #redis: RedisClient;
  readonly #prefix: string;
  readonly #keepMs: number;
  readonly #clock: () => Date;

  constructor(redis: RedisClient, { lakeUrl, keepHours, clock }: LiveKeeping) {
    this.#redis = redis;
    this.#prefix = `${keyPrefix(lakeUrl)}:live:`;
    this.#keepMs = keepHours * HOUR_MS;
    this.#clock = clock;
  }

  async add(arrived: readonly ArrivedRequest[]): Promise<void> {
    if (arrived.length === 0) return;
    const days = this.#days();
    // An id is kept at least as long as its sums count, and the sums longer than any id that may still add to them.
    const kept = [this.#keepMs + DAY_MS, this.#keepMs + 3 * DAY_MS].map(String);
    const now = String(this.#clock().getTime());
    await this.#redis.eval(ADD_REQUESTS, days.length, ...days, this.#prefix, ...kept, now, ...arrived.flatMap(valuesOf));
  }

  async sumsFrom(from: Date): Promise<LiveSums> {
    const start = startOfMinute(new Date(Math.max(from.getTime(), this.#earliest())));
    const keys: string[] = [];
    for (let hour = start.getTime(); hour <= this.#clock().getTime() + AHEAD_MS; hour += HOUR_MS) keys.push(`${this.#prefix}sums:${hourOf(new Date(hour))}`);
    const [since, ...hours] = await Promise.all([this.#redis.get(`${this.#prefix}since`), ...keys.map((key) => this.#redis.hgetall(key))]);
    return { since: since === null ? null : new Date(Number(since)), sums: hours.flatMap(readSums).filter(({ minute }) => minute >= start) };
  }

  async *seen(): AsyncGenerator<SeenRequest> {
    for (const key of this.#days()) {
      // A scan may return a field twice.
      let cursor = "0";
      do {
        const [next, fields] = await this.#redis.hscan(key, cursor, "COUNT", FIELDS_AT_ONCE);
        cursor = next;
        for (let index = 0; index < fields.length; index += 2) yield readSeen(fields[index] ?? "", fields[index + 1] ?? "");
      } while (cursor !== "0");
    }
  }

  #earliest(): number {
    return this.#clock().getTime() - this.#keepMs;
  }

  /** Keys with the ids of each stored day. The newest day is first, since most repeated requests are in it. */
  #days(): string[] {
    const keys: string[] = [];
    const last = this.#clock().getTime() + AHEAD_MS;
    for (let day = last; day > this.#earliest() - DAY_MS; day -= DAY_MS) keys.push(`${this.#prefix}ids:${dayOf(new Date(day))}`);
    return keys;
  }
}

function valuesOf({ instance, requestId, login, provider, model, cost, at }: ArrivedRequest): string[] {
  const minute = String(startOfMinute(at).getTime() / 60_000);
  const id = JSON.stringify([instance, requestId] satisfies z.infer<typeof ID>);
  const properties = JSON.stringify([instance, login, provider, model] satisfies z.infer<typeof group>);
  return [id, dayOf(at), hourOf(at), minute, properties, cost === null ? NO_COST : String(cost)];
}

function readSums(fields: Readonly<Record<string, string>>): LiveSum[] {
  const sums = new Map<string, LiveSum>();
  for (const [field, value] of Object.entries(fields)) {
    const [mark, of] = [field.slice(0, 1), field.slice(2)];
    const sum = sums.get(of) ?? startSum(of);
    sums.set(of, sum);
    if (mark === MARKS.requests) sum.requests = Number(value);
    else if (mark === MARKS.unpriced) sum.unpriced = Number(value);
    else sum.cost = BigInt(value);
  }
  return [...sums.values()];
}

/** Parsed groups are remembered: there are few, and the same ones recur every minute. */
const readGroup = remember((text) => group.parse(JSON.parse(text)));

function startSum(of: string): LiveSum {
  const space = of.indexOf(" ");
  const [instance, login, provider, model] = readGroup(of.slice(space + 1));
  return { instance, login, provider, model, minute: new Date(Number(of.slice(0, space)) * 60_000), requests: 0, unpriced: 0, cost: 0n };
}

function readSeen(field: string, value: string): SeenRequest {
  const [instance, requestId] = ID.parse(JSON.parse(field));
  return { instance, requestId, minute: new Date(Number(value.split(" ", 2)[1]) * 60_000) };
}

function dayOf(at: Date): string {
  return at.toISOString().slice(0, "YYYY-MM-DD".length);
}

function hourOf(at: Date): string {
  return at.toISOString().slice(0, "YYYY-MM-DDTHH".length);
}
