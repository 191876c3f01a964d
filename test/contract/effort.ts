/** How often a store is tried. Where another suite tries the same server as often as that, a few times are enough. */
export interface Effort {
  races: number;
  /** More than 1,000, so that a listing has a second page. */
  objects: number;
}

export const THOROUGH: Effort = { races: 20, objects: 2100 };
export const BRIEF: Effort = { races: 5, objects: 1050 };
