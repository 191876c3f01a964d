import { Random } from "./random.ts";

/** Plain words without quotes or backslashes: JSON needs no escapes for them. */
const WORDS = `
  a above across add after again all allow also an and any archive are argument array as assert async at audit await
  back batch because before begin below between block body boolean branch break bucket budget buffer build but by cache
  call canary case change channel check class clean client clock close code collect column command commit compare config
  connect constant copy count create current cursor data date debug decode deadline default delete deploy describe diff
  directory done drop each edge element else empty encode end entry equal error event every except expect export extend
  fail false fetch field file filter final find first fix flag flush folder for format found frame from function gateway
  get grant group guard handle has hash head header help hold host how id if ignore import in index inner input insert
  instead integer into invoice is issue item iterate job join journal keep key label large last late latency layout leaf
  ledger left length level limit line link list load local lock log long loop lower main make map mark match maximum
  merge message method middle minimum missing mock model module month more move name near need nested never new next no
  node none not note now null number object of offset old on once one only open option or order other out outer output
  over owner page parse part patch path payload pending period place plan point policy pool port prefix print prompt
  proof property protocol pull push query queue quota raise range rate raw read ready record reduce refund region reject
  release remove rename repeat replace report request reset resolve rest result retry return review right role rollback
  root rotate route row rule run same sample save scan schedule schema scope search second secret section seed select
  send series server service session set shape share short side sign simple since single size skip slice small so some
  sort source span split stack stage start state status step still stop store stream string sum switch table tag take
  target task team test text than that the then there this threshold throw time to token tool top total trace track
  transfer tree true try type under union unit until update upper usage use user valid value verify version view wait
  warn watch week when where which while window with word work worker wrap write year yield zero zone`
  .trim()
  .split(/\s+/)
  .map((word) => `${word} `);

/** Some words in a row. */
export function inventPhrase(random: Random, words: number): string {
  let phrase = "";
  for (let count = 0; count < words; count += 1) phrase += WORDS[random.integer(0, WORDS.length - 1)];
  return phrase.trimEnd();
}

/** Conversations repeat themselves line by line, code and tools' output above all. */
const LINE_COUNT = 3000;
const WORDS_IN_LINE = 8;
const LINES = inventLines(new Random("lines"));

function inventLines(random: Random): readonly string[] {
  return Array.from({ length: LINE_COUNT }, () => `${inventPhrase(random, WORDS_IN_LINE)}. `);
}

/** A text of at least the given number of bytes, and at most a line more. */
export function inventText(random: Random, size: number): Uint8Array {
  let text = "";
  while (text.length < size) text += LINES[random.integer(0, LINES.length - 1)];
  return Buffer.from(text, "latin1");
}
