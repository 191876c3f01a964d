import { closeSync, openSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Logger } from "pino";
import { ConversationReader } from "../aperture/conversation/conversation-reader.ts";
import { extractRecords } from "../aperture/reader/extract-records.ts";
import { readExport } from "../aperture/reader/read-export.ts";
import type { RecordPlace } from "../aperture/reader/record-reader.ts";
import { identifyCaller } from "../ledger/names/caller.ts";
import type { RecordedRequest } from "../ledger/usage/recorded-request.ts";
import type { ExportToOpen } from "./extracting/find-exports.ts";
import { type CopyTools, openCopies, type OpenCopy, type OpenedCopies } from "./extracting/open-copies.ts";
import { type RecordSelection, selector } from "./extracting/record-selection.ts";
import { ConversationSearch, type HitPlace } from "./searching/search-conversation.ts";
import { type SearchCriteria, toolNames } from "./searching/search-criteria.ts";
import { SeenBefore } from "./searching/seen-before.ts";

export interface SearchTools extends CopyTools {
  log: Logger;
}

export interface Search {
  selection: RecordSelection;
  criteria: SearchCriteria;
  /** The result of `findExports` or `scanExports`. */
  exports: readonly ExportToOpen[];
  /** Whether to tell a match again where a later request of the same session repeats it. */
  repeats: boolean;
  /** Login of the person who asks, for the log. */
  by: string;
  /** Formats a hit; the lines are written as they are. */
  format: (hit: Hit) => string;
  /** Receives the formatted hits of one object as a local file, which is removed afterwards. */
  append: (file: string) => Promise<void>;
}

/** A match, and where the copy that contains it can be checked. */
export interface Hit {
  /** ISO 8601. */
  time: string;
  instance: string;
  caller: string;
  session: string | null;
  capture: string | null;
  model: string;
  status: number;
  /** Null if the record was not searched for a text or a tool. */
  place: HitPlace | null;
  snippet: string | null;
  /** Key of the copy. */
  object: string;
  /** Counts the items of the copy from 0. */
  position: number;
  /** Hash of the copy, lower-case hex. */
  sha256: string;
  /** `YYYY-MM-DD`: the digest that lists the copy; null if none does yet. */
  digest: string | null;
}

export interface Searched extends OpenedCopies {
  hits: number;
  /** Matches that a later request of the same session repeats. */
  repeated: number;
  /** Number of records whose conversation was searched. */
  records: number;
  /** Number of copies in which records were searched and no conversation was found. */
  withoutBodies: number;
  /** Number of bodies that could not be read. */
  unread: number;
}

type About = Pick<RecordedRequest, "ts" | "model" | "statusCode" | "sessionId" | "captureId"> & { caller: string; tools: readonly string[] };

interface WantedRecord {
  place: RecordPlace;
  about: About;
}

/**
 * Searches the conversations in the archive's copies, copy by copy, in constant memory. Each copy is compared with its chain before it is searched.
 * Quarantined records are not searched. Throws `archive_broken` for an object that is not as expected.
 */
export async function searchArchive({ log, ...tools }: SearchTools, search: Search): Promise<Searched> {
  const counts = { hits: 0, repeated: 0, records: 0, withoutBodies: 0, unread: 0 };
  const seen = new SeenBefore();
  const opened = await openCopies(tools, search.exports, "search", async (copy) => {
    const part = join(copy.workspace, "hits");
    const before = counts.hits;
    await searchCopy(copy, search, part, counts, seen);
    if (counts.hits > before) await search.append(part);
    return counts.hits > before;
  });
  log.info({ by: search.by, criteria: [...search.criteria.written.keys()], ...counts, opened: opened.opened }, "archive searched");
  return { ...opened, ...counts };
}

type Counts = Pick<Searched, "hits" | "repeated" | "records" | "withoutBodies" | "unread">;

async function searchCopy(copy: OpenCopy, { selection, criteria, repeats, format }: Search, part: string, counts: Counts, seen: SeenBefore): Promise<void> {
  const wanted = await findWanted(copy, selection, criteria);
  if (wanted.length === 0) return;
  const out = openSync(part, "w");
  const tell = (record: WantedRecord, place: HitPlace | null, snippet: string | null): void => {
    const { caller, sessionId } = record.about;
    const isRepeated = snippet !== null && seen.note(copy.instance, caller, sessionId, place?.role ?? null, snippet);
    if (isRepeated) counts.repeated++;
    if (isRepeated && !repeats) return;
    counts.hits++;
    writeFileSync(out, format(hitOf(copy, record, place, snippet)));
  };
  try {
    const { find } = criteria;
    if (find === undefined) for (const record of wanted) tell(record, calledTool(record, criteria), null);
    else {
      const reading = await readConversations(copy.file, wanted, (record) => new ConversationSearch(find, ({ place, snippet }) => tell(record, place, snippet)));
      counts.records += wanted.length;
      counts.unread += reading.unread;
      if (!reading.isAny) counts.withoutBodies++;
    }
  } finally {
    closeSync(out);
  }
}

async function findWanted({ file, time }: OpenCopy, selection: RecordSelection, criteria: SearchCriteria): Promise<WantedRecord[]> {
  const isSelected = selector(selection);
  const wanted: WantedRecord[] = [];
  await readExport(file, time, [], {
    accept(request, place) {
      if (!isSelected(request) || !criteria.matches(request)) return;
      const { ts, model, statusCode, sessionId, captureId, login, tags } = request;
      wanted.push({ place, about: { ts, model, statusCode, sessionId, captureId, caller: identifyCaller(login, tags).caller, tools: toolNames(request) } });
    },
    reject: () => undefined,
  });
  return wanted;
}

async function readConversations(file: string, wanted: readonly WantedRecord[], visitorOf: (record: WantedRecord) => ConversationSearch): Promise<{ isAny: boolean; unread: number }> {
  const all = { isAny: false, unread: 0 };
  let reader: ConversationReader | undefined;
  await extractRecords(file, wanted, {
    begin: (record) => void (reader = new ConversationReader(visitorOf(record))),
    bytes: (piece) => reader?.push(piece),
    end() {
      const { isAny, unread } = reader?.finish() ?? all;
      all.isAny ||= isAny;
      all.unread += unread;
    },
  });
  return all;
}

function calledTool({ about: { tools } }: WantedRecord, { isTool }: SearchCriteria): HitPlace | null {
  const tool = isTool === undefined ? undefined : tools.find(isTool);
  return tool === undefined ? null : { side: "response", message: 1, role: "assistant", kind: "tool call", tool };
}

function hitOf({ instance, key, proof }: OpenCopy, { place, about }: WantedRecord, where: HitPlace | null, snippet: string | null): Hit {
  return {
    time: new Date(about.ts / 1000).toISOString(),
    instance,
    caller: about.caller,
    session: about.sessionId,
    capture: about.captureId,
    model: about.model,
    status: about.statusCode,
    place: where,
    snippet,
    object: key,
    position: place.position,
    sha256: proof.content.sha256,
    digest: proof.sealed ? proof.digest.header.date : null,
  };
}
