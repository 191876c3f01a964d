import { open } from "node:fs/promises";
import { join } from "node:path";
import { finished, type Readable } from "node:stream";
import type { FastifyReply, FastifyRequest } from "fastify";
import { LedgerError } from "../ledger/errors.ts";
import type { ObjectEntry, ObjectStore } from "../storage/object-store.ts";
import { withWorkspace } from "../storage/workspace.ts";
import { answerMissing, answerText } from "./answers.ts";
import { kindOf, saveAs } from "./report-files.ts";

/**
 * For stored files: they run and fetch nothing and belong to no origin, so that even a script could not use this one's rights. A page may
 * still offer its sibling files for download.
 */
const POLICY =
  "sandbox allow-downloads; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Each sending keeps a copy of the file in the temporary folder until it is done. */
const SENT_AT_ONCE = 16;

/** Answers with a stored file, or that there is none. @param key undefined for a path that names no file */
export type SendReport = (request: FastifyRequest, reply: FastifyReply, key: string | undefined) => Promise<FastifyReply>;

/** The sender of a lake's reports. It decides nothing about who may see them. */
export function reportSender(lake: ObjectStore): SendReport {
  const sending = new Set<symbol>();
  return async (request, reply, key) => {
    const entry = key === undefined ? undefined : await findReport(lake, key);
    if (entry === undefined) return answerMissing(reply);
    if (sending.size >= SENT_AT_ONCE) return answerText(reply.header("retry-after", "5"), 503, "too many reports are being sent: try again in a moment");
    const place = Symbol(entry.key);
    sending.add(place);
    finished(reply.raw, () => void sending.delete(place));
    return await answerReport(request, reply, lake, entry);
  };
}

async function findReport(lake: ObjectStore, key: string): Promise<ObjectEntry | undefined> {
  try {
    return await lake.head(key);
  } catch (error) {
    if (error instanceof LedgerError && error.code === "key_invalid") return undefined;
    throw error;
  }
}

async function answerReport(request: FastifyRequest, reply: FastifyReply, lake: ObjectStore, { key, etag, size }: ObjectEntry): Promise<FastifyReply> {
  const { type, shown } = kindOf(key);
  reply.headers({ "cache-control": "no-cache", "content-security-policy": POLICY, etag: quoteEtag(etag) });
  if (isKnown(request.headers["if-none-match"], quoteEtag(etag))) return await reply.code(304).send();
  reply.type(type).header("content-length", size);
  if (!shown) reply.header("content-disposition", saveAs(key));
  return await reply.send(request.method === "HEAD" ? "" : await openReport(lake, key, etag));
}

/** Sends a file of any size in constant memory: exactly the object that the headers describe, or an error. */
async function openReport(lake: ObjectStore, key: string, etag: string): Promise<Readable> {
  return await withWorkspace(async (workspace) => {
    const file = join(workspace, "report");
    await lake.download(key, file, etag);
    // The open file outlives its folder, which is removed now.
    const handle = await open(file);
    return handle.createReadStream();
  });
}

function quoteEtag(etag: string): string {
  return `"${etag.replace(/[^\x21\x23-\x7E]/g, "")}"`;
}

/** `If-None-Match` by RFC 9110: `*`, or a list of tags, weak or not. */
function isKnown(header: string | undefined, etag: string): boolean {
  const tags = (header ?? "").split(",").map((tag) => tag.trim().replace(/^W\//, ""));
  return tags.includes(etag) || tags.includes("*");
}
