import { DEVICES, type Device, PEOPLE, REPOSITORIES, WORKFLOWS, withCapitals } from "./company.ts";
import { AGENTS, type Agent, CI_AGENT, DEVICE_AGENT, type Model } from "./models.ts";
import type { Random } from "./random.ts";
import type { Identity } from "./simulated-record.ts";

/** A conversation between one caller and one model, request by request. */
export interface Session {
  id: string;
  identity: Identity;
  agent: Agent;
  model: Model;
  /** Headers beyond those that every client sends. */
  headers: readonly (readonly [name: string, value: string])[];
  seed: number;
  /** Requests it has left. */
  left: number;
  /** Turns that were answered. */
  turns: number;
  /** Tokens that the provider has in its cache. */
  contextTokens: number;
}

/**
 * Few at a time: a zstd window only finds the text that a request repeats from the previous request of its session
 * while not too many other sessions have sent requests in between.
 */
const OPEN_AT_ONCE = { people: 4, machines: 1 };

/** The open sessions; each request continues one of them. */
export class Sessions {
  readonly #random: Random;
  readonly #people: Session[] = [];
  readonly #machines: Session[] = [];

  constructor(random: Random) {
    this.#random = random;
  }

  next(machine: boolean): Session {
    const sessions = machine ? this.#machines : this.#people;
    const place = this.#random.integer(0, (machine ? OPEN_AT_ONCE.machines : OPEN_AT_ONCE.people) - 1);
    const current = sessions[place];
    if (current !== undefined && current.left > 0) return current;
    const opened = machine ? openMachine(this.#random) : openPerson(this.#random);
    sessions[place] = opened;
    return opened;
  }
}

function openPerson(random: Random): Session {
  // Squaring favours those at the front of the list: a few people send most of a company's requests.
  const person = PEOPLE[Math.floor(random.unit() ** 2 * PEOPLE.length)];
  if (person === undefined) throw new RangeError("the company has nobody");
  const login = random.chance(0.06) ? withCapitals(person.login) : person.login;
  return open(random, { login, node: random.pick(person.nodes) }, random.pickWeighted(AGENTS), []);
}

function openMachine(random: Random): Session {
  if (!random.chance(0.7)) {
    return open(random, identifyDevice(random, random.pickWeighted(DEVICES)), DEVICE_AGENT, []);
  }
  // A runner is an ephemeral node: every job has a new one.
  const identity = { login: "tag:ci", node: `n8${random.hex()}CNTRL`, tags: ["tag:ci"] };
  const headers: [string, string][] = [];
  if (random.chance(0.92)) {
    headers.push(["X-Github-Repository", random.pickWeighted(REPOSITORIES).name]);
    if (random.chance(0.8)) headers.push(["X-Github-Workflow", random.pick(WORKFLOWS)]);
  }
  return open(random, identity, CI_AGENT, headers);
}

/** The spellings of one device that are seen: its tags as the login with or without the list, or Tailscale's own name for it. */
function identifyDevice(random: Random, device: Device): Identity {
  const login = device.tags.join(",");
  const form = random.unit();
  if (form < 0.6) return { login, node: device.node, tags: device.tags };
  if (form < 0.8) return { login: "tagged-devices", node: device.node, tags: device.tags.toReversed() };
  return { login, node: device.node };
}

function open(random: Random, identity: Identity, agent: Agent, headers: Session["headers"]): Session {
  return {
    id: `sess-${random.hex()}${random.hex()}`,
    identity,
    agent,
    model: random.pickWeighted(agent.models),
    headers,
    seed: random.seed(),
    // Many short questions; the long conversations make most of the requests and nearly all of the bytes.
    left: random.chance(0.7) ? random.integer(1, 4) : random.integer(20, 150),
    turns: 0,
    contextTokens: random.integer(4_000, 16_000),
  };
}
