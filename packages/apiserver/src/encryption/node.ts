export { aesGcm } from "./node/aes-gcm.ts";
export { EncryptionConfigError, parseEncryptionConfig } from "./encryption-config.ts";
export { type EncryptionRule, encryptStore, reencrypt } from "./encrypted-store.ts";
