import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { onTestFinished } from "vitest";

/** What a receiver does with a message after it has read it. */
export type Behaviour = number | "hang" | "close" | "redirect" | "endless" | "silent body";

export interface Received {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface Receiver {
  url: string;
  received: Received[];
}

/** A receiver of alerts on loopback until the test is over; `behave` says what it does with each message, by how many came before. */
export async function startReceiver(behave: (count: number) => Behaviour = () => 200): Promise<Receiver> {
  const received: Received[] = [];
  const server = createServer((request, response) => void take(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the receiver has no port");
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  return { url: `http://127.0.0.1:${String(address.port)}/hook`, received };

  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    const behaviour = behave(received.length);
    received.push({ path: request.url ?? "", headers: request.headers, body });
    if (behaviour === "close") request.socket.destroy();
    else if (behaviour === "redirect") response.writeHead(302, { location: "/elsewhere" }).end();
    else if (behaviour === "silent body") response.writeHead(200).flushHeaders();
    else if (behaviour === "endless") pour(response);
    else if (behaviour !== "hang") response.writeHead(behaviour).end("taken");
  }
}

function pour(response: ServerResponse): void {
  const chunk = Buffer.alloc(65_536, "x");
  const more = (): void => {
    while (!response.destroyed && response.write(chunk));
  };
  response.writeHead(200).on("drain", more);
  more();
}

/** Where nobody listens any more. */
export async function closedUrl(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise<void>((resolve) => void server.close(() => resolve()));
  if (address === null || typeof address === "string") throw new Error("the server had no port");
  return `http://127.0.0.1:${String(address.port)}/hook`;
}
