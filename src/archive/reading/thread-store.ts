import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { ascending } from "../../ledger/orders.ts";
import { type ReadMessage, type ReadPart, readParts } from "./collect-messages.ts";

/** A message of a thread, and the message that it follows. */
export interface ThreadMessage {
  /** Number within the thread, from 1. */
  id: number;
  /** 0 for the first message of a conversation. */
  parent: number;
  role: string;
  parts: readonly ReadPart[];
}

/** One request: what it added to the thread. */
export interface Turn {
  /** ISO 8601. */
  time: string;
  model: string;
  status: number;
  capture: string | null;
  object: string;
  position: number;
  /** Ids of the messages that no earlier request had. */
  added: number[];
  /** Number of messages that it repeats. */
  repeated: number;
}

/** The requests of one session, or of a caller without sessions. */
export interface Thread {
  instance: string;
  caller: string;
  session: string | null;
  turns: Turn[];
}

type AboutTurn = Omit<Turn, "added" | "repeated"> & Pick<Thread, "instance" | "caller" | "session">;

interface StoredText {
  offset: number;
  length: number;
}

interface KeptThread extends Thread {
  /** Ids of messages, by parent and identity. */
  known: Map<string, number>;
  messages: { parent: number; role: string; stored: StoredText }[];
  /** By identity: what is said twice is stored once. */
  stored: Map<string, StoredText>;
}

/**
 * Puts the requests of sessions together to threads. Each request repeats the conversation before it, so that a session is a tree: a request follows the
 * branch that it repeats, and adds what is new. Texts are kept in a local file; memory grows with the number of different messages.
 */
export class ThreadStore {
  readonly #file: number;
  #size = 0;
  readonly #threads = new Map<string, KeptThread>();

  /** @param file created or overwritten. */
  constructor(file: string) {
    this.#file = openSync(file, "w+");
  }

  /** @param messages of the request and its answer, as they were recorded. */
  add({ instance, caller, session, ...about }: AboutTurn, messages: readonly ReadMessage[]): void {
    const key = JSON.stringify([instance, caller, session]);
    const thread: KeptThread = this.#threads.get(key) ?? { instance, caller, session, turns: [], known: new Map(), messages: [], stored: new Map() };
    this.#threads.set(key, thread);
    const turn: Turn = { ...about, added: [], repeated: 0 };
    let parent = 0;
    for (const message of inOrder(messages)) {
      const place = `${String(parent)} ${message.identity}`;
      const known = thread.known.get(place);
      if (known === undefined) {
        parent = this.#keep(thread, parent, message);
        thread.known.set(place, parent);
        turn.added.push(parent);
      } else {
        parent = known;
        turn.repeated++;
      }
    }
    thread.turns.push(turn);
  }

  /** In order of their first requests; the requests of each in order of time. */
  threads(): Thread[] {
    for (const { turns } of this.#threads.values()) turns.sort(byTime);
    return [...this.#threads.values()].sort((a, b) => ascending(a.turns[0]?.time ?? "", b.turns[0]?.time ?? "") || ascending(`${a.instance} ${a.caller} ${a.session ?? ""}`, `${b.instance} ${b.caller} ${b.session ?? ""}`));
  }

  message({ instance, caller, session }: Thread, id: number): ThreadMessage {
    const kept = this.#threads.get(JSON.stringify([instance, caller, session]))?.messages[id - 1];
    if (kept === undefined) throw new Error(`message ${String(id)} is in no thread`);
    const bytes = Buffer.alloc(kept.stored.length);
    readSync(this.#file, bytes, 0, bytes.length, kept.stored.offset);
    return { id, parent: kept.parent, role: kept.role, parts: readParts.parse(JSON.parse(bytes.toString("utf8"))) };
  }

  /** Call it exactly once, also after a failure. */
  close(): void {
    closeSync(this.#file);
  }

  #keep(thread: KeptThread, parent: number, { role, parts, identity }: ReadMessage): number {
    let stored = thread.stored.get(identity);
    if (stored === undefined) {
      const bytes = Buffer.from(JSON.stringify(parts));
      stored = { offset: this.#size, length: bytes.length };
      writeSync(this.#file, bytes, 0, bytes.length, this.#size);
      this.#size += bytes.length;
      thread.stored.set(identity, stored);
    }
    return thread.messages.push({ parent, role, stored });
  }
}

/** Instructions first, then the conversation, then the answer; calls recorded beside the answer only where the answer does not have them. */
function inOrder(messages: readonly ReadMessage[]): ReadMessage[] {
  const said = messages.filter((message) => !isBeside(message) && !isInstruction(message));
  const answer = said.filter(({ side }) => side === "response");
  const hasCalls = answer.some(({ parts }) => parts.some(({ kind }) => kind === "tool call"));
  return [...messages.filter(isInstruction), ...said.filter(({ side }) => side === "request"), ...answer, ...(hasCalls ? [] : messages.filter(isBeside))];
}

function isBeside({ role }: ReadMessage): boolean {
  return role === "tool use";
}

function isInstruction({ role, side }: ReadMessage): boolean {
  return role === "system" && side === "request";
}

function byTime(a: Turn, b: Turn): number {
  return ascending(a.time, b.time) || ascending(a.object, b.object) || ascending(a.position, b.position);
}
