import type { Condition } from "../conditions/condition.ts";

/** An altered or missing copy in the archive. */
export interface CopyProblem {
  instance: string;
  /** Name of the export. */
  name: string;
  /** When the export was made. */
  time: Date;
  /** A line that says what is wrong. */
  problem: string;
}

/** Conditions of the gateways whose copies are missing or altered. Every run finds these, even before the next verification. */
export function findInCopies(gateways: readonly string[], problems: readonly CopyProblem[]): Condition[] {
  return gateways.toSorted().flatMap((subject): Condition[] => {
    const ofGateway = problems.filter(({ instance }) => instance === subject).toSorted((a, b) => a.time.getTime() - b.time.getTime() || (a.name < b.name ? -1 : 1));
    const first = ofGateway[0];
    if (first === undefined) return [];
    return [{ kind: "verify_failed", subject, since: first.time, members: ofGateway.map(({ name }) => name), facts: ofGateway.slice(0, MOST_LINES).map(({ problem }) => problem), figures: { copies: ofGateway.length } }];
  });
}

const MOST_LINES = 10;
