/** The frame of the script. `@…@` are filled in. POSIX: dash and bash run it. */
export const SHELL = String.raw`#!/bin/sh
# Checks the compliance archive that was at @archive@
# when aperture-ledger @version@ printed this script. It contained then:
@contents@
#
#   sh verify-archive.sh FOLDER PUBLIC_KEY [--head SHA256] [--timestamp-roots FILE] [--instance NAME] [--today YYYY-MM-DD]
#
# FOLDER contains archive/: the archive itself, or a downloaded copy of the whole bucket or prefix. PUBLIC_KEY (PEM) and the root certificates of the
# time-stamping authority must come from elsewhere. Writes only to a temporary folder, and needs no network.
# Needs openssl 3, jq 1.6 or later, sha256sum, find, grep, sort and xargs. Ends with 0 (PASS), 1 (FAIL) or 2 (it was called in a wrong way).
#
# It does not check: object locks, legal holds and hidden versions, which a copy does not have; the tables of the lake and closed months; whether anybody vouched for
# the arrival of an export. It has no knowledge of writes in progress: check a copy, or repeat it.

set -u
LC_ALL=C
export LC_ALL
tab=$(printf '\t')

wrong() {
  printf '%s\n' "$1" 'usage: sh verify-archive.sh FOLDER PUBLIC_KEY [--head SHA256] [--timestamp-roots FILE] [--instance NAME] [--today YYYY-MM-DD]' >&2
  exit 2
}

heads='@heads@'
instance='@instance@'
today=$(date -u +%Y-%m-%d)
roots= folder= key=
while [ $# -gt 0 ]; do
  case $1 in
    --head | --timestamp-roots | --instance | --today)
      [ $# -gt 1 ] || wrong "$1 needs a value"
      case $1 in
        --head) heads="$heads $(printf '%s' "$2" | tr A-F a-f)" ;;
        --timestamp-roots) roots=$2 ;;
        --instance) instance=$2 ;;
        --today) today=$2 ;;
      esac
      shift ;;
    -*) wrong "unknown option: $1" ;;
    *) if [ -z "$folder" ]; then folder=$1; elif [ -z "$key" ]; then key=$1; else wrong "too many arguments: $1"; fi ;;
  esac
  shift
done
for tool in openssl jq sha256sum xargs; do command -v "$tool" > /dev/null || wrong "$tool is missing"; done
[ -n "$key" ] || wrong 'FOLDER and PUBLIC_KEY are needed'
[ -d "$folder" ] || wrong "$folder is not a folder"
case $today in [0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]) ;; *) wrong "--today $today is not a day" ;; esac
public_key=$(openssl pkey -pubin -in "$key" -outform DER 2>/dev/null | openssl base64 -A)
case $public_key in MCowBQYDK2VwAyEA*=) ;; *) wrong "$key is not an Ed25519 public key in PEM" ;; esac
public_key=$(printf '%s' "$public_key" | cut -c 17-59 | tr '/+' '_-')

tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM
if [ -n "$roots" ]; then cat "$roots" > "$tmp/roots" 2>/dev/null || wrong "$roots cannot be read"; fi
cd "$folder" || exit 2

common='@common@'

# The SHA-256 of the text behind each tab, as printf writes it in this format, line by line.
hash_lines() {
  rm -rf "$tmp/texts"
  mkdir "$tmp/texts"
  number=1000000000
  while IFS=$tab read -r name text; do
    printf "$1" "$text" > "$tmp/texts/$number"
    number=$((number + 1))
  done
  find "$tmp/texts" -type f -exec sha256sum {} + | sort -k 2 | cut -d ' ' -f 1
}

# Every object, its bytes read once.
: > "$tmp/problems"
[ -d archive ] || printf 'problem\tarchive/ is missing\n' >> "$tmp/problems"
find -L archive ! -type d ! -type f 2>/dev/null | while IFS= read -r name; do printf 'problem\t%s cannot be listed\n' "$name"; done >> "$tmp/problems"
find -L archive -type f -exec sha256sum {} + > "$tmp/sums" 2>/dev/null || printf 'problem\tarchive/ cannot be read completely\n' >> "$tmp/problems"

# Digests, events, and the receipts that no digest mentions. Larger ones than these are not read.
find -L archive -type f \( -path '*/_digests/*' ! -size +100663296c -o -path '*/_events/*' ! -size +33554432c \) -exec grep -aH '' /dev/null {} + > "$tmp/found" 2>/dev/null
{ grep -ao '"receipt":"[0-9a-f]*"' "$tmp/found" | cut -c 12-75; echo ' none '; } > "$tmp/mentioned"
grep '/_receipts/' "$tmp/sums" | grep -vFf "$tmp/mentioned" | cut -c 67- | tr '\n' '\0' > "$tmp/receipts"
if [ -s "$tmp/receipts" ]; then xargs -0 sh -c 'find -L "$@" -type f ! -size +1048576c -exec grep -aH "" /dev/null {} +' sh < "$tmp/receipts" >> "$tmp/found" 2>/dev/null; fi

# What counts is a document whose bytes are its canonical form.
jq -nRr "$common"'@parse@' "$tmp/found" > "$tmp/parsed"
hash_lines '%s' < "$tmp/parsed" > "$tmp/hashes"
jq -nr --rawfile sums "$tmp/sums" --rawfile texts "$tmp/parsed" --rawfile hashes "$tmp/hashes" "$common"'@accept@' > "$tmp/accepted"
grep '^d' "$tmp/accepted" | cut -f 2- > "$tmp/documents"
grep '^s' "$tmp/accepted" | cut -f 2- > "$tmp/signatures"
grep '^l' "$tmp/accepted" | cut -f 2- > "$tmp/leaves"

# Signatures: one call of openssl each.
while IFS=$tab read -r name signer signature signed; do
  printf '%s\n' '-----BEGIN PUBLIC KEY-----' "$signer" '-----END PUBLIC KEY-----' > "$tmp/signer"
  printf '%b' "$signature" > "$tmp/signature"
  printf '%s' "$signed" > "$tmp/signed"
  if openssl pkeyutl -verify -pubin -inkey "$tmp/signer" -rawin -in "$tmp/signed" -sigfile "$tmp/signature" > /dev/null 2>&1; then printf '%s\n' "$name"; fi
done < "$tmp/signatures" > "$tmp/good"

# The Merkle roots of all digests at once, level by level.
: > "$tmp/trees"
hash_lines '\000%s' < "$tmp/leaves" > "$tmp/hashes"
while :; do
  jq -nr --slurpfile trees "$tmp/trees" --rawfile leaves "$tmp/leaves" --rawfile hashes "$tmp/hashes" "$common"'@level@' > "$tmp/level"
  { IFS= read -r trees; printf '%s\n' "$trees" > "$tmp/trees"; hash_lines '%b' > "$tmp/hashes"; } < "$tmp/level"
  [ -s "$tmp/hashes" ] || break
done

# Tokens of time-stamping authorities.
find -L archive -type f -path '*/_timestamps/*.tsr' 2>/dev/null | while IFS= read -r token; do
  digest=$(printf '%s' "$token" | sed 's|/_timestamps/\([^/]*\)\.tsr$|/_digests/\1.json|')
  verdict=bad
  if [ -n "$roots" ]; then
    openssl ts -verify -data "$digest" -in "$token" -CAfile "$tmp/roots" > /dev/null 2>&1 && verdict=good
  else
    openssl ts -reply -in "$token" -token_out -out "$tmp/token" > /dev/null 2>&1 && openssl cms -verify -noverify -binary -inform DER -in "$tmp/token" -out "$tmp/stamp" > /dev/null 2>&1 && verdict=good
  fi
  printf 'token %s %s\n' "$token" "$verdict"
  openssl ts -reply -in "$token" -text 2>/dev/null | sed 's/^/ /'
done > "$tmp/answers"

jq -nr --arg public_key "$public_key" --arg instance "$instance" --arg today "$today" --arg heads "$heads" \
  --rawfile sums "$tmp/sums" --rawfile good "$tmp/good" --rawfile answers "$tmp/answers" --slurpfile documents "$tmp/documents" --slurpfile trees "$tmp/trees" \
  "$common"'@checks@' > "$tmp/result" || printf 'problem\tthe documents of the archive cannot be compared\n' >> "$tmp/problems"
cat "$tmp/result" >> "$tmp/problems"

while IFS=$tab read -r kind text; do [ "$kind" = end ] || printf '%s: %s\n' "$kind" "$text"; done < "$tmp/problems" | tr -c '\n -~' '?'
if [ -z "$roots" ] && [ -s "$tmp/answers" ]; then printf '%s\n' 'not checked: who signed the tokens, since no root certificates were given (--timestamp-roots FILE)'; fi
printf '%s\n' 'not checked: object locks, holds and hidden versions; the tables and closed months of the lake'
if grep -q '^problem' "$tmp/problems" || ! grep -q '^end' "$tmp/problems"; then echo FAIL; exit 1; fi
echo PASS
`;
