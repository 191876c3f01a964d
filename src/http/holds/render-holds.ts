import { html } from "hono/html";
import type { HoldPreview } from "../../archive/preview-hold.ts";
import type { Hold } from "../../archive/retention/hold.ts";
import { formatCount, type Html, showName } from "../../chargeback/page/cells.ts";
import { shownText, visibleText } from "../../ledger/text/visible-text.ts";
import { type Actor, describeActor } from "./hold-desk.ts";
import type { HoldWish } from "./read-wish.ts";

/** The written fields of a form, to fill it in again. */
export type Written = Readonly<Partial<Record<keyof HoldWish, string | undefined>>>;

/** All holds; above them a form for an actor who may place one. @param actor undefined for somebody who may only read */
export function renderHolds(holds: readonly Hold[], actor: Actor | undefined): Html {
  return html`${actor === undefined ? html`<p class="quiet">Only the logins in <code>http.holds</code> may place and release holds.</p>` : html`<h2 id="new">Place a hold</h2>
${renderForm({}, actor)}`}
<h2 id="all">All holds</h2>
${holds.length === 0 ? html`<p>There are none, and never were.</p>` : html`<ul>${holds.map((hold) => html`<li><span><a href="${pathOfHold(hold)}">${visibleText(hold.id)}</a>, ${describeMeant(hold)}: ${visibleText(hold.reason)}</span> <span class="quiet">${describeState(hold)}</span></li>
`)}</ul>`}`;
}

export function pathOfHold({ id }: Pick<Hold, "id">): string {
  return `/archive/holds/${encodeURIComponent(id)}`;
}

const FIELDS = [
  { name: "caller", title: "Caller", hint: "a login, or all tags of a device joined by commas" },
  { name: "session", title: "Session", hint: "" },
  { name: "instance", title: "Gateway", hint: "" },
  { name: "from", title: "From", hint: "2026-10-05, a day in UTC, or a time" },
  { name: "to", title: "To", hint: "until the end of that day" },
] as const satisfies readonly { name: keyof HoldWish; title: string; hint: string }[];

/** A form that leads to the preview. */
export function renderForm(written: Written, actor: Actor): Html {
  return html`<form method="post" action="/archive/holds/preview">
<p class="quiet">Give at least one of caller, session, gateway, from and to: the hold covers the records that match all of them. The next page shows what that is before anything is recorded.</p>
${field({ name: "reason", title: "Matter and reason", hint: "one line; the archive’s chain keeps it", value: written.reason, isRequired: true })}
<div class="beside">${FIELDS.map(({ name, title, hint }) => field({ name, title, hint, value: written[name] }))}</div>
<p class="quiet">It will be placed by ${describeActor(actor)}.</p>
<button>Preview</button>
</form>`;
}

function field({ name, title, hint, value = "", isRequired = false }: { name: string; title: string; hint: string; value?: string | undefined; isRequired?: boolean }): Html {
  return html`<div><label for="${name}">${title}${hint === "" ? "" : html` <span class="quiet">${hint}</span>`}</label>
<input id="${name}" name="${name}" value="${value}" maxlength="1000"${isRequired ? html` required` : ""}></div>
`;
}

/** What a hold would cover, and the button that places it. */
export function renderPreview({ requests, callers, callerCount, copies, gateways, unbuiltDays }: HoldPreview, written: Written, actor: Actor): Html {
  const hidden = [...FIELDS.map(({ name }) => name), "reason" as const].flatMap((name) => (written[name] === undefined ? [] : [html`<input type="hidden" name="${name}" value="${written[name]}">`]));
  return html`<p>${FIELDS.flatMap(({ name, title }) => (written[name] === undefined ? [] : [html`${title} ${showName(written[name])}. `]))}Matter: ${shownText(written.reason ?? "", 1000)}</p>
<dl class="stats">
<div><dt>Requests</dt><dd>${formatCount(requests)}</dd></div>
<div><dt>Copies in the archive</dt><dd>${formatCount(copies.length)}</dd></div>
<div><dt>Callers</dt><dd>${formatCount(callerCount)}</dd></div>
<div><dt>Gateways</dt><dd>${formatCount(gateways.length)}</dd></div>
</dl>
${copies.length === 0 ? html`<div class="notice warn" role="note"><p>No ingested record matches it so far. Check that every value is spelt as in the usage table. A hold also covers records that arrive later.</p></div>` : ""}
${unbuiltDays === 0 ? "" : html`<p class="quiet">Requests of ${formatCount(unbuiltDays)} days are not counted, because these days are not built.</p>`}
${renderNames("Callers with most requests", callers.map(({ caller, requests: own }) => html`<span>${showName(caller)}</span> <span class="quiet">${formatCount(own)}</span>`), callerCount)}
${renderNames("First copies", copies.slice(0, 5).map((key) => html`<span>${showName(key)}</span>`), copies.length)}
<form method="post" action="/archive/holds">
${hidden}
<p class="quiet">It will be placed by ${describeActor(actor)}, and recorded for as long as the archive exists.</p>
<button>Place this hold</button>
</form>
<h2 id="change">Change it</h2>
${renderForm(written, actor)}`;
}

function renderNames(title: string, items: readonly Html[], count: number): Html | string {
  if (items.length === 0) return "";
  const rest = count - items.length;
  return html`<h2>${title}</h2>
<ul>${items.map((item) => html`<li>${item}</li>
`)}${rest === 0 ? "" : html`<li class="quiet">and ${formatCount(rest)} more</li>`}</ul>`;
}

/** One hold; with a form that releases it for an actor who may. @param notice what happened just now @param written the reason of a form that was refused */
export function renderHold(hold: Hold, actor: Actor | undefined, notice?: Html, written?: string): Html {
  return html`${notice ?? ""}
<p>${describeMeant(hold)}</p>
<p>${visibleText(hold.reason)}</p>
<p class="quiet">${describeState(hold)}</p>
<p class="quiet">Gateways: ${hold.instances.map((instance, index) => html`${index === 0 ? "" : ", "}${showName(instance)}`)}</p>
${actor === undefined || hold.released !== null || hold.isHidden ? "" : html`<h2 id="release">Release it</h2>
<form method="post" action="${pathOfHold(hold)}/release">
${field({ name: "reason", title: "Reason", hint: "one line; the archive’s chain keeps it", value: written, isRequired: true })}
<p class="quiet">It will be released by ${describeActor(actor)}. What no other hold covers may then be purged by retention.</p>
<button>Release this hold</button>
</form>`}`;
}

/** A form whose content was refused. */
export function renderMistake(message: string, remedy: string): Html {
  return html`<div class="notice warn" role="alert"><p>${shownText(message, 400)}</p>${remedy === "" ? "" : html`<p>${shownText(remedy, 400)}</p>`}</div>`;
}

function describeMeant({ selection }: Pick<Hold, "selection">): string {
  return Object.entries(selection).flatMap(([name, value]) => (value === null ? [] : [`${name} ${visibleText(value)}`])).join(", ");
}

function describeState({ at, released, ...made }: Hold): string {
  const since = `since ${at} by ${describeActor(made)}`;
  return released === null ? since : `${since}; released ${released.at} by ${describeActor(released)}: ${visibleText(released.reason)}`;
}
