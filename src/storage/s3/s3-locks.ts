import {
  DeleteObjectCommand,
  GetObjectLegalHoldCommand,
  GetObjectLockConfigurationCommand,
  GetObjectRetentionCommand,
  HeadObjectCommand,
  PutObjectLegalHoldCommand,
  PutObjectRetentionCommand,
} from "@aws-sdk/client-s3";
import { LedgerError } from "../../ledger/errors.ts";
import { objectMissing } from "../object-errors.ts";
import { checkKey } from "../object-keys.ts";
import { type ObjectLocks, type OverwrittenObject, type Protection, type Retention, wholeSeconds } from "../object-locks.ts";
import type { S3Target } from "./s3-client.ts";
import { bucketMissing, nameOf, s3Error, statusOf } from "./s3-errors.ts";
import { listOverwritten } from "./s3-overwritten.ts";
import { listVersions, type ObjectVersion } from "./s3-versions.ts";

/** Error names of servers for a bucket or a version without a lock; some use one name for both. */
const NO_LOCK: ReadonlySet<string> = new Set(["NoSuchObjectLockConfiguration", "ObjectLockConfigurationNotFoundError"]);

const UNPROTECTED: Protection = { retention: undefined, legalHold: false };

/** Versions and Object Lock of a bucket. */
export class S3Locks implements ObjectLocks {
  readonly #target: S3Target;
  readonly #pageSize: number | undefined;
  #enabled: Promise<boolean> | undefined;

  constructor(target: S3Target, pageSize?: number) {
    this.#target = target;
    this.#pageSize = pageSize;
  }

  async isEnabled(): Promise<boolean> {
    this.#enabled ??= this.#askWhetherEnabled();
    try {
      return await this.#enabled;
    } catch (error) {
      // A failure is not remembered as an answer.
      this.#enabled = undefined;
      throw error;
    }
  }

