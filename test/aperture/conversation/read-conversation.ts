import { encode } from "cborg";
import type { ConversationReading } from "../../../src/aperture/conversation/conversation-reader.ts";
import { ConversationReader } from "../../../src/aperture/conversation/conversation-reader.ts";

/** A message with its parts, each as `kind name: texts`. */
export interface ReadMessage {
  side: string;
  role: string;
  parts: string[];
}

export interface ReadConversation extends ConversationReading {
  messages: ReadMessage[];
}

/** Reads a record with that capture, in pieces of that size; messages without texts are left out. @param keys in their order here, or in another. */
export function readConversation(capture: Record<string, unknown>, pieceBytes = Infinity, keys: "as written" | "sorted" = "as written"): ReadConversation {
  const bytes = Buffer.from(encode({ id: 1, capture }, keys === "sorted" ? {} : { mapSorter: () => 0 }));
  const messages: ReadMessage[] = [];
  let [message, texts]: [ReadMessage, string[]] = [{ side: "", role: "", parts: [] }, []];
  const reader = new ConversationReader({
    beginMessage: (side) => void (message = { side, role: "", parts: [] }),
    beginPart: () => void (texts = []),
    beginText: (named) => void texts.push(named === undefined ? "" : `${named}=`),
    text: (piece) => void (texts[texts.length - 1] += piece),
    endText: () => undefined,
    endPart: (kind, name) => void (texts.length > 0 || name !== undefined ? message.parts.push(`${kind}${name === undefined ? "" : ` ${name}`}: ${texts.join(" | ")}`) : 0),
    endMessage: (role) => void (message.parts.length > 0 ? messages.push({ ...message, role }) : 0),
  });
  for (let at = 0; at < bytes.length; at += pieceBytes) reader.push(bytes.subarray(at, Math.min(bytes.length, at + pieceBytes)));
  return { ...reader.finish(), messages };
}
