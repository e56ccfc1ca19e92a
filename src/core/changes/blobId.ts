/** The id of a blob, as Git makes it of its content. */
export async function blobId(bytes: Uint8Array): Promise<string> {
  const head = new TextEncoder().encode(`blob ${bytes.length}\0`);
  const object = new Uint8Array(head.length + bytes.length);
  object.set(head);
  object.set(bytes, head.length);
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-1', object));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
