import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { codeOf } from "@lateen/base";
import { type ServiceAccountKey, createServiceAccountKey } from "@lateen/apiserver";

/**
 * The key that signs service accounts' tokens: kept in the data directory, so that tokens outlive a restart. A list of keys in
 * the file replaces it: the first signs, and tokens of the others go on.
 */
export async function keepServiceAccountKey(folder: string): Promise<ServiceAccountKey | readonly ServiceAccountKey[]> {
  const path = join(folder, "service-account.jwk");
  try {
    return JSON.parse(await readFile(path, "utf8")) as ServiceAccountKey | readonly ServiceAccountKey[];
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
  }
  const key = await createServiceAccountKey();
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(`${path}.new`, JSON.stringify(key), { mode: 0o600 });
  await rename(`${path}.new`, path);
  return key;
}
