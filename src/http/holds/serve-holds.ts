import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { html } from "hono/html";
import type { Logger } from "pino";
import { z } from "zod";
import { parseReason } from "../../archive/hold-reason.ts";
import { holdToJson, type HoldChange } from "../../archive/legal-holds.ts";
import type { Html } from "../../chargeback/page/cells.ts";
import { isCallerMistake, LedgerError } from "../../ledger/errors.ts";
import { type Admission, howLoginIsKnown, type Way } from "../admission.ts";
import { answerMissing, answerText } from "../answers.ts";
import { decodeHeader, foldLogin } from "../login.ts";
import { answerPage } from "../page.ts";
import type { Actor, HoldDesk } from "./hold-desk.ts";
import { describeIssues, newHold, newRelease, readForm, selectionOf } from "./read-wish.ts";
import { pathOfHold, renderForm, renderHold, renderHolds, renderMistake, renderPreview, type Written } from "./render-holds.ts";

/** A request has a few lines; the longest reason has a thousand characters. */
const BODY_BYTES = 16_384;
const FORM = "application/x-www-form-urlencoded";
const FORMS = { forms: true } as const;

/**
 * `/archive/holds`: GET lists all holds, past ones too, as a page or as JSON; POST adds one. POST to `/archive/holds/<id>/release` ends one. Bodies
 * are JSON, which is answered with JSON, or forms of these pages, which are answered with pages. The archive's chain records who did it and how
 * that is known. Once the chain has recorded it the answer says so, even if a later step fails; repeating the request changes nothing.
 */
export async function serveHolds(app: FastifyInstance, desk: HoldDesk, admission: Admission, wayOf: (request: FastifyRequest) => Way, log: Logger): Promise<void> {
  const actorOf = (request: FastifyRequest): Actor | undefined => whoAsks(request, desk, admission, wayOf(request));
  await app.register((scope, _options, done) => {
    scope.addContentTypeParser(FORM, { parseAs: "string", bodyLimit: BODY_BYTES }, (_request, body, parsed) => parsed(null, readForm(String(body))));
    scope.get("/archive/holds", async (request, reply) => {
      const holds = await desk.list();
      if (wantsPage(request)) return await answerPage(reply, "Legal holds", renderHolds(holds, actorOf(request)), FORMS);
      return await reply.send({ holds: holds.map(holdToJson) });
    });
    scope.get<{ Params: { id: string } }>("/archive/holds/:id", async (request, reply) => {
      const hold = (await desk.list()).find(({ id }) => id === request.params.id);
      if (hold === undefined) return answerMissing(reply);
      if (wantsPage(request)) return await answerPage(reply, `Legal hold ${hold.id}`, renderHold(hold, actorOf(request)), FORMS);
      return await reply.send(holdToJson(hold));
    });
    scope.post("/archive/holds/preview", { bodyLimit: BODY_BYTES }, async (request, reply) =>
      await change(request, reply, newHold, newAgain, async (wish, actor) => {
        parseReason(wish.reason);
        return await answerPage(reply, "Preview of a legal hold", renderPreview(await desk.preview(selectionOf(wish)), wish, actor), FORMS);
      }));
    scope.post("/archive/holds", { bodyLimit: BODY_BYTES }, async (request, reply) =>
      await change(request, reply, newHold, newAgain, async (wish, actor) => await answerChange(request, reply, await desk.add({ selection: selectionOf(wish), reason: parseReason(wish.reason), ...actor }))));
    scope.post<{ Params: { id: string } }>("/archive/holds/:id/release", { bodyLimit: BODY_BYTES }, async (request, reply) =>
      await change(request, reply, newRelease, async (...refused) => await releaseAgain(request.params.id, ...refused), async ({ reason }, actor) => await answerChange(request, reply, await desk.release({ id: request.params.id, reason: parseReason(reason), ...actor }))));
    done();
  });

  async function change<Wish extends object>(request: FastifyRequest, reply: FastifyReply, shape: z.ZodType<Wish>, again: Again, act: (wish: Wish, actor: Actor) => Promise<FastifyReply>): Promise<FastifyReply> {
    const actor = actorOf(request);
    if (actor === undefined) return answerText(reply, 403, "this login may not change holds: http.holds in the configuration says who may");
    if (isForm(request) && !saysWhereFrom(request)) return answerText(reply, 403, "the browser does not say which page the form is from: use a current browser, or send JSON");
    const wish = shape.safeParse(request.body);
    if (!wish.success) return await refuse(request, reply, { status: 400, message: describeIssues(wish.error), remedy: "" }, { again, actor });
    try {
      return await act(wish.data, actor);
    } catch (error) {
      if (!(error instanceof LedgerError) || !isCallerMistake(error)) throw error;
      return await refuse(request, reply, { status: error.code === "hold_unknown" ? 404 : 400, code: error.code, message: error.message, remedy: error.remedy }, { again, actor });
    }
  }

  /** Back to the hold whose release was refused, if there is one. */
  async function releaseAgain(id: string, mistake: Html, { reason }: Written, actor: Actor): Promise<Shown> {
    const hold = (await desk.list()).find((one) => one.id === id);
    if (hold === undefined) return { title: "Legal holds", body: html`${mistake}<p><a href="/archive/holds">All holds</a></p>` };
    return { title: `Legal hold ${hold.id}`, body: renderHold(hold, actor, mistake, reason) };
  }

  /** 200 if all is done, 202 if it is recorded and a later step failed. A form is answered with the way to the hold, so that reloading sends nothing again. */
  async function answerChange(request: FastifyRequest, reply: FastifyReply, hold: HoldChange): Promise<FastifyReply> {
    if (hold.failed !== undefined) log.error({ hold: hold.id, err: hold.failed }, "recorded, but a later step failed");
    const failed = hold.failed === undefined ? undefined : describeFailure(hold.failed);
    if (isForm(request)) {
      if (failed === undefined) return await reply.redirect(pathOfHold(hold), 303);
      return await answerPage(reply.code(202), `Legal hold ${hold.id}`, renderHold(hold, undefined, renderMistake(`It is recorded and in force, but a later step failed: ${failed.message}`, REPEAT)), FORMS);
    }
    const told = { ...holdToJson(hold), recorded: true, repeated: hold.repeated };
    return failed === undefined ? await reply.send(told) : await reply.code(202).send({ ...told, failed, remedy: REPEAT });
  }
}

