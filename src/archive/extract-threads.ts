import { join } from "node:path";
import { ConversationReader } from "../aperture/conversation/conversation-reader.ts";
import { extractRecords } from "../aperture/reader/extract-records.ts";
import { readExport } from "../aperture/reader/read-export.ts";
import type { RecordPlace } from "../aperture/reader/record-reader.ts";
import { identifyCaller } from "../ledger/names/caller.ts";
import type { RecordedRequest } from "../ledger/usage/recorded-request.ts";
import { withWorkspace } from "../storage/workspace.ts";
import type { Extracted, Extraction, ExtractionTools } from "./extract-archive.ts";
import { openCopies, type OpenCopy } from "./extracting/open-copies.ts";
import { type RecordSelection, selector } from "./extracting/record-selection.ts";
import { MessageCollector, type ReadMessage } from "./reading/collect-messages.ts";
import { ThreadStore } from "./reading/thread-store.ts";

export interface ThreadExtraction extends Pick<Extraction, "selection" | "exports" | "by"> {
  form: "html" | "mbox";
  /** Writes the threads; the store is gone afterwards. */
  write: (threads: ThreadStore) => Promise<void>;
}

/**
 * Extracts the conversations of a selection from the archive's copies as threads, one for each session. Each copy is compared with its chain before anything
 * is taken from it. Skips quarantined records. Throws `archive_broken` for an object that is not as expected.
 */
export async function extractThreads({ log, ...tools }: ExtractionTools, { selection, exports, by, form, write }: ThreadExtraction): Promise<Extracted> {
  return await withWorkspace(async (workspace) => {
    const store = new ThreadStore(join(workspace, "texts"));
    try {
      let records = 0;
      const opened = await openCopies(tools, exports, "extract", async (copy) => {
        const taken = await takeFrom(copy, selection, store);
        records += taken;
        return taken > 0;
      });
      await write(store);
      log.info({ by, selection, format: form, records, objects: opened.proofs.objects.length, opened: opened.opened }, "records extracted from the archive");
      return { ...opened, records };
    } finally {
      store.close();
    }
  });
}

interface WantedRecord {
  place: RecordPlace;
  request: Pick<RecordedRequest, "ts" | "model" | "statusCode" | "sessionId" | "captureId"> & { caller: string };
}

/** Adds the copy's matching records to their threads and returns their number. */
async function takeFrom({ file, time, instance, key }: OpenCopy, selection: RecordSelection, store: ThreadStore): Promise<number> {
  const isWanted = selector(selection);
  const wanted: WantedRecord[] = [];
  await readExport(file, time, [], {
    accept(request, place) {
      if (!isWanted(request)) return;
      const { ts, model, statusCode, sessionId, captureId, login, tags } = request;
      wanted.push({ place, request: { ts, model, statusCode, sessionId, captureId, caller: identifyCaller(login, tags).caller } });
    },
    reject: () => undefined,
  });
  let messages: ReadMessage[] = [];
  let reader: ConversationReader | undefined;
  await extractRecords(file, wanted, {
    begin() {
      messages = [];
      reader = new ConversationReader(new MessageCollector((message) => void messages.push(message)));
    },
    bytes: (piece) => reader?.push(piece),
    end: ({ place: { position }, request: { ts, caller, sessionId, captureId, model, statusCode } }) =>
      store.add({ instance, caller, session: sessionId, time: new Date(ts / 1000).toISOString(), model, status: statusCode, capture: captureId, object: key, position }, messages),
  });
  return wanted.length;
}
