/** FNV-1a's starting point and factor, for 32 bits. */
export const FNV = { start: 0x811c9dc5, factor: 0x01000193 };

/** A number of 32 bits for a text, the same on every machine: FNV-1a, unless given another start or factor. */
export function hashText(text: string, { start = FNV.start, factor = FNV.factor } = {}): number {
  let hash = start;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), factor);
  return hash >>> 0;
}

/** MurmurHash3's finaliser (Appleby 2011): every bit of the input moves every bit of the outcome. */
export function finish(hash: number): number {
  const half = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  const whole = Math.imul(half ^ (half >>> 13), 0xc2b2ae35);
  return (whole ^ (whole >>> 16)) >>> 0;
}
