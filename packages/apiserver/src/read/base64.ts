/** Base64 without Node's Buffer. */
export function bytesToBase64(bytes: Uint8Array): string {
  let binary = "";
  for (let i = 0; i < bytes.length; i += 0x8000) {
    binary += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  }
  return btoa(binary);
}

export function base64ToBytes(text: string): Uint8Array {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

export function textToBase64Url(text: string): string {
  return toUrl(bytesToBase64(new TextEncoder().encode(text)));
}

export function bytesToBase64Url(bytes: Uint8Array): string {
  return toUrl(bytesToBase64(bytes));
}

function toUrl(base64: string): string {
  return base64.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** @throws when the text is no base64url of UTF-8. */
export function base64UrlToText(text: string): string {
  return new TextDecoder("utf-8", { fatal: true }).decode(base64UrlToBytes(text));
}

export function base64UrlToBytes(text: string): Uint8Array {
  return base64ToBytes(text.replaceAll("-", "+").replaceAll("_", "/"));
}
