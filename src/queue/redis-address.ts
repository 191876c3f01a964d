import { showUrl } from "../ledger/errors.ts";

/** Certificates and keys as PEM text. */
export interface RedisCertificates {
  ca?: string;
  cert?: string;
  key?: string;
}

interface Encrypted {
  certificates?: RedisCertificates;
}

/** Where the queue is: the url of one server, or more if a url is not enough. */
export type RedisAddress = string | RedisServer | RedisCluster | RedisSentinels;

export interface RedisServer extends Encrypted {
  url: string;
}

/** Some nodes of a cluster, which name the others. */
export interface RedisCluster extends Encrypted {
  cluster: readonly string[];
}

/** Sentinels that know which server is the primary of that name. */
export interface RedisSentinels extends Encrypted {
  sentinels: readonly string[];
  name: string;
  /** User name for the server; the password comes from the environment. */
  username?: string;
  database?: number;
}

/** For logs and messages: without user, password and parameters. */
export function showRedis(address: RedisAddress): string {
  if (typeof address === "string") return showUrl(address);
  if ("cluster" in address) return `cluster ${address.cluster.map(showUrl).join(", ")}`;
  if ("sentinels" in address) return `${address.name} of the Sentinels ${address.sentinels.map(showUrl).join(", ")}`;
  return showUrl(address.url);
}

/** The named nodes, each as a server of its own. */
export function nodesOf({ cluster, ...encrypted }: RedisCluster): RedisServer[] {
  return cluster.map((url) => ({ url, ...encrypted }));
}
