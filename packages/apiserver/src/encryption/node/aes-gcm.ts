import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import type { ValueCipher } from "../encrypted-store.ts";

const ivBytes = 12;
const tagBytes = 16;

/** AES-GCM with a key of 16, 24 or 32 bytes: a new random vector for each value, then the text, then its tag. @throws RangeError. */
export function aesGcm(key: Uint8Array): ValueCipher {
  if (![16, 24, 32].includes(key.length)) {
    throw new RangeError(`a key of AES-GCM has 16, 24 or 32 bytes, this one has ${key.length}`);
  }
  const algorithm = `aes-${key.length * 8}-gcm` as "aes-256-gcm";
  return {
    encrypt(bytes, boundTo) {
      const iv = randomBytes(ivBytes);
      const cipher = createCipheriv(algorithm, key, iv).setAAD(boundTo);
      return Buffer.concat([iv, cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
    },
    decrypt(bytes, boundTo) {
      if (bytes.length < ivBytes + tagBytes) throw new RangeError("the value is too short");
      const decipher = createDecipheriv(algorithm, key, bytes.subarray(0, ivBytes), { authTagLength: tagBytes });
      decipher.setAAD(boundTo).setAuthTag(bytes.subarray(bytes.length - tagBytes));
      const text = decipher.update(bytes.subarray(ivBytes, bytes.length - tagBytes));
      return Buffer.concat([text, decipher.final()]);
    },
  };
}
