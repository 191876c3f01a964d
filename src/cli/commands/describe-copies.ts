/** `2 copies of 3400 bytes`. */
export function amount(copies: readonly { size: number }[]): string {
  return `${count(copies.length)} of ${String(sumOf(copies))} bytes`;
}

export function count(copies: number): string {
  return `${String(copies)} ${copies === 1 ? "copy" : "copies"}`;
}

export function sumOf(copies: readonly { size: number }[]): number {
  return copies.reduce((sum, { size }) => sum + size, 0);
}
