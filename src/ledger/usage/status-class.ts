/** How a request ended: `rejected` is 429, `denied` 401 and 403. */
export const STATUS_CLASSES = ["ok", "rejected", "denied", "error"] as const;
export type StatusClass = (typeof STATUS_CLASSES)[number];

/** SQL of the class of a row of `usage` (design, section 3). A status that the gateway did not record (0) is `ok` if an answer was counted. */
export const STATUS_CLASS = `CASE
  WHEN status_code = 429 THEN 'rejected'
  WHEN status_code IN (401, 403) THEN 'denied'
  WHEN status_code BETWEEN 100 AND 399 OR (status_code = 0 AND output_tokens > 0) THEN 'ok'
  ELSE 'error' END`;
