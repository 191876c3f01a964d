import { createServer, request, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";

/**
 * What goes wrong: a failure in the answer's place, a connection reset before the server hears of it, an answer that is
 * lost, ends before its end, has other words in it, comes late (milliseconds), or a request delivered twice.
 */
export type Fault =
  | { status: number }
  | { reset: true }
  | { lose: true }
  | { cutAfter: number }
  | { edit: (body: string) => string }
  | { delay: number }
  | { twice: true };

/** Decides for each request; `url` as the client sent it. */
export type Faults = (request: { method: string; url: string; headers: IncomingHttpHeaders }) => Fault | undefined;

export interface Proxy {
  endpoint: string;
  close(): Promise<void>;
}

/** How answers differ from the server's, whether or not something goes wrong. */
export interface Habits {
  /** ETags of single objects are weak, as proxies make them that compress; listings keep theirs. */
  weakEtags?: boolean;
}

/** An HTTP proxy on loopback before an S3 server. The Host header goes through as it is, since signatures cover it. */
export async function startProxy(server: string, faults: Faults, habits: Habits = {}): Promise<Proxy> {
  const proxy = createServer((incoming, outgoing) => {
    if (habits.weakEtags) weakenEtags(outgoing);
    forward(server, faults, incoming, outgoing);
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const address = proxy.address();
  if (address === null || typeof address === "string") throw new Error("the proxy has no port");
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    close: () =>
      new Promise<void>((resolve) => {
        proxy.close(() => resolve());
        proxy.closeAllConnections();
      }),
  };
}

function weakenEtags(outgoing: ServerResponse): void {
  const write = outgoing.writeHead.bind(outgoing) as (status: number, headers?: unknown) => ServerResponse;
  outgoing.writeHead = (status: number, headers?: unknown) => write(status, weakened(headers));
}

/** Raw headers are names and values in turn; others an object. */
function weakened(headers: unknown): unknown {
  const weak = (name: unknown, value: unknown): unknown => (String(name).toLowerCase() === "etag" && !String(value).startsWith("W/") ? `W/${String(value)}` : value);
  if (Array.isArray(headers)) return headers.map((value: unknown, index) => (index % 2 === 0 ? value : weak(headers[index - 1], value)));
  if (typeof headers !== "object" || headers === null) return headers;
  return Object.fromEntries(Object.entries(headers).map(([name, value]: [string, unknown]) => [name, weak(name, value)]));
}

function forward(server: string, faults: Faults, incoming: IncomingMessage, outgoing: ServerResponse): void {
  const { method = "GET", url = "/", headers } = incoming;
  const fault = faults({ method, url, headers });
  if (fault !== undefined && "status" in fault) {
    incoming.resume();
    outgoing.writeHead(fault.status, { "content-length": 0 }).end();
    return;
  }
  if (fault !== undefined && "reset" in fault) {
    incoming.socket.resetAndDestroy();
    return;
  }
  if (fault !== undefined && "twice" in fault) {
    void deliverTwice(server, incoming, outgoing);
    return;
  }
  const { hostname, port } = new URL(server);
  const upstream = request({ hostname, port, method, path: url, headers, agent: false }, (answer) => {
    if (fault === undefined) {
      outgoing.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      answer.pipe(outgoing);
      return;
    }
    void spoil(fault, answer, outgoing);
  });
  upstream.once("error", () => outgoing.destroy());
  incoming.pipe(upstream);
}

/** As a network does that believes the first copy to be lost; the client gets the answer to the second. */
async function deliverTwice(server: string, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  try {
    const body = await buffer(incoming);
    await deliver(server, incoming, body);
    const { status, headers, body: answer } = await deliver(server, incoming, body);
    outgoing.writeHead(status, headers).end(answer);
  } catch {
    outgoing.destroy();
  }
}

function deliver(server: string, { method, url, headers }: IncomingMessage, body: Buffer): Promise<{ status: number; headers: string[]; body: Buffer }> {
  const { hostname, port } = new URL(server);
  return new Promise((resolve, reject) => {
    const upstream = request({ hostname, port, method, path: url, headers, agent: false }, (answer) => {
      buffer(answer).then((bytes) => resolve({ status: answer.statusCode ?? 502, headers: answer.rawHeaders, body: bytes }), reject);
    });
    upstream.once("error", reject);
    upstream.end(body);
  });
}

async function spoil(fault: Fault, answer: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const body = await buffer(answer);
  if ("lose" in fault) outgoing.destroy();
  else if ("delay" in fault) {
    setTimeout(() => outgoing.writeHead(answer.statusCode ?? 502, answer.rawHeaders).end(body), fault.delay);
  }
  else if ("cutAfter" in fault) {
    const { "transfer-encoding": _, ...headers } = answer.headers;
    outgoing.writeHead(answer.statusCode ?? 502, { ...headers, "content-length": body.length });
    outgoing.write(body.subarray(0, fault.cutAfter), () => outgoing.destroy());
  } else if ("edit" in fault) {
    const edited = Buffer.from(fault.edit(body.toString()));
    outgoing.writeHead(answer.statusCode ?? 502, { "content-type": "application/xml", "content-length": edited.length });
    outgoing.end(edited);
  }
}
