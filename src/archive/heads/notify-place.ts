import type { Message } from "../../messages/message.ts";
import { fileOfHead, type Head, type HeadPlace } from "./head.ts";

/** A target of messages, such as an auditor's mailbox. One message for each head. */
export function notifyPlace(target: string, send: (message: Message) => Promise<string | null>): HeadPlace {
  return {
    name: `notify ${target}`,
    post: async (heads) => {
      for (const head of heads) {
        const failure = await send(messageOfHead(head));
        if (failure !== null) throw new Error(failure);
      }
    },
  };
}

function messageOfHead(head: Head): Message {
  const { instance, date, number, sha256, sealed_at: sealedAt } = head;
  return {
    title: `Archive digest of ${instance} of ${date}: ${sha256}`,
    lines: [`Digest ${String(number)} of ${instance}, sealed at ${sealedAt}.`, `Keep this message: aperture-ledger archive verify --head ${sha256} shows whether the chain still contains it.`],
    body: { kind: "head", ...head },
    identity: fileOfHead(head),
  };
}
