import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { html } from "hono/html";
import { z } from "zod";
import { selectionOf } from "../../jobs/archive/hold-selection.ts";
import { describeHold, type HoldWithCopies } from "../../jobs/archive/legal-holds.ts";
import type { Hold } from "../archive/retention/hold.ts";
import type { Html } from "../chargeback/page/html-cells.ts";
import { visibleText } from "../chargeback/visible-text.ts";
import { isCallerMistake, LedgerError } from "../errors.ts";
import { answerText } from "./answers.ts";
import { decodeHeader, foldLogin } from "./login.ts";
import { answerPage } from "./page.ts";

/** What can be done about legal holds. */
export interface HoldDesk {
  /** Lower-case logins of those who may change holds; null: nobody was named. */
  holders: ReadonlySet<string> | null;
  /** Who is at this machine, where nobody comes in through a proxy. */
  localUser: string;
  list: () => Promise<HoldWithCopies[]>;
  add: (wish: Pick<Hold, "selection" | "reason" | "by">) => Promise<HoldWithCopies>;
  release: (wish: Pick<Hold, "id" | "reason" | "by">) => Promise<HoldWithCopies>;
}

const reason = z.string().trim().min(1);
const text = z.string().min(1).optional();
const newHold = z.strictObject({ caller: text, session: text, instance: text, from: text, to: text, reason });
const newRelease = z.strictObject({ reason });

/**
 * `/archive/holds`: GET shows all there are or were, as a page or as JSON; POST adds one. POST to `/archive/holds/<id>/release` ends it.
 * Bodies are JSON. Who did it is the login that tailscale serve vouches for, and stands in the archive's chain.
 * @param allow who is let in; null where only this machine is.
 */
export function serveHolds(app: FastifyInstance, desk: HoldDesk, allow: ReadonlySet<string> | null): void {
  app.get("/archive/holds", async (request, reply) => {
    const holds = await desk.list();
    if (request.headers.accept?.includes("text/html")) return await answerPage(reply, "Legal holds", renderHolds(holds));
    return await reply.send({ holds: holds.map(describeHold) });
  });
  app.post("/archive/holds", async (request, reply) =>
    await change(request, reply, newHold, async ({ reason: why, instance, from, to, caller, session }, by) => {
      const selection = selectionOf({
        ...(caller !== undefined && { caller }),
        ...(session !== undefined && { session }),
        ...(instance !== undefined && { gateway: instance }),
        ...(from !== undefined && { from }),
        ...(to !== undefined && { to }),
      });
      return await desk.add({ selection, reason: why, by });
    }));
  app.post<{ Params: { id: string } }>("/archive/holds/:id/release", async (request, reply) =>
    await change(request, reply, newRelease, async ({ reason: why }, by) => await desk.release({ id: request.params.id, reason: why, by })));

  async function change<Wish>(request: FastifyRequest, reply: FastifyReply, shape: z.ZodType<Wish>, act: (wish: Wish, by: string) => Promise<HoldWithCopies>): Promise<FastifyReply> {
    const by = whoAsks(request, desk, allow);
    if (by === undefined) return answerText(reply, 403, "this login may not change holds: http.holds in the configuration says who may");
    const wish = shape.safeParse(request.body);
    if (!wish.success) return answerText(reply, 400, z.prettifyError(wish.error));
    try {
      return await reply.send(describeHold(await act(wish.data, by)));
    } catch (error) {
      if (!(error instanceof LedgerError) || !isCallerMistake(error)) throw error;
      return answerText(reply, error.code === "hold_unknown" ? 404 : 400, `${error.code}: ${error.message}\n${error.remedy}`);
    }
  }
}

/** Undefined for those who may not. The guard has let the request in, so there is one login or, without an allow list, none. */
function whoAsks({ raw }: FastifyRequest, { holders, localUser }: HoldDesk, allow: ReadonlySet<string> | null): string | undefined {
  if (allow === null) return localUser;
  const [header = ""] = raw.headersDistinct["tailscale-user-login"] ?? [];
  const login = foldLogin(decodeHeader(header.trim()) ?? "");
  return holders?.has(login) ? login : undefined;
}

function renderHolds(holds: readonly HoldWithCopies[]): Html {
  if (holds.length === 0) return html`<p>There are none, and never were.</p>`;
  return html`<ul>${holds.map((hold) => html`<li><span>${describeMeant(hold)}: ${visibleText(hold.reason)}</span> <span class="quiet">${describeState(hold)}</span></li>`)}</ul>`;
}

function describeMeant({ id, selection }: HoldWithCopies): string {
  const meant = Object.entries(selection).flatMap(([name, value]) => (value === null ? [] : [`${name} ${visibleText(value)}`]));
  return `${id}, ${meant.join(", ")}`;
}

function describeState({ by, at, released, copies }: HoldWithCopies): string {
  const since = `since ${at} by ${visibleText(by)}, ${String(copies)} ${copies === 1 ? "copy" : "copies"}`;
  return released === null ? since : `${since}; released ${released.at} by ${visibleText(released.by)}: ${visibleText(released.reason)}`;
}
