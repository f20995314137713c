import { readFileSync } from "node:fs";
import { type Clock, errorMessage, type JsonValue, type Log } from "@lateen/base";
import {
  type ApiServerOptions,
  oidcAuthenticator,
  parseAuthenticationConfig,
  parseTokenFile,
  type Store,
  staticTokens,
  type TokenAuthenticator,
} from "@lateen/apiserver";
import { openAuditLog, parseAuditPolicy } from "@lateen/apiserver/audit/node";
import { aesGcm, encryptStore, parseEncryptionConfig, reencrypt } from "@lateen/apiserver/encryption/node";
import { nodePlatform } from "@lateen/apiserver/platform/node";
import { readYaml } from "@lateen/objects";
import { StartError } from "./options.ts";
import type { SecurityOptions } from "./security-options.ts";

export interface Security extends AsyncDisposable {
  readonly server: Pick<ApiServerOptions, "tokenAuthenticators" | "audit" | "auditPolicy" | "anonymous">;
  /** The store as it must be used: values are encrypted and decrypted on the way. */
  protect(store: Store): Store;
}

/** Reads the files. @throws StartError that names the file and the place in it. */
export function readSecurity(
  options: SecurityOptions,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): Security {
  const tokenAuthenticators: TokenAuthenticator[] = [];
  const { tokenFile, authenticationConfig, auditLog, auditPolicy, encryptionConfig } = options;
  if (tokenFile !== undefined) {
    tokenAuthenticators.push(staticTokens(read("token file", tokenFile, parseTokenFile)));
  }
  let anonymous: boolean | undefined;
  if (authenticationConfig !== undefined) {
    const config = read("authentication configuration", authenticationConfig, (text) =>
      parseAuthenticationConfig(yamlOf(text)),
    );
    anonymous = config.anonymous;
    const { issuers } = config;
    tokenAuthenticators.push(oidcAuthenticator({ issuers, platform: nodePlatform, clock, log }));
  }
  if (auditPolicy !== undefined && auditLog === undefined) {
    throw new StartError("an audit policy needs a file to write to: name one with --audit-log");
  }
  const policy =
    auditPolicy === undefined ? undefined : read("audit policy", auditPolicy, (text) => parseAuditPolicy(yamlOf(text)));
  const rules =
    encryptionConfig === undefined
      ? undefined
      : read("encryption configuration", encryptionConfig, (text) => parseEncryptionConfig(yamlOf(text), aesGcm));
  const file = auditLog === undefined ? undefined : openLog(auditLog);
  return {
    server: {
      tokenAuthenticators,
      ...(anonymous !== undefined && { anonymous }),
      ...(file && { audit: file.sink }),
      ...(policy && { auditPolicy: policy }),
    },
    protect: (store) => {
      if (rules === undefined) return store;
      const protectedStore = encryptStore(store, rules);
      // Keys rotate by a new one put first: what lies under another is written again while the server runs.
      reencrypt(protectedStore).then(
        (written) => {
          if (written > 0) log({ level: "info", message: `${written} values were encrypted with the first key` });
        },
        (error: unknown) => log({ level: "error", message: "encrypting stored values", error: errorMessage(error) }),
      );
      return protectedStore;
    },
    [Symbol.asyncDispose]: () => Promise.resolve(file?.close()),
  };
}

function openLog(path: string): ReturnType<typeof openAuditLog> {
  try {
    return openAuditLog({ path });
  } catch (error) {
    throw new StartError(`open the audit log ${path}: ${errorMessage(error)}`, { cause: error });
  }
}

function read<T>(what: string, path: string, parse: (text: string) => T): T {
  try {
    return parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new StartError(`read the ${what} ${path}: ${errorMessage(error)}`, { cause: error });
  }
}

function yamlOf(text: string): JsonValue {
  return readYaml(text);
}
