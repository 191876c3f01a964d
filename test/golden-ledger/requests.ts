import { encode } from "cborg";

/** One record of an export, as an Aperture gateway writes it, in the short form that the golden ledger's script needs. */
export interface Request {
  id: number;
  /** A login, or tags joined by commas. */
  by: string;
  /** ISO 8601; anything else makes a record that cannot be read. */
  at: string;
  model: string;
  /** Absent where the gateway knows no price. */
  dollars?: number;
  usage?: Record<string, number>;
  headers?: Record<string, string>;
  session?: string;
  status?: number;
}

export function encodeRequest({ id, by, at, model, dollars, usage = { input_tokens: 1200, output_tokens: 300 }, headers, session = "s1", status = 200 }: Request): Uint8Array {
  return encode({
    id,
    ver: 2,
    timestamp: at,
    identity: { login_name: by, stable_node_id: `n-${by}` },
    model,
    api_type: "ant_messages",
    usage: status === 200 ? usage : {},
    ...(dollars === undefined ? {} : { estimated_cost: { dollars, cost_basis: model } }),
    duration_ms: 900 + id,
    capture_id: `cap-${by}-${String(id)}`,
    session_id: session,
    path: "/v1/messages",
    status_code: status,
    ...(headers === undefined ? {} : { capture: { requestHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])) } }),
  });
}
