import { READER_VERSION } from "../aperture/reader/read-export.ts";
import { LANDING_VERSION, READABLE_LANDINGS } from "../lake/landing/landing-encoding.ts";
import { NORMALISER_VERSION, type NormalisingRules } from "./normaliser/normalise.ts";
import { digestRules } from "./normaliser/rules-digest.ts";

/**
 * Everything that an export's landing files depend on besides its bytes, as one text for its manifest.
 * An export that was ingested with different settings is stale: so a record that an older reader quarantined
 * is read again once a newer reader accepts it.
 */
export function ingestSettings(rules: NormalisingRules): string {
  return `reader ${String(READER_VERSION)}, ${landing(LANDING_VERSION)}, normaliser ${String(NORMALISER_VERSION)}, rules ${digestRules(rules)}`;
}

function landing(version: number): string {
  return `landing ${String(version)}`;
}

/** Whether this version can read landing files that were written with these settings. */
export function isLandingReadable(settings: string): boolean {
  const parts = settings.split(", ");
  return READABLE_LANDINGS.some((version) => parts.includes(landing(version)));
}
