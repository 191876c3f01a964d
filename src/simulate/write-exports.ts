import { compressExport } from "./compress-export.ts";
import { Conversations } from "./conversations.ts";
import { cutExports } from "./cut-exports.ts";
import { inventRecord } from "./invent-record.ts";
import { type SimulationOptions, simulationOptions } from "./options.ts";
import { Random } from "./random.ts";
import { requestTimes } from "./request-times.ts";
import { Sessions } from "./sessions.ts";
import type { SimulatedRecord } from "./simulated-record.ts";
import { type Truth, TruthKeeper } from "./truth.ts";

export interface SimulatedExport {
  /** `ts-aperture-export-<unix seconds>.cbor.zstd` */
  name: string;
  records: number;
  bytes: Uint8Array;
  /** Size of the content before compression. */
  cborBytes: number;
}

export interface Simulation {
  /** In order of time; each is made when it is asked for. */
  exports: AsyncIterable<SimulatedExport>;
  /** Sums over the exports that were taken so far. */
  truth(): Truth;
}

/** Invents a company's months of requests in a gateway's own export format. Throws `usage` for options that make no sense. */
export function simulateExports(given: Partial<SimulationOptions> = {}): Simulation {
  const options = simulationOptions(given);
  const keeper = new TruthKeeper();
  return { exports: writeExports(options, keeper), truth: () => keeper.truth() };
}

async function* writeExports(options: SimulationOptions, keeper: TruthKeeper): AsyncGenerator<SimulatedExport> {
  const conversations = options.bodies ? new Conversations() : undefined;
  for (const cut of cutExports(inventRecords(options), options, new Random(`${options.seed}/exports`))) {
    const compressed = await compressExport(cut.entries, conversations);
    keeper.add(cut);
    yield { name: `ts-aperture-export-${cut.second}.cbor.zstd`, records: cut.entries.length, ...compressed };
  }
}

/** Each request once, ordered by time. */
export function* inventRecords(options: SimulationOptions): Generator<SimulatedRecord> {
  const random = new Random(`${options.seed}/requests`);
  const sessions = new Sessions(random);
  let id = 0;
  for (const time of requestTimes(options, new Random(`${options.seed}/times`))) {
    id += 1;
    yield inventRecord(id, time, sessions.next(time.machine), random);
  }
}
