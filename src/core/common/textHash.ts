/** Two 32-bit FNV-1a hashes over the UTF-16 units: enough to recognise a repeated text. */
export function hashOf(text: string): string {
  let first = 0x811c9dc5;
  let second = 0x9747b28c;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    first = Math.imul(first ^ unit, 0x01000193);
    second = Math.imul(second ^ unit, 0x5bd1e995);
  }
  return `${first >>> 0}:${second >>> 0}`;
}
