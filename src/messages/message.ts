/** A message to people and programs. Each kind of target gets it in its own format. */
export interface Message {
  /** One line that says who, what and how much. */
  title: string;
  lines: readonly string[];
  /** Link to more information; never shortened. */
  link?: string | undefined;
  /** The JSON for webhooks and standard output. The time of sending is added at the end. */
  body: Readonly<Record<string, unknown>>;
  /** Identifies this message. Every attempt to send it has the same id, so that mail servers recognise repetitions. */
  identity: string;
  /** Reads the file to attach to an e-mail; text says why there is none. */
  attach?: (() => Promise<Attachment | string>) | undefined;
}

export interface Attachment {
  name: string;
  /** Media type. */
  type: string;
  content: Uint8Array;
}

/** The JSON for webhooks and standard output. */
export function renderBody({ body }: Message, sentAt: Date): string {
  return JSON.stringify({ ...body, sent_at: sentAt.toISOString() });
}
