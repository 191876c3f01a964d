import { z } from "zod";
import { duration } from "./duration-section.ts";
import { has, keyRules, where } from "./key-rules.ts";

const HOST = /^(?:[a-z0-9-]+(?:\.[a-z0-9-]+)*|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i;

/** `http:` where a worker serves its pages, and who may see them. */
export const httpSection = z
  .strictObject({
    host: z.string().min(1).default("127.0.0.1").describe("Address to listen on. Any address but loopback requires `allow`."),
    port: z.int().min(0).max(65535).optional().meta({ description: "Port to listen on; 0 chooses a free one. Where `socket` is set as well, the port answers `/healthz` only.", examples: [8080] }),
    socket: z.string().startsWith("/", "an absolute path").optional().meta({ description: "Unix socket to listen on, for `tailscale serve unix:/path`. Its permissions say who may name a login.", examples: ["/run/aperture-ledger/http.sock"] }),
    socket_mode: z.string().regex(/^0?[0-7]{3}$/, "permissions such as 0660").default("0600").meta({ description: "Permissions of the socket. Root may always write to it.", examples: ["0660"] }),
    allow: z
      .array(z.string().regex(/^(?:group:)?[^\s,]+$/, "a login, or group:name of the tailnet policy"))
      .min(1)
      .optional()
      .meta({ description: "Who is let in through `tailscale serve`: logins, and groups of `directory.policy`.", examples: [["alice@example.com", "group:finance"]] }),
    teams: z
      .enum(["none", "owners", "members"])
      .default("none")
      .describe("Who else is let in, and sees the pages of their own teams and nothing else: nobody, the `owner` of each team in `directory.teams`, or its owner and its members. Requires `allow`. Team pages are then written with each report of a month."),
    hosts: z
      .array(z.string().regex(HOST, "a host as browsers send it: ledger.tail1234.ts.net, with a port only where the address has one"))
      .min(1)
      .optional()
      .meta({ description: "Hosts in the browser's address, beside localhost. Without it: any name that ends in `.ts.net`.", examples: [["ledger.tail1234.ts.net"]] }),
    secret_file: z.string().min(1).optional().meta({ description: "Path of the secret that the proxy sends as `Aperture-Ledger-Secret`. Without it: the secret in `APERTURE_LEDGER_HTTP_SECRET`.", examples: ["/etc/aperture-ledger/http-secret"] }),
    metrics: z
      .strictObject({
        port: z.int().min(0).max(65535).optional().meta({ description: "A port of its own, which answers `/metrics` and nothing else.", examples: [9464] }),
        host: z.string().min(1).default("127.0.0.1").describe("Address of that port. Any address but loopback requires a token."),
        token_file: z.string().min(1).optional().meta({ description: "Path of the bearer token that Prometheus sends. Without it: the token in `APERTURE_LEDGER_METRICS_TOKEN`.", examples: ["/etc/aperture-ledger/metrics-token"] }),
      })
      .optional()
      .describe("How Prometheus is let in without a login: at a port of its own, with a token, or both. With a token and without a port, `/metrics` of the pages answers anyone who sends it."),
    journal: z
      .union([
        z.literal(["off", false]).transform(() => "off" as const),
        z.strictObject({ keep: duration.default("13 months").describe("How long an entry is kept.") }),
      ])
      .optional()
      .meta({ description: "The journal of who read reports, holds, answers and live spending, in the lake; `off` for none. Without it: kept for 13 months where `allow` is set, else none.", examples: [{ keep: "13 months" }, "off"] }),
    holds: z.array(z.email()).min(1).optional().meta({ description: "Logins that may add and release legal holds over HTTP. Without it: nobody.", examples: [["alice@example.com"]] }),
  })
  .refine(({ teams, allow }) => teams === "none" || allow !== undefined, { path: ["teams"], message: "teams needs allow, which says who sees everything: without it only users of this machine are let in" })
  .meta(keyRules(where({ required: ["teams"], properties: { teams: { not: { const: "none" } } } }, has("allow"))))
  .optional()
  .describe("What a worker shows to browsers and Prometheus: health, metrics, jobs and reports. Without this section it shows nothing.");
