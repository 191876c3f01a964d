import { z } from "zod";

const HOST = /^(?:[a-z0-9-]+(?:\.[a-z0-9-]+)*|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i;

/** `http:` what a worker shows, where, and to whom. */
export const httpSection = z
  .strictObject({
    host: z.string().min(1).default("127.0.0.1").describe("address to listen on; any but loopback takes an allow list"),
    port: z.int().min(0).max(65535).optional().describe("0 chooses a free one; with a socket it answers /healthz only"),
    socket: z.string().startsWith("/", "an absolute path").optional().describe("unix socket to listen on, for tailscale serve unix:/path: its permissions say who may name a login"),
    socket_mode: z.string().regex(/^0?[0-7]{3}$/, "permissions such as 0660").default("0600").describe("permissions of the socket; root may always write to it"),
    allow: z
      .array(z.string().regex(/^(?:group:)?[^\s,]+$/, "a login, or group:name of the tailnet policy"))
      .min(1)
      .optional()
      .describe("who is let in behind tailscale serve: logins, and groups of directory.policy"),
    hosts: z
      .array(z.string().regex(HOST, "a host as browsers send it: ledger.tail1234.ts.net, with a port only where the address has one"))
      .min(1)
      .optional()
      .describe("hosts that the worker is reached under, beside localhost; without it any name that ends in .ts.net"),
    secret_file: z.string().min(1).optional().describe("path of the secret that the proxy sends as Aperture-Ledger-Secret; else from APERTURE_LEDGER_HTTP_SECRET"),
    holds: z.array(z.email()).min(1).optional().describe("who of them may add and release legal holds; without it nobody may over HTTP"),
  })
  .optional()
  .describe("health, metrics, jobs and reports of a worker, for browsers and Prometheus");
