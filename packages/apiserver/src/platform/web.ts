import type { Platform } from "./platform.ts";

/** The web's own crypto and compression: browsers, their workers, and Node alike. */
export const webPlatform: Platform = {
  randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
  randomUuid: () => crypto.randomUUID(),
  gzip: (bytes) => through(bytes, new CompressionStream("gzip"), Number.POSITIVE_INFINITY),
  gunzip: (bytes, limitBytes) => through(bytes, new DecompressionStream("gzip"), limitBytes),
  sha256: async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", Uint8Array.from(bytes))),
};

/** @throws RangeError when more than `limitBytes` come out; what the stream throws for bytes that it cannot read. */
async function through(
  bytes: Uint8Array,
  stream: CompressionStream | DecompressionStream,
  limitBytes: number,
): Promise<Uint8Array> {
  const writer = stream.writable.getWriter();
  const written = writer.write(Uint8Array.from(bytes)).then(() => writer.close());
  // What goes wrong there is thrown by the reader, too.
  written.catch(() => undefined);
  const reader = (stream.readable as ReadableStream<Uint8Array>).getReader();
  const parts: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > limitBytes) {
      await reader.cancel();
      throw new RangeError(`more than ${limitBytes} bytes come out of the compressed body`);
    }
    parts.push(value);
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
