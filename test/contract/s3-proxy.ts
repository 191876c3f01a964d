import { createServer, request, type IncomingMessage, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";

/** What goes wrong with an answer: a failure in its place, none at all, an end before its end, or other words in it. */
export type Fault = { status: number } | { lose: true } | { cutAfter: number } | { edit: (body: string) => string };

/** Decides for each request; `url` as the client sent it. */
export type Faults = (request: { method: string; url: string }) => Fault | undefined;

export interface Proxy {
  endpoint: string;
  close(): Promise<void>;
}

/** An HTTP proxy on loopback before an S3 server. The Host header goes through as it is, since signatures cover it. */
export async function startProxy(server: string, faults: Faults): Promise<Proxy> {
  const proxy = createServer((incoming, outgoing) => forward(server, faults, incoming, outgoing));
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

function forward(server: string, faults: Faults, incoming: IncomingMessage, outgoing: ServerResponse): void {
  const { method = "GET", url = "/", headers } = incoming;
  const fault = faults({ method, url });
  if (fault !== undefined && "status" in fault) {
    incoming.resume();
    outgoing.writeHead(fault.status, { "content-length": 0 }).end();
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

async function spoil(fault: Fault, answer: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const body = await buffer(answer);
  if ("lose" in fault) outgoing.destroy();
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
