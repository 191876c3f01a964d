import { createHash } from "node:crypto";
import { html, raw } from "hono/html";
import { readExports, type GatewayVerification, type Verification } from "../../archive/verifier/verification.ts";
import { formatCount, type Html } from "../../chargeback/page/cells.ts";
import { shownText } from "../../ledger/text/visible-text.ts";
import { showCall } from "../repeat-settings.ts";
import { CERTIFICATE_STYLE } from "./certificate-style.ts";

/** What a certificate says besides the verification. */
export interface Certified {
  /** The program's. */
  version: string;
  /** Name of the machine. */
  host: string;
  /** The words of the call without `--head` and `--instance`, beginning with `archive verify`. */
  call: readonly string[];
  /** What the call gave with these flags. */
  head: string | undefined;
  instance: string | undefined;
}

/** Further findings and notes are counted only; the report has all. */
const MOST_SHOWN = 200;
/** A key has 1,024 bytes at most, and a text names a few of them. */
const LONGEST_TEXT = 4000;

/** A page that says what was verified and found: one file without script and without anything from elsewhere. The same verification gives the same bytes. */
export async function renderCertificate(verification: Verification, certified: Certified): Promise<string> {
  const { findings, notes, notChecked, gateways } = verification;
  const page = await html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>Verification of an archive, ${verification.checkedAt.slice(0, 10)}: ${verdictOf(verification).word}</title>
<style>${raw(CERTIFICATE_STYLE)}</style>
</head>
<body>
<main>
<h1>Verification of a compliance archive</h1>
${renderVerdict(verification)}
${renderWhole(verification, certified)}
${gateways.map(renderGateway)}
${section("Findings", findings.map(({ code, text }) => html`<code>${code}</code> ${show(text)}`), "Nothing was found.")}
${section("Not checked", notChecked.map(show), "Everything that this version can check was checked.")}
${section("Notes", notes.map(({ key, text }) => html`<code>${show(key)}</code> ${show(text)}`), "There are none.")}
${renderRepeat(verification, certified)}
</main>
</body>
</html>
`;
  return page.toString();
}

/** Should something get past the escaping, a browser still runs nothing and fetches nothing. */
const POLICY = ["default-src 'none'", `style-src 'sha256-${createHash("sha256").update(CERTIFICATE_STYLE).digest("base64")}'`, "base-uri 'none'", "form-action 'none'"].join("; ");

function verdictOf({ findings, notChecked }: Verification): { word: string; style: "pass" | "part" | "fail"; meaning: string } {
  if (findings.length > 0) return { word: "FAIL", style: "fail", meaning: `${count(findings.length, "finding")}. Each is listed below.` };
  if (notChecked.length > 0) return { word: "PASS IN WHAT WAS CHECKED", style: "part", meaning: "Nothing is missing or altered in what was checked. What was not checked:" };
  return { word: "PASS", style: "pass", meaning: "Nothing is missing or altered." };
}

function renderVerdict(verification: Verification): Html {
  const { word, style, meaning } = verdictOf(verification);
  return html`<div class="verdict ${style}"><strong>${word}</strong>
${meaning}${style === "part" ? html`<ul>${verification.notChecked.map((text) => html`<li>${show(text)}</li>
`)}</ul>` : ""}</div>`;
}

function renderWhole(verification: Verification, { version, host, head, instance }: Certified): Html {
  const { archive, checkedAt, publicKey, trustedKeys, sample, derived } = verification;
  const linked = trustedKeys.filter((key) => key !== publicKey);
  return facts([
    ["Archive", show(archive)],
    ["Verified at", `${checkedAt.slice(0, 19).replace("T", " ")} UTC, by the clock of that machine`],
    ["With", html`aperture-ledger ${show(version)} on the machine ${show(host)}`],
    ["Given key", html`<code>${show(publicKey)}</code>`],
    ["Keys that rotations link to it", linked.length === 0 ? "none" : list(linked.map((key) => html`<code>${show(key)}</code>`))],
    ["Extent", html`${instance === undefined ? "all gateways" : html`only the gateway ${show(instance)}`}; ${sample === null ? "the bytes of all exports" : html`the bytes of a sample of ${count(sample.exports, "export")}, seed <code>${show(sample.seed)}</code>`}`],
    ["Exports read", formatCount(readExports(verification))],
    ["Write-once", describeProtection(verification)],
    ...(head === undefined ? [] : [["Given head", html`<code>${show(head)}</code>, ${verification.findings.some(({ code }) => code === "head_missing") ? "which is in no chain" : "which is in the chain"}`] as const]),
    ["Lake", derived === null ? "none was given" : html`${show(derived.lake)}: ${count(derived.exports, "export")}, ${count(derived.days, "day")}, ${count(derived.rows, "usage row")}, ${count(derived.closes, "close")}, ${count(derived.closed_files, "closed file")}, ${count(derived.records, "record")} that decide who owes what`],
  ]);
}

function describeProtection({ objectLock, gateways }: Verification): string {
  const compared = gateways.reduce((sum, { protections }) => sum + protections, 0);
  switch (objectLock) {
    case "on":
      return `Object Lock is on; the lock or hold of ${count(compared, "object")} was compared with what was promised`;
    case "off":
      return "no: the bucket has no Object Lock, so anybody with the right to write can replace objects, which a verification then finds";
    case "none":
      return "no: this store has no locks, so anybody with the right to write can replace objects, which a verification then finds";
    default:
      return objectLock satisfies never;
  }
}

function renderGateway({ instance, digests, first, last, head, events, exports, receipts, waiting, timestamps, last_verified: before }: GatewayVerification): Html {
  const { vouched, unjudged, without } = timestamps;
  return html`<h2>Gateway ${show(instance)}</h2>
${facts([
    ["Digests", first === null ? "none: there is no chain" : `${count(digests, "digest")}, ${first} to ${last ?? first}`],
    ["Head, SHA-256", head === null ? "none" : html`<code>${head}</code>`],
    ["Exports", `${formatCount(exports.listed)} listed, ${formatCount(exports.hashed)} read, ${formatCount(exports.purged)} purged as declared`],
    ["Receipts, events", `${count(receipts, "receipt")}, ${count(events, "event")}`],
    ["Waiting for a digest", `${count(waiting.exports, "export")}, ${count(waiting.events, "event")}`],
    ["Time from outside", `${count(vouched, "digest")} with a good token of a time-stamping authority, ${formatCount(unjudged)} with one whose signer is not known, ${formatCount(without.length)} without`],
    ["Verified before", before === null ? "the chain records no earlier verification" : html`${before.at} by ${show(before.by)}, ${before.whole ? "the whole archive" : "a part"}: ${count(before.findings, "finding")}`],
  ])}`;
}

/** The call with each head: a later verification then also shows that nothing was cut off or rewritten since. */
function renderRepeat({ gateways }: Verification, { call, instance }: Certified): Html {
  const heads = gateways.filter((one): one is typeof one & { head: string } => one.head !== null);
  const given = instance === undefined ? [] : ["--instance", instance];
  const calls = heads.length < 2
    ? [[...call, ...given, ...heads.flatMap(({ head }) => ["--head", head])]]
    : [call, ...heads.map(({ instance: name, head }) => [...call, "--instance", name, "--head", head])];
  return html`<h2>How to repeat it</h2>
<p>With the archive, this program, and the public key, which the keeper of the archive must not have chosen alone:</p>
${calls.map((words) => html`<div class="call"><code>${show(showCall(words))}</code></div>
`)}<p class="quiet">Each head must still be in the chain: give it to every later verification. The chain, its signatures and hashes can also be checked by hand with OpenSSL, jq and sha256sum.
This page is not signed and proves nothing by itself: only a verification does.</p>`;
}

function facts(rows: readonly (readonly [string, Html | string])[]): Html {
  return html`<dl>
${rows.map(([title, value]) => html`<dt>${title}</dt><dd>${value}</dd>
`)}</dl>`;
}

function list(items: readonly (Html | string)[]): Html {
  return html`<ul>${items.map((item) => html`<li>${item}</li>
`)}</ul>`;
}

function section(title: string, items: readonly (Html | string)[], none: string): Html {
  if (items.length === 0) return html`<h2>${title}</h2>
<p>${none}</p>`;
  const rest = items.length - MOST_SHOWN;
  return html`<h2>${title} (${formatCount(items.length)})</h2>
<ol>${items.slice(0, MOST_SHOWN).map((item) => html`<li>${item}</li>
`)}</ol>${rest <= 0 ? "" : html`<p>and ${formatCount(rest)} more, which the report of <code>--report</code> has</p>`}`;
}

function show(text: string): string {
  return shownText(text, LONGEST_TEXT);
}

function count(number: number, what: string): string {
  return `${formatCount(number)} ${what}${number === 1 ? "" : "s"}`;
}
