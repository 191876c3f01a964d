import { createServer, request, type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import type { S3Service } from "./ceph.ts";
import { listBehind, listByHash } from "./list-by-hash.ts";
import { resign, type SignedRequest } from "./resign.ts";

/** What sets a store apart from the S3 server behind it. */
export interface Habits {
  /** `weak`: calls them so, and `If-Match` never true of one, as RFC 9110 has it. `bare`: without quotes. */
  etags?: "weak" | "bare" | "ignores if-match";
  /** Lists by a hash of the key, so many at once, and takes `start-after` for a position in that order. */
  listing?: { pageSize: number; onlyFolders?: boolean };
  /** `ignored`: a conditional write replaces what is there. `not implemented`: it is refused with 501. */
  conditions?: "ignored" | "not implemented";
  /** So many conditional writes of each key meet another one: 409, to be tried again. Many stores answer so, most of all where objects can be locked. */
  conflicts?: number;
  /** Writes whose digests it refuses to be without, or does not know. */
  digests?: "required" | "only md5";
  /** Refuses requests that name the bucket in the path; this is the host's name behind the bucket's. */
  host?: string;
}

export interface StoreLike {
  endpoint: string;
  /** Paths of the requests that came, with their methods. */
  requests: string[];
  close(): Promise<void>;
}

/** A server on loopback that passes requests on to a real S3 server, signed anew, and behaves as another store does. */
export async function startStoreLike(service: S3Service, habits: Habits): Promise<StoreLike> {
  const requests: string[] = [];
  const conflicts = new Map<string, number>();
  const listed: Listed = new Map();
  const standIn = createServer((incoming, outgoing) => {
    requests.push(`${incoming.method ?? ""} ${incoming.url ?? ""}`);
    if (incoming.method === "PUT" && incoming.headers["if-none-match"] !== undefined) {
      const met = conflicts.get(incoming.url ?? "") ?? 0;
      conflicts.set(incoming.url ?? "", met + 1);
      // Of two keys: further ones would be waited for in the same way, for seconds each.
      if (met < (habits.conflicts ?? 0) && conflicts.size <= 2) {
        incoming.resume();
        return refuse(outgoing, 409, "ConditionalRequestConflict", "The conditional request cannot succeed due to a conflicting operation against this resource.");
      }
    }
    if (incoming.method !== "GET" && incoming.method !== "HEAD") {
      listed.clear();
      // Before whoever wrote can ask again, and also where the answer did not get through.
      for (const event of ["finish", "close"]) outgoing.once(event, () => listed.clear());
    }
    answer(service, habits, listed, incoming, outgoing).catch(() => outgoing.destroy());
  });
  await new Promise<void>((resolve) => standIn.listen(0, "127.0.0.1", resolve));
  const address = standIn.address();
  if (address === null || typeof address === "string") throw new Error("the stand-in has no port");
  return {
    endpoint: `http://${habits.host ?? "127.0.0.1"}:${address.port}`,
    requests,
    close: () =>
      new Promise<void>((resolve) => {
        standIn.close(() => resolve());
        standIn.closeAllConnections();
      }),
  };
}

/** What is below each prefix. A listing by small pages asks for the same again and again; a write makes it unknown. */
type Listed = Map<string, ReturnType<typeof listBehind>>;

async function answer(service: S3Service, habits: Habits, listed: Listed, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const body = await buffer(incoming);
  const asked = withBucket(incoming, habits.host);
  if (asked === undefined) return refuse(outgoing, 403, "SecondLevelDomainForbidden", "The bucket must be addressed using OSS third level domain.");
  const { method, headers } = asked;
  const { pathname, searchParams } = new URL(asked.url, service.endpoint);
  if (habits.listing !== undefined && searchParams.get("list-type") === "2") {
    if (habits.listing.onlyFolders && !/^$|\/$/.test(searchParams.get("prefix") ?? "")) return refuse(outgoing, 400, "InvalidRequest", "This bucket does not support a prefix that does not end in a delimiter.");
    const [bucket, prefix] = [pathname.split("/")[1] ?? "", searchParams.get("prefix") ?? ""];
    const objects = listed.get(`${bucket}/${prefix}`) ?? listBehind(service, bucket, prefix);
    listed.set(`${bucket}/${prefix}`, objects);
    outgoing.writeHead(200, { "content-type": "application/xml" }).end(listByHash(await objects, habits.listing.pageSize, searchParams));
    return;
  }
  if (method === "PUT" && headers["if-none-match"] !== undefined) {
    if (habits.conditions === "not implemented") return refuse(outgoing, 501, "NotImplemented", "A header you provided implies functionality that is not implemented.");
    if (habits.conditions === "ignored") delete headers["if-none-match"];
  }
  const checksums = Object.keys(headers).filter((name) => /^x-amz-(sdk-)?checksum-/.test(name));
  if (habits.digests === "only md5" && checksums.length > 0) return refuse(outgoing, 501, "NotImplemented", `Header '${checksums[0] ?? ""}' with value not implemented`);
  if (habits.digests === "required" && method === "PUT" && headers["content-md5"] === undefined && checksums.length === 0) return refuse(outgoing, 400, "InvalidRequest", "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters");
  if (habits.etags === "weak" && headers["if-match"] !== undefined) return refuse(outgoing, 412, "PreconditionFailed", "At least one of the preconditions did not hold.");
  if (habits.etags === "ignores if-match") delete headers["if-match"];
  passOn(service, resign(asked, service.endpoint, service), body, habits, outgoing);
}

/** The request with the bucket in its path; undefined where the host's name does not begin with it, and has to. */
function withBucket({ method = "GET", url = "/", headers }: IncomingMessage, host: string | undefined): SignedRequest | undefined {
  if (host === undefined) return { method, url, headers: { ...headers } };
  const name = (headers.host ?? "").replace(/:\d+$/, "");
  if (!name.endsWith(`.${host}`)) return undefined;
  return { method, url: `/${name.slice(0, -host.length - 1)}${url}`, headers: { ...headers } };
}

function passOn({ endpoint }: S3Service, { method, url, headers }: SignedRequest, body: Buffer, { etags }: Habits, outgoing: ServerResponse): void {
  const { hostname, port } = new URL(endpoint);
  const upstream = request({ hostname, port, method, path: url, headers, agent: false }, (got) => {
    const told: OutgoingHttpHeaders = { ...got.headers };
    if (etags === "weak" && got.headers.etag !== undefined) told["etag"] = `W/${got.headers.etag}`;
    if (etags === "bare" && got.headers.etag !== undefined) told["etag"] = got.headers.etag.replaceAll('"', "");
    outgoing.writeHead(got.statusCode ?? 502, told);
    got.pipe(outgoing);
  });
  upstream.once("error", () => outgoing.destroy());
  upstream.end(body);
}

function refuse(outgoing: ServerResponse, status: number, code: string, message: string): void {
  const body = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  outgoing.writeHead(status, { "content-type": "application/xml", "content-length": Buffer.byteLength(body) }).end(body);
}
