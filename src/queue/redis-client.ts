import { Cluster, type ClusterOptions, Redis, type RedisOptions } from "ioredis";
import type { RedisAddress, RedisCertificates, RedisCluster, RedisSentinels } from "./redis-address.ts";

export type RedisClient = Redis | Cluster;

/**
 * What happens to a command while Redis is down. `waits`: for workers, which resume when Redis is back. `fails`: for producers, so that
 * their caller learns of it. `ends`: for a probe, which connects on demand and gives up at the first failure.
 */
export type WhileDisconnected = "waits" | "fails" | "ends";

const PROBE_TIMEOUT_MS = 5_000;

/**
 * A cluster takes `cluster-node-timeout` (15 s by default) and a few seconds more to replace a lost node. A worker retries for about a
 * minute before the command fails; other clients fail within seconds.
 */
const REDIRECTION_PAUSE_MS = 250;
const MOST_REDIRECTIONS = { waits: 240, fails: 16, ends: 4 } satisfies Record<WhileDisconnected, number>;

export function createClient(address: RedisAddress, whileDisconnected: WhileDisconnected): RedisClient {
  if (typeof address === "string") return createClient({ url: address }, whileDisconnected);
  if ("cluster" in address) return createCluster(address, whileDisconnected);
  const options = { ...serverOptions(whileDisconnected), ...queueing(whileDisconnected) };
  if ("sentinels" in address) return new Redis({ ...options, ...sentinelOptions(address), ...passwordOf("REDIS_PASSWORD") });
  const { url, certificates } = address;
  return new Redis(withoutCredentials(url), { ...options, ...tlsOf([url], certificates), ...credentialsIn(url), ...passwordOf("REDIS_PASSWORD") });
}

type ServerOptions = Pick<RedisOptions, "maxRetriesPerRequest" | "reconnectOnError" | "connectTimeout" | "disableClientInfo">;

function perConnection(whileDisconnected: WhileDisconnected): ServerOptions {
  // CLIENT SETINFO came with Redis 7.2: an ACL cannot grant it on older servers, and on newer ones it would be refused without a grant.
  const all = { disableClientInfo: true };
  if (whileDisconnected === "ends") return { ...all, maxRetriesPerRequest: 0, connectTimeout: PROBE_TIMEOUT_MS };
  return { ...all, maxRetriesPerRequest: null, reconnectOnError };
}

const giveUp = (): null => null;

function serverOptions(whileDisconnected: WhileDisconnected): ServerOptions & Pick<RedisOptions, "retryStrategy" | "sentinelRetryStrategy"> {
  return { ...perConnection(whileDisconnected), ...(whileDisconnected === "ends" ? { retryStrategy: giveUp, sentinelRetryStrategy: giveUp } : {}) };
}

function queueing(whileDisconnected: WhileDisconnected): { enableOfflineQueue: boolean; lazyConnect: boolean } {
  return { enableOfflineQueue: whileDisconnected !== "fails", lazyConnect: whileDisconnected === "ends" };
}

function createCluster({ cluster, certificates }: RedisCluster, whileDisconnected: WhileDisconnected): Cluster {
  const tls = tlsOf(cluster, certificates);
  return new Cluster(cluster.map(placeIn), {
    ...queueing(whileDisconnected),
    maxRedirections: MOST_REDIRECTIONS[whileDisconnected],
    retryDelayOnFailover: REDIRECTION_PAUSE_MS,
    retryDelayOnClusterDown: REDIRECTION_PAUSE_MS,
    redisOptions: { ...perConnection(whileDisconnected), ...firstCredentials(cluster), ...passwordOf("REDIS_PASSWORD"), ...tls },
    ...(whileDisconnected === "ends" ? { clusterRetryStrategy: giveUp, slotsRefreshTimeout: PROBE_TIMEOUT_MS } : {}),
    // A certificate names hosts, so a node is connected to by its name and not by its address.
    ...("tls" in tls ? { dnsLookup: keepName } : {}),
  });
}

const keepName: NonNullable<ClusterOptions["dnsLookup"]> = (name, done) => done(null, name);

type SentinelOptions = Pick<
  RedisOptions,
  "sentinels" | "name" | "username" | "db" | "sentinelUsername" | "sentinelPassword" | "tls" | "sentinelTLS" | "enableTLSForSentinelMode"
>;

function sentinelOptions({ sentinels, name, username, database, certificates }: RedisSentinels): SentinelOptions {
  const ofSentinels = { ...firstCredentials(sentinels), ...passwordOf("REDIS_SENTINEL_PASSWORD") };
  const tls = tlsOf(sentinels, certificates);
  return {
    sentinels: sentinels.map(placeIn),
    name,
    ...(username === undefined ? {} : { username }),
    ...(database === undefined ? {} : { db: database }),
    ...(ofSentinels.username === undefined ? {} : { sentinelUsername: ofSentinels.username }),
    ...(ofSentinels.password === undefined ? {} : { sentinelPassword: ofSentinels.password }),
    ...tls,
    ...("tls" in tls ? { sentinelTLS: tls.tls, enableTLSForSentinelMode: true } : {}),
  };
}

interface Credentials {
  username?: string;
  password?: string;
}

function credentialsIn(url: string): Credentials {
  const { username, password } = new URL(url);
  return {
    ...(username === "" ? {} : { username: decodeURIComponent(username) }),
    ...(password === "" ? {} : { password: decodeURIComponent(password) }),
  };
}

/** Credentials in the url would override the options, even an empty password after a user name. */
function withoutCredentials(url: string): string {
  const parsed = new URL(url);
  parsed.username = "";
  parsed.password = "";
  return parsed.href;
}

/** One user for all nodes, because the cluster names most nodes and no url does. */
function firstCredentials(urls: readonly string[]): Credentials {
  return urls.map(credentialsIn).find(({ username, password }) => username !== undefined || password !== undefined) ?? {};
}

/** A password from the environment overrides the one in a url. */
function passwordOf(variable: "REDIS_PASSWORD" | "REDIS_SENTINEL_PASSWORD"): { password?: string } {
  const password = process.env[variable];
  return password === undefined || password === "" ? {} : { password };
}

const DEFAULT_PORT = 6379;

function placeIn(url: string): { host: string; port: number } {
  const { hostname, port } = new URL(url);
  return { host: hostname.replace(/^\[|\]$/g, ""), port: port === "" ? DEFAULT_PORT : Number(port) };
}

function tlsOf(urls: readonly string[], certificates: RedisCertificates = {}): { tls?: RedisCertificates } {
  return urls.every((url) => url.startsWith("rediss://")) ? { tls: certificates } : {};
}

/** If the server became a replica while connected, reconnecting leads to the primary, which then gets the command. */
function reconnectOnError({ message }: Error): 2 | false {
  return message.startsWith("READONLY") ? 2 : false;
}
