import { z } from "zod";
import { content } from "../copies/receipt.ts";

/** Whose records are meant; what is left out is all. */
const selection = z.object({
  instance: z.string().nullable(),
  caller: z.string().nullable(),
  session: z.string().nullable(),
  /** Times of requests: from the first on, before the second. */
  from: z.iso.datetime().nullable(),
  to: z.iso.datetime().nullable(),
});
export type Selection = z.infer<typeof selection>;

/**
 * How it was known who did it: the login that tailscale serve passed on over loopback, where any account of the machine could have sent
 * another; over a unix socket; by a proxy that has the secret; the account that the worker runs as; what a command was told.
 */
const known = z.enum(["loopback", "socket", "secret", "account", "command"]);
export type KnownBy = z.infer<typeof known>;

const common = {
  format: z.literal(1),
  id: z.string(),
  /** In each of them the event is kept. */
  instance: z.string(),
  at: z.iso.datetime(),
  /** Login of who did it; of a job the job's name. */
  by: z.string(),
};

/** A copy as a checkpoint found it. `receipt`: SHA-256; null where there was none. */
const checkedExport = content.extend({ key: z.string(), receipt: z.string().nullable() });

/** Something that happened to an archive, kept in it create-only and listed by the next digest. */
const event = z.discriminatedUnion("kind", [
  z.object({ ...common, kind: z.literal("hold"), known: known.optional(), hold: z.string(), selection, reason: z.string() }),
  z.object({ ...common, kind: z.literal("release"), known: known.optional(), hold: z.string(), reason: z.string() }),
  /** Tombstone: written before the objects are removed. `rule`: why, in the words of the configuration. */
  z.object({
    ...common,
    kind: z.literal("purge"),
    rule: z.string(),
    /** SHA-256 of the digest that was the last one then; null where there was none. */
    head: z.string().nullable(),
    objects: z.array(content.extend({ key: z.string() })),
  }),
  /** Copies that were replaced by copies of less, under the same keys; written before they are. */
  z.object({
    ...common,
    kind: z.literal("reduction"),
    rule: z.string(),
    head: z.string().nullable(),
    objects: z.array(
      z.object({ key: z.string(), before: content, after: content, records_removed: z.number(), bodies_removed: z.number() }),
    ),
  }),
  /** `pseudonym` stands for the caller from then on, in records before `until`. The login is in no event. */
  z.object({ ...common, kind: z.literal("erasure"), pseudonym: z.string(), until: z.iso.datetime(), exports: z.array(z.string()), reason: z.string() }),
  /** Signed by `from`; `vouched` is the signature of `to` over the event without it. */
  z.object({ ...common, kind: z.literal("rotation"), from: z.string(), to: z.string(), vouched: z.string() }),
  /** What came since the newest digest, so that it is proven before the next one. `head`: as in a tombstone. */
  z.object({ ...common, kind: z.literal("checkpoint"), head: z.string().nullable(), exports: z.array(checkedExport), events: z.array(content.extend({ key: z.string() })) }),
  /** That digests were made while the clock was wrong, and count for nothing: `sha256` of each, and its key. What they list is listed again. */
  z.object({ ...common, kind: z.literal("annulment"), after: z.iso.date(), reason: z.string(), digests: z.array(z.object({ key: z.string(), sha256: z.string() })) }),
  /** That somebody says that the clock was right at that time, though `newest` was the newest time that anything else showed. */
  z.object({ ...common, kind: z.literal("clock"), newest: z.iso.datetime().nullable() }),
  /** That somebody who has the key stands up for what sealing would refuse: those very bytes; null: that there is nothing. */
  z.object({ ...common, kind: z.literal("acceptance"), reason: z.string(), objects: z.array(z.object({ key: z.string(), sha256: z.string().nullable() })) }),
]);
export type ArchiveEvent = z.infer<typeof event>;
export type EventKind = ArchiveEvent["kind"];
export type EventOf<Kind extends EventKind> = Extract<ArchiveEvent, { kind: Kind }>;

/** Kept at `archive/<instance>/_events/<time>-<kind>-<id>.json`. */
export const signedEvent = z.object({ header: event, key: z.string().nullable(), signature: z.string().nullable() });
export type SignedEvent = z.infer<typeof signedEvent>;
