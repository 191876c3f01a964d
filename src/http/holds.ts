import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { html } from "hono/html";
import type { Logger } from "pino";
import { z } from "zod";
import type { KnownBy } from "../archive/chain/event.ts";
import { parseReason } from "../archive/hold-reason.ts";
import { parseSelection } from "../archive/hold-selection.ts";
import { holdToJson, type HoldChange } from "../archive/legal-holds.ts";
import type { Hold } from "../archive/retention/hold.ts";
import type { Html } from "../chargeback/page/cells.ts";
import { isCallerMistake, LedgerError } from "../ledger/errors.ts";
import { visibleText } from "../ledger/text/visible-text.ts";
import type { Admission, Way } from "./admission.ts";
import { answerText } from "./answers.ts";
import { decodeHeader, foldLogin } from "./login.ts";
import { answerPage } from "./page.ts";

/** What HTTP clients can do with legal holds. */
export interface HoldDesk {
  /** Lower-case logins that may change holds; null if the configuration names none. */
  holders: ReadonlySet<string> | null;
  /** The user of this machine, for requests that come without a proxy. */
  localUser: string;
  /** Reads only the chains, and no table. */
  list: () => Promise<Hold[]>;
  add: (wish: Pick<Hold, "selection" | "reason" | "by" | "known">) => Promise<HoldChange>;
  release: (wish: Pick<Hold, "id" | "reason" | "by" | "known">) => Promise<HoldChange>;
}

type Actor = Pick<Hold, "by" | "known">;

/** A request has a few lines; the longest reason has a thousand characters. */
const BODY_BYTES = 16_384;

const text = z.string().min(1).max(1000).optional();
const newHold = z.strictObject({ caller: text, session: text, instance: text, from: text, to: text, reason: z.string() });
const newRelease = z.strictObject({ reason: z.string() });

/**
 * `/archive/holds`: GET lists all holds, past ones too, as a page or as JSON; POST adds one. POST to `/archive/holds/<id>/release` ends one.
 * Bodies are JSON. The archive's chain records who did it and how that is known. Once the chain has recorded it the answer says so, even
 * if a later step fails; repeating the request changes nothing.
 */
export function serveHolds(app: FastifyInstance, desk: HoldDesk, admission: Admission, wayOf: (request: FastifyRequest) => Way, log: Logger): void {
  app.get("/archive/holds", async (request, reply) => {
    const holds = await desk.list();
    if (request.headers.accept?.includes("text/html")) return await answerPage(reply, "Legal holds", renderHolds(holds));
    return await reply.send({ holds: holds.map(holdToJson) });
  });
  app.post("/archive/holds", { bodyLimit: BODY_BYTES }, async (request, reply) =>
    await change(request, reply, newHold, async ({ reason, instance, from, to, caller, session }, actor) => {
      const selection = parseSelection({
        ...(caller !== undefined && { caller }),
        ...(session !== undefined && { session }),
        ...(instance !== undefined && { gateway: instance }),
        ...(from !== undefined && { from }),
        ...(to !== undefined && { to }),
      });
      return await desk.add({ selection, reason: parseReason(reason), ...actor });
    }));
  app.post<{ Params: { id: string } }>("/archive/holds/:id/release", { bodyLimit: BODY_BYTES }, async (request, reply) =>
    await change(request, reply, newRelease, async ({ reason }, actor) => await desk.release({ id: request.params.id, reason: parseReason(reason), ...actor })));

  async function change<Wish>(request: FastifyRequest, reply: FastifyReply, shape: z.ZodType<Wish>, act: (wish: Wish, actor: Actor) => Promise<HoldChange>): Promise<FastifyReply> {
    const actor = whoAsks(request, desk, admission, wayOf(request));
    if (actor === undefined) return answerText(reply, 403, "this login may not change holds: http.holds in the configuration says who may");
    const wish = shape.safeParse(request.body);
    if (!wish.success) return answerText(reply, 400, z.prettifyError(wish.error));
    try {
      return await answerChange(reply, await act(wish.data, actor), log);
    } catch (error) {
      if (!(error instanceof LedgerError) || !isCallerMistake(error)) throw error;
      return answerText(reply, error.code === "hold_unknown" ? 404 : 400, `${error.code}: ${error.message}\n${error.remedy}`);
    }
  }
}

/** 200 if all is done, 202 if it is recorded and a later step failed. */
async function answerChange(reply: FastifyReply, hold: HoldChange, log: Logger): Promise<FastifyReply> {
  const told = { ...holdToJson(hold), recorded: true, repeated: hold.repeated };
  if (hold.failed === undefined) return await reply.send(told);
  log.error({ hold: hold.id, err: hold.failed }, "recorded, but a later step failed");
  return await reply.code(202).send({ ...told, failed: describeFailure(hold.failed), remedy: "it is in force already: send the same request again, or leave the rest to the daily retention job" });
}

function describeFailure(failed: unknown): { code: string; message: string } {
  if (failed instanceof LedgerError) return { code: failed.code, message: failed.message };
  return { code: "internal", message: "the worker's log says why" };
}

/** Undefined for a client that may not change holds. The guard admitted the request, so it has one login or, without an allow list, none. */
function whoAsks({ raw }: FastifyRequest, { holders, localUser }: HoldDesk, { allow, secret }: Admission, way: Way): Actor | undefined {
  if (allow === null) return { by: localUser, known: "account" };
  const [header = ""] = raw.headersDistinct["tailscale-user-login"] ?? [];
  const login = foldLogin(decodeHeader(header.trim()) ?? "");
  return holders?.has(login) ? { by: login, known: howLoginIsKnown(secret !== undefined, way) } : undefined;
}

function howLoginIsKnown(hasSecret: boolean, way: Way): KnownBy {
  if (hasSecret) return "secret";
  return way === "socket" ? "socket" : "loopback";
}

function renderHolds(holds: readonly Hold[]): Html {
  if (holds.length === 0) return html`<p>There are none, and never were.</p>`;
  return html`<ul>${holds.map((hold) => html`<li><span>${describeMeant(hold)}: ${visibleText(hold.reason)}</span> <span class="quiet">${describeState(hold)}</span></li>`)}</ul>`;
}

function describeMeant({ id, selection }: Hold): string {
  const meant = Object.entries(selection).flatMap(([name, value]) => (value === null ? [] : [`${name} ${visibleText(value)}`]));
  return `${id}, ${meant.join(", ")}`;
}

function describeState({ at, released, ...made }: Hold): string {
  const since = `since ${at} by ${describeActor(made)}`;
  return released === null ? since : `${since}; released ${released.at} by ${describeActor(released)}: ${visibleText(released.reason)}`;
}

const KNOWN_BY: Readonly<Record<KnownBy, string>> = {
  loopback: "a login over loopback",
  socket: "a login over the socket",
  secret: "a login with the proxy's secret",
  account: "the worker's account",
  command: "named on the command line",
};

function describeActor({ by, known }: Actor): string {
  return known === undefined ? visibleText(by) : `${visibleText(by)} (${KNOWN_BY[known]})`;
}
