/** A turn of phrase that readers stumble over, and what to write instead. */
export interface ForbiddenPhrase {
  phrase: RegExp;
  instead: string;
}

/** In comments, messages and pages of docs; code that happens to read like one of them is a name to change. */
export const FORBIDDEN_PHRASES: readonly ForbiddenPhrase[] = [
  { phrase: /\bgo(?:es)? before (?:the|it|all|a)\b/i, instead: '"overrides", or "precedes"' },
  { phrase: /(?<!\bthere )\b(?:is|are|was|were) none\b/i, instead: '"is not a …", or "there is no …"' },
  { phrase: /\bt(?:ell|ells|old|elling)\b(?: \w+){0,3} apart\b/i, instead: '"distinguish"' },
  { phrase: /\bof which\b/i, instead: '"whose", or "which …"' },
  { phrase: /\bwho(?:ever|mever|soever)\b/i, instead: 'name who it is: "the worker that …", "anyone who …"' },
  { phrase: /\b(?:is|are|was|were) to be\b/i, instead: '"must be", or say who does it' },
  { phrase: /\bas (?:it|they) stands?\b/i, instead: '"unchanged", or "as written"' },
  { phrase: /\bc(?:ame|ome|omes|oming) to (?:its|an|their|the) end\b/i, instead: '"finish", "end"' },
  { phrase: /\banew\b/i, instead: '"again", "rebuild"' },
  { phrase: /\botherwise than\b/i, instead: '"differently from"' },
  { phrase: /\bothers? than (?:those|that|the|what|were|was)\b/i, instead: '"differ from"' },
  { phrase: /\banother one\b/i, instead: '"another", "a different …", "somebody else’s"' },
  { phrase: /\breckon/i, instead: '"calculate", "count"' },
  { phrase: /\bheard of\b/i, instead: '"sends a heartbeat", "answers"' },
  { phrase: /\bheld against\b/i, instead: '"compared with"' },
  { phrase: /\bwhat (?:became|becomes|came) of\b/i, instead: '"what happened to", or name the result' },
  { phrase: /\bonce more\b/i, instead: '"again"' },
  { phrase: /\bin so far as\b/i, instead: '"where", "as far as"' },
  { phrase: /\bby themselves alone\b|\bof (?:its|their) own accord\b/i, instead: '"by itself"' },
  { phrase: /(?<!\bthere )\b(?:is|are|was|were) no (?:person|people|name|figure|date|day|month|number|price|pattern|text|tag|file|folder|object|export|record|span|zone|url|key|use|way|failure|error|fault|anomaly|one of)\b/i, instead: '"is not a …", "is not …"' },
];
