import { inject } from "vitest";
import type { S3Others, S3Service } from "./ceph.ts";
import { askFor } from "./shared-servers.ts";

/** The run's S3 server: importing this file starts it, unless it runs already. */
export const SHARED_S3: S3Service = await askFor(inject("sharedServers"), "s3");

/** Its further users, made when they are first asked for; none on a server that was there before the run. */
export async function sharedS3Others(): Promise<Partial<S3Others>> {
  return (await askFor(inject("sharedServers"), "s3-others")) ?? {};
}
