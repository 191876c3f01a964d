import { z } from "zod";
import { content } from "../copies/receipt.ts";
import { signs } from "./signed.ts";

/** Which records are selected; null selects all. */
const selection = z.object({
  instance: z.string().nullable(),
  caller: z.string().nullable(),
  session: z.string().nullable(),
  /** Time range of the requests: `from` is included, `to` is not. */
  from: z.iso.datetime().nullable(),
  to: z.iso.datetime().nullable(),
});
export type Selection = z.infer<typeof selection>;

/**
 * How the actor was identified: by the login that tailscale serve passed over loopback, where any account of the machine could have
 * sent a different one; over a unix socket; by a proxy that has the secret; by the worker's account; by a command's flag.
 */
const known = z.enum(["loopback", "socket", "secret", "account", "command"]);
export type KnownBy = z.infer<typeof known>;

const common = {
  format: z.literal(1),
  id: z.string(),
  /** The gateway whose chain contains the event. */
  instance: z.string(),
  at: z.iso.datetime(),
  /** Login of the actor, or the name of a job. */
  by: z.string(),
};

/** A copy at the time of a checkpoint. `receipt`: SHA-256, or null if it had no receipt. */
const checkedExport = content.extend({ key: z.string(), receipt: z.string().nullable() });

/** What a search or an extraction selected records by. Their values are in no event. */
const criterion = z.enum(["caller", "session", "capture", "text", "regex", "tool", "model", "status"]);
export type Criterion = z.infer<typeof criterion>;

/** Time range of the requests, and what else was asked for. */
const looked = { criteria: z.array(criterion), from: z.iso.datetime().nullable(), to: z.iso.datetime().nullable() };

/** Something that happened to an archive: written to it once, never overwritten, and listed by the next digest. */
const event = z.discriminatedUnion("kind", [
  z.object({ ...common, kind: z.literal("hold"), known: known.optional(), hold: z.string(), selection, reason: z.string() }),
  z.object({ ...common, kind: z.literal("release"), known: known.optional(), hold: z.string(), reason: z.string() }),
  /** Tombstone, written before the objects are removed. `rule`: the rules that apply, as configured. */
  z.object({
    ...common,
    kind: z.literal("purge"),
    rule: z.string(),
    /** SHA-256 of the newest digest at that time; null if there was no digest. */
    head: z.string().nullable(),
    objects: z.array(content.extend({ key: z.string() })),
  }),
  /** Copies that are replaced under their keys by reduced copies; written before the replacement. */
  z.object({
    ...common,
    kind: z.literal("reduction"),
    rule: z.string(),
    head: z.string().nullable(),
    objects: z.array(
      z.object({ key: z.string(), before: content, after: content, records_removed: z.number(), bodies_removed: z.number() }),
    ),
  }),
  /** From then on `pseudonym` replaces the caller in records before `until`. No event contains the login. */
  z.object({ ...common, kind: z.literal("erasure"), pseudonym: z.string(), until: z.iso.datetime(), exports: z.array(z.string()), reason: z.string() }),
  /** Somebody asked for, and got, the login that this report pseudonym stands for. No event contains the login. */
  z.object({ ...common, kind: z.literal("opening"), known, pseudonym: z.string(), reason: z.string() }),
  /** Somebody searched the copies of the gateway, or extracted records from them. No event contains a searched text, a name, or what was found. */
  z.object({ ...common, kind: z.literal("search"), known, reason: z.string(), ...looked }),
  z.object({ ...common, kind: z.literal("extraction"), known, reason: z.string().nullable(), form: z.enum(["ndjson", "export", "html", "mbox"]), ...looked }),
  /**
   * Somebody verified the archive. `head`: SHA-256 of this gateway's newest digest then. `exports`, whose bytes were read, and `findings` are counts of the
   * whole verification, the same in all chains. `whole`: neither a sample nor one gateway.
   */
  z.object({ ...common, kind: z.literal("verified"), known, head: z.string(), exports: z.number(), findings: z.number(), whole: z.boolean(), version: z.string(), host: z.string() }),
  /** Signed by `from`; `vouched` is the signature of `to` over the event without it. */
  z.object({ ...common, kind: z.literal("rotation"), from: z.string(), to: z.string(), vouched: z.string() }),
  /** What arrived after the newest digest, so that it is signed for before the next digest. `head`: as in a tombstone. */
  z.object({ ...common, kind: z.literal("checkpoint"), head: z.string().nullable(), exports: z.array(checkedExport), events: z.array(content.extend({ key: z.string() })) }),
  /** Declares digests void that were made while the clock was wrong, by key and `sha256`. Later digests list their contents again. */
  z.object({ ...common, kind: z.literal("annulment"), after: z.iso.date(), reason: z.string(), digests: z.array(z.object({ key: z.string(), sha256: z.string() })) }),
  /** Somebody's statement that the clock was right, although `newest` was the latest time that anything else showed. */
  z.object({ ...common, kind: z.literal("clock"), newest: z.iso.datetime().nullable() }),
  /** The key's owner accepts what sealing would refuse: exactly these bytes, or, for null, that the object is missing. */
  z.object({ ...common, kind: z.literal("acceptance"), reason: z.string(), objects: z.array(z.object({ key: z.string(), sha256: z.string().nullable() })) }),
]);
export type ArchiveEvent = z.infer<typeof event>;
export type EventKind = ArchiveEvent["kind"];
export type EventOf<Kind extends EventKind> = Extract<ArchiveEvent, { kind: Kind }>;

/** Stored at `archive/<instance>/_events/<time>-<kind>-<id>.json`. */
export const signedEvent = z.object({ header: event, key: z.string().nullable(), signature: z.string().nullable(), signs });
export type SignedEvent = z.infer<typeof signedEvent>;