  async protectionOf(key: string): Promise<Protection> {
    checkKey(this.#target.url, key);
    if (await this.isEnabled()) return await this.#protectionOf(key);
    await this.#requireObject(key);
    return UNPROTECTED;
  }

  async *overwritten(prefix: string): AsyncGenerator<OverwrittenObject> {
    if (!(await this.isEnabled())) return;
    for await (const { key, isHidden, first } of listOverwritten(this.#target, prefix, this.#pageSize)) {
      const locked = await this.#protectionOf(key, first);
      if (locked.legalHold || (locked.retention !== undefined && locked.retention.until.getTime() > Date.now())) yield { key, isHidden, locked };
    }
  }

  async prolong(key: string, { mode, until }: Retention): Promise<void> {
    const { client, bucket, root, url } = this.#target;
    checkKey(url, key);
    await this.requireEnabled(key);
    try {
      await client.send(new PutObjectRetentionCommand({ Bucket: bucket, Key: root + key, Retention: { Mode: mode, RetainUntilDate: wholeSeconds(until) } }));
    } catch (error) {
      throw s3Error(error, this.#target, `lock ${JSON.stringify(key)}`, key);
    }
  }

  async setLegalHold(key: string, on: boolean): Promise<void> {
    const { client, bucket, root, url } = this.#target;
    checkKey(url, key);
    await this.requireEnabled(key);
    try {
      await client.send(new PutObjectLegalHoldCommand({ Bucket: bucket, Key: root + key, LegalHold: { Status: on ? "ON" : "OFF" } }));
    } catch (error) {
      throw s3Error(error, this.#target, `${on ? "set" : "take off"} the legal hold of ${JSON.stringify(key)}`, key);
    }
  }

  async erase(key: string): Promise<void> {
    await this.#eraseVersions(key, () => true);
  }

  async eraseEarlier(key: string): Promise<void> {
    await this.#eraseVersions(key, ({ isCurrent }) => !isCurrent);
  }

  /** Throws `storage_refused` where the bucket has no Object Lock. */
  async requireEnabled(key: string): Promise<void> {
    if (await this.isEnabled()) return;
    throw new LedgerError("storage_refused", `${this.#target.url}: ${JSON.stringify(key)} cannot be locked: the bucket has no Object Lock.`, {
      remedy: "Make a bucket with Object Lock and copy what is there, or leave out archive.lock.",
    });
  }

  async #askWhetherEnabled(): Promise<boolean> {
    const { client, bucket } = this.#target;
    try {
      const { ObjectLockConfiguration: found } = await client.send(new GetObjectLockConfigurationCommand({ Bucket: bucket }));
      return found?.ObjectLockEnabled === "Enabled";
    } catch (error) {
      if (NO_LOCK.has(nameOf(error))) return false;
      const status = statusOf(error);
      if (status === 404) throw bucketMissing(this.#target, error);
      // Servers without Object Lock.
      if (status === 405 || status === 501) return false;
      throw s3Error(error, this.#target, "ask whether the bucket has Object Lock");
    }
  }

  /** Two separate requests: HEAD leaves out what the account may not see, as if there were no lock. */
  async #protectionOf(key: string, version?: string): Promise<Protection> {
    const { client, bucket, root } = this.#target;
    const place = { Bucket: bucket, Key: root + key, VersionId: version };
    const [retention, hold] = await Promise.all([
      this.#unlessNone(key, async () => (await client.send(new GetObjectRetentionCommand(place))).Retention),
      this.#unlessNone(key, async () => (await client.send(new GetObjectLegalHoldCommand(place))).LegalHold),
    ]);
    const { Mode: mode, RetainUntilDate: until } = retention ?? {};
    return { retention: mode === undefined || until === undefined ? undefined : { mode, until }, legalHold: hold?.Status === "ON" };
  }

  async #unlessNone<Answer>(key: string, ask: () => Promise<Answer>): Promise<Answer | undefined> {
    try {
      return await ask();
    } catch (error) {
      if (NO_LOCK.has(nameOf(error))) return undefined;
      throw s3Error(error, this.#target, `ask how ${JSON.stringify(key)} is locked`, key);
    }
  }

  async #requireObject(key: string): Promise<void> {
    const { client, bucket, root, url } = this.#target;
    try {
      await client.send(new HeadObjectCommand({ Bucket: bucket, Key: root + key }));
    } catch (error) {
      if (statusOf(error) === 404) throw objectMissing(url, key);
      throw s3Error(error, this.#target, `look at ${JSON.stringify(key)}`, key);
    }
  }

  async #eraseVersions(key: string, isMeant: (version: ObjectVersion) => boolean): Promise<void> {
    checkKey(this.#target.url, key);
    const meant = (await listVersions(this.#target, key, this.#pageSize)).filter(isMeant);
    const lockable = await this.isEnabled();
    if (lockable) for (const version of meant) await this.#requireUnprotected(key, version);
    // The current version last: if this breaks off, no earlier version must become the current one.
    for (const { id } of meant.toSorted((a, b) => Number(a.isCurrent) - Number(b.isCurrent))) await this.#deleteVersion(key, id, lockable);
  }

  async #requireUnprotected(key: string, { id, isMarker }: ObjectVersion): Promise<void> {
    if (isMarker) return;
    const { retention, legalHold } = await this.#protectionOf(key, id);
    if (legalHold || (retention !== undefined && retention.until.getTime() > Date.now())) throw this.#locked(key, { retention, legalHold });
  }

  async #deleteVersion(key: string, version: string | undefined, lockable: boolean): Promise<void> {
    const { client, bucket, root } = this.#target;
    try {
      await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: root + key, VersionId: version }));
    } catch (error) {
      const reason = s3Error(error, this.#target, `erase ${JSON.stringify(key)}`, key);
      if (reason.code === "object_missing") return;
      // The server's clock decides, and the server only says that the request is denied.
      if (lockable && reason.code === "storage_denied") await this.#explainDenial(key, version, reason);
      throw reason;
    }
  }

  async #explainDenial(key: string, version: string | undefined, denial: LedgerError): Promise<void> {
    const protection = await this.#protectionOf(key, version).catch(() => UNPROTECTED);
    if (protection.legalHold || protection.retention !== undefined) throw this.#locked(key, protection, denial);
  }

  #locked(key: string, { retention, legalHold }: Protection, cause?: unknown): LedgerError {
    const why = [...(retention === undefined ? [] : [describeRetention(retention)]), ...(legalHold ? ["legal hold"] : [])].join(" and ");
    return new LedgerError("object_locked", `${this.#target.url}: ${JSON.stringify(key)} cannot be erased: ${why}.`, {
      remedy: legalHold ? "Release the hold first, if it has served its purpose." : "Wait until the lock expires: it exists to prevent this.",
      cause,
    });
  }
}

function describeRetention({ mode, until }: Retention): string {
  return `locked until ${until.toISOString()} (${mode})`;
}