interface Refused {
  status: number;
  code?: string;
  message: string;
  remedy: string;
}

interface Shown {
  title: string;
  body: Html;
}

/** The page of a form that was refused, with what is wrong with it and as it was filled in. */
type Again = (mistake: Html, written: Written, actor: Actor) => Promise<Shown>;

const newAgain: Again = (mistake, written, actor) => Promise.resolve({ title: "Legal holds", body: html`${mistake}
${renderForm(written, actor)}` });

async function refuse(request: FastifyRequest, reply: FastifyReply, { status, code, message, remedy }: Refused, { again, actor }: { again: Again; actor: Actor }): Promise<FastifyReply> {
  if (!isForm(request)) return answerText(reply, status, [`${code === undefined ? "" : `${code}: `}${message}`, remedy].filter((line) => line !== "").join("\n"));
  const written = z.record(z.string(), z.string()).catch({}).parse(request.body);
  const { title, body } = await again(renderMistake(message, remedy), written, actor);
  return await answerPage(reply.code(status), title, body, FORMS);
}

const REPEAT = "it is in force already: send the same request again, or leave the rest to the daily retention job";

function wantsPage(request: FastifyRequest): boolean {
  return request.headers.accept?.includes("text/html") === true;
}

function isForm(request: FastifyRequest): boolean {
  return request.headers["content-type"]?.split(";", 1)[0]?.trim().toLowerCase() === FORM;
}

/** The guard refused other sites by these headers; any site's page could send a form without them. */
function saysWhereFrom({ headers }: FastifyRequest): boolean {
  return headers.origin !== undefined || headers["sec-fetch-site"] !== undefined;
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
