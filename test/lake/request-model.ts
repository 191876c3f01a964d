/** A landed record as far as deciding which request it is goes, and what tells it from others. */
export interface LandedRecord {
  /** Microseconds since 1970. */
  ts: number;
  caller: string;
  captureId: string | null;
  recordId: number | null;
  exportTime: number;
  export: string;
  exportVersion: number;
  position: number;
}

/**
 * Of records with an identifier those that are kept, one a request: the rule of docs/same-request.md, by lists and loops and nothing of the ledger's own.
 */
export function keepRequests(records: readonly LandedRecord[]): LandedRecord[] {
  const requests: { pair: LandedRecord; kept: LandedRecord }[] = [];
  const isWhole = ({ captureId, recordId }: LandedRecord): boolean => captureId !== null && recordId !== null;
  const ofRank = [...records.filter(isWhole), ...records.filter((one) => !isWhole(one))];
  for (const record of ofRank) {
    const same = requests.filter(({ pair }) => isSame(pair, record)).toSorted((a, b) => compareIds(a.pair, b.pair));
    const [request] = same;
    if (request === undefined) requests.push({ pair: record, kept: record });
    else if (isLater(record, request.kept)) request.kept = record;
  }
  return requests.map(({ kept }) => kept);
}

function isSame(pair: LandedRecord, record: LandedRecord): boolean {
  if (pair.ts !== record.ts || pair.caller !== record.caller) return false;
  const compared = [[pair.captureId, record.captureId], [pair.recordId, record.recordId]].filter(([a, b]) => a !== null && b !== null);
  return compared.length > 0 && compared.every(([a, b]) => a === b);
}

function compareIds(a: LandedRecord, b: LandedRecord): number {
  const byCapture = Buffer.compare(Buffer.from(a.captureId ?? ""), Buffer.from(b.captureId ?? ""));
  return byCapture === 0 ? (a.recordId ?? 0) - (b.recordId ?? 0) : byCapture;
}

function isLater(a: LandedRecord, b: LandedRecord): boolean {
  if (a.exportTime !== b.exportTime) return a.exportTime > b.exportTime;
  if (a.export !== b.export) return a.export > b.export;
  if (a.exportVersion !== b.exportVersion) return a.exportVersion > b.exportVersion;
  return a.position > b.position;
}

/** How many of the kept records have an identifier that another of them has. */
export function countUsedAgain(kept: readonly LandedRecord[]): number {
  const shares = (a: LandedRecord, b: LandedRecord): boolean =>
    (a.captureId !== null && a.captureId === b.captureId) || (a.recordId !== null && a.recordId === b.recordId);
  return kept.filter((one) => kept.some((other) => other !== one && shares(one, other))).length;
}
