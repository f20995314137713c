/** Volumes of pods and persistent volumes (validateVolumeSource, ValidatePersistentVolumeSpec; 1.36). */
import type { JsonObject, JsonValue } from "@lateen/base";
import { validateDns1123Subdomain } from "../../names/names.ts";
import { compareQuantities, parseQuantity } from "../../values/quantity.ts";
import { number, objects, read, record, text, texts } from "../tables/read.ts";
import { claimSpec } from "./claims.ts";
import { fieldRef, resourceFieldRef } from "./containers.ts";
import { type FieldErrors, has } from "./field-errors.ts";
import { descendingPath, noBacksteps, nonDescendingPath } from "./paths.ts";
import { quantityOf } from "./resources.ts";

type Source = (errors: FieldErrors, field: string, source: JsonObject) => void;

const modeRange = "must be a number between 0 and 0777 (octal), both inclusive";

function mode(errors: FieldErrors, field: string, value: JsonValue | undefined): void {
  if (typeof value === "number" && (value < 0 || value > 0o777)) errors.invalid(field, value, modeRange);
}

function items(errors: FieldErrors, field: string, source: JsonObject): void {
  for (const [index, item] of objects(source, "items").entries()) {
    const at = `${field}.items[${index}]`;
    if (text(item, "key") === "") errors.required(`${at}.key`);
    if (text(item, "path") === "") errors.required(`${at}.path`);
    else nonDescendingPath(errors, `${at}.path`, text(item, "path"));
    mode(errors, `${at}.mode`, read(item, "mode"));
  }
}

/** A source that needs certain texts. */
function needs(...names: readonly string[]): Source {
  return (errors, field, source) => {
    for (const name of names) errors.present(field, source, name);
  };
}

const hostPathTypes = [
  "",
  "BlockDevice",
  "CharDevice",
  "Directory",
  "DirectoryOrCreate",
  "File",
  "FileOrCreate",
  "Socket",
];

function hostPath(errors: FieldErrors, field: string, source: JsonObject): void {
  if (errors.present(field, source, "path")) noBacksteps(errors, `${field}.path`, text(source, "path"));
  const type = read(source, "type");
  if (typeof type === "string") errors.anyOf(`${field}.type`, type, hostPathTypes);
}

function nfs(errors: FieldErrors, field: string, source: JsonObject): void {
  errors.present(field, source, "server");
  errors.present(field, source, "path");
  if (!text(source, "path").startsWith("/"))
    errors.invalid(`${field}.path`, text(source, "path"), "must be an absolute path");
}

function csiDriverName(errors: FieldErrors, field: string, name: string): void {
  if (name === "") {
    errors.required(field);
    return;
  }
  if (name.length > 63) errors.tooLong(field, 63);
  errors.messages(field, name, validateDns1123Subdomain(name.toLowerCase()));
}

export { csiDriverName };

function iscsi(errors: FieldErrors, field: string, source: JsonObject): void {
  errors.present(field, source, "targetPortal");
  const iqn = text(source, "iqn");
  if (iqn === "") errors.required(`${field}.iqn`);
  else if (!/^(?:iqn|eui|naa)/.test(iqn)) errors.invalid(`${field}.iqn`, iqn, "must be valid format");
  const lun = number(source, "lun");
  if (lun < 0 || lun > 255) errors.invalid(`${field}.lun`, lun, "must be between 0 and 255, inclusive");
  const secretNeeded = read(source, "chapAuthDiscovery") === true || read(source, "chapAuthSession") === true;
  if (secretNeeded && !has(source, "secretRef")) errors.required(`${field}.secretRef`);
  if (has(source, "secretRef") && text(source, "secretRef", "name") === "") errors.required(`${field}.secretRef.name`);
}

function rbd(errors: FieldErrors, field: string, source: JsonObject): void {
  if (texts(source, "monitors").length === 0) errors.required(`${field}.monitors`);
  errors.present(field, source, "image");
}

function downwardItems(errors: FieldErrors, field: string, source: JsonObject): void {
  for (const item of objects(source, "items")) downwardItem(errors, field, item);
}

function downwardItem(errors: FieldErrors, at: string, item: JsonObject): void {
  const path = text(item, "path");
  if (path === "") errors.required(`${at}.path`);
  else nonDescendingPath(errors, `${at}.path`, path);
  const [byField, byResource] = [has(item, "fieldRef"), has(item, "resourceFieldRef")];
  if (byField) {
    fieldRef(errors, `${at}.fieldRef`, record(item, "fieldRef"), "volume");
    if (byResource) errors.invalid(at, "resource", "fieldRef and resourceFieldRef can not be specified simultaneously");
  } else if (byResource)
    resourceFieldRef(errors, `${at}.resourceFieldRef`, record(item, "resourceFieldRef"), { inVolume: true });
  else errors.required(at, "one of fieldRef and resourceFieldRef is required");
  mode(errors, `${at}.mode`, read(item, "mode"));
}

const projections = [
  "secret",
  "configMap",
  "downwardAPI",
  "serviceAccountToken",
  "clusterTrustBundle",
  "podCertificate",
];

function projected(errors: FieldErrors, field: string, source: JsonObject): void {
  mode(errors, `${field}.defaultMode`, read(source, "defaultMode"));
  const paths = new Set<string>();
  const claim = (path: string, shown = path): void => {
    if (path === "") return;
    if (paths.has(path)) errors.invalid(field, shown, "conflicting duplicate paths");
    paths.add(path);
  };
  for (const [index, projection] of objects(source, "sources").entries()) {
    const at = `${field}.sources[${index}]`;
    const given = projections.filter((name) => has(projection, name));
    for (const name of given.slice(1)) errors.forbidden(`${at}.${name}`, "may not specify more than 1 volume type");
    for (const name of ["secret", "configMap"]) {
      if (!given.includes(name)) continue;
      const inner = record(projection, name);
      errors.present(`${at}.${name}`, inner, "name");
      items(errors, `${at}.${name}`, inner);
      for (const item of objects(inner, "items")) claim(text(item, "path"), text(inner, "name"));
    }
    if (given.includes("downwardAPI")) {
      for (const item of objects(projection, "downwardAPI", "items")) {
        downwardItem(errors, `${at}.downwardAPI`, item);
        claim(text(item, "path"));
      }
    }
    if (given.includes("serviceAccountToken")) {
      token(errors, { at: `${at}.serviceAccountToken`, field }, record(projection, "serviceAccountToken"));
      claim(text(projection, "serviceAccountToken", "path"));
    }
  }
}

/** The path is reported below the volume, the rest below the source. */
function token(
  errors: FieldErrors,
  { at, field }: { readonly at: string; readonly field: string },
  source: JsonObject,
): void {
  const seconds = number(source, "expirationSeconds");
  if (seconds < 600)
    errors.invalid(`${at}.expirationSeconds`, seconds, "may not specify a duration less than 10 minutes");
  if (seconds > 2 ** 32)
    errors.invalid(`${at}.expirationSeconds`, seconds, "may not specify a duration larger than 2^32 seconds");
  if (text(source, "path") === "") errors.required(`${field}.path`);
  else nonDescendingPath(errors, `${field}.path`, text(source, "path"));
}

/** In the order in which the validation looks for them. */
const sources: Readonly<Record<string, Source>> = {
  emptyDir: (errors, field, source) => {
    const limit = read(source, "sizeLimit");
    if (limit !== undefined && compareQuantities(quantityOf(limit), parseQuantity("0")) < 0)
      errors.forbidden(`${field}.sizeLimit`, "SizeLimit field must be a valid resource quantity");
  },
  hostPath,
  gitRepo: (errors, field, source) => {
    errors.present(field, source, "repository");
    if (text(source, "directory") !== "") descendingPath(errors, `${field}.directory`, text(source, "directory"));
  },
  gcePersistentDisk: (errors, field, source) => {
    errors.present(field, source, "pdName");
    const partition = number(source, "partition");
    if (partition < 0 || partition > 255)
      errors.invalid(`${field}.partition`, partition, "must be between 0 and 255, inclusive");
  },
  awsElasticBlockStore: (errors, field, source) => {
    errors.present(field, source, "volumeID");
    const partition = number(source, "partition");
    if (partition < 0 || partition > 255)
      errors.invalid(`${field}.partition`, partition, "must be between 0 and 255, inclusive");
  },
  secret: (errors, field, source) => {
    errors.present(field, source, "secretName");
    mode(errors, `${field}.defaultMode`, read(source, "defaultMode"));
    items(errors, field, source);
  },
  nfs,
  iscsi,
  glusterfs: needs("endpoints", "path"),
  persistentVolumeClaim: needs("claimName"),
  rbd,
  cinder: (errors, field, source) => {
    errors.present(field, source, "volumeID");
    if (has(source, "secretRef") && text(source, "secretRef", "name") === "")
      errors.required(`${field}.secretRef.name`);
  },
  cephfs: (errors, field, source) => {
    if (texts(source, "monitors").length === 0) errors.required(`${field}.monitors`);
  },
  flocker: (errors, field, source) => {
    const [name, uuid] = [text(source, "datasetName"), text(source, "datasetUUID")];
    if (name === "" && uuid === "") errors.required(field, "one of datasetName and datasetUUID is required");
    if (name !== "" && uuid !== "")
      errors.invalid(field, "resource", "datasetName and datasetUUID can not be specified simultaneously");
    if (name.includes("/")) errors.invalid(`${field}.datasetName`, name, "must not contain '/'");
  },
  downwardAPI: (errors, field, source) => {
    mode(errors, `${field}.defaultMode`, read(source, "defaultMode"));
    downwardItems(errors, field, source);
  },
  fc: (errors, field, source) => {
    const [wwns, wwids] = [texts(source, "targetWWNs").length, texts(source, "wwids").length];
    if (wwns === 0 && wwids === 0)
      errors.required(`${field}.targetWWNs`, "must specify either targetWWNs or wwids, but not both");
    if (wwns > 0 && wwids > 0)
      errors.invalid(
        `${field}.targetWWNs`,
        texts(source, "targetWWNs"),
        "targetWWNs and wwids can not be specified simultaneously",
      );
    if (wwns > 0) {
      if (!has(source, "lun")) errors.required(`${field}.lun`, "lun is required if targetWWNs is specified");
      else if (number(source, "lun") < 0 || number(source, "lun") > 255)
        errors.invalid(`${field}.lun`, number(source, "lun"), "must be between 0 and 255, inclusive");
    }
  },
  flexVolume: needs("driver"),
  configMap: (errors, field, source) => {
    errors.present(field, source, "name");
    mode(errors, `${field}.defaultMode`, read(source, "defaultMode"));
    items(errors, field, source);
  },
  azureFile: needs("secretName", "shareName"),
  vsphereVolume: needs("volumePath"),
  photonPersistentDisk: needs("pdID"),
  portworxVolume: needs("volumeID"),
  azureDisk: (errors, field, source) => {
    errors.present(field, source, "diskName");
    errors.present(field, source, "diskURI");
    const caching = read(source, "cachingMode");
    if (typeof caching === "string") errors.anyOf(`${field}.cachingMode`, caching, ["None", "ReadOnly", "ReadWrite"]);
    const kind = read(source, "kind");
    if (typeof kind === "string") errors.anyOf(`${field}.kind`, kind, ["Dedicated", "Managed", "Shared"]);
    const uri = text(source, "diskURI");
    if (kind === "Managed" && !uri.startsWith("/subscriptions/"))
      errors.unsupported(`${field}.diskURI`, uri, [
        "/subscriptions/{sub-id}/resourceGroups/{group-name}/providers/Microsoft.Compute/disks/{disk-id}",
      ]);
    if (kind !== "Managed" && !uri.startsWith("https://"))
      errors.unsupported(`${field}.diskURI`, uri, [
        "https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd",
      ]);
  },
  storageos: (errors, field, source) => {
    const name = text(source, "volumeName");
    if (name === "") errors.required(`${field}.volumeName`);
    else errors.label(`${field}.volumeName`, name);
    if (text(source, "volumeNamespace") !== "")
      errors.label(`${field}.volumeNamespace`, text(source, "volumeNamespace"));
  },
  projected,
  scaleIO: needs("gateway", "system", "volumeName"),
  csi: (errors, field, source) => {
    csiDriverName(errors, `${field}.driver`, text(source, "driver"));
    if (has(source, "nodePublishSecretRef") && text(source, "nodePublishSecretRef", "name") === "")
      errors.required(`${field}.nodePublishSecretRef.name`);
  },
  ephemeral: (errors, field, source) => {
    if (!has(source, "volumeClaimTemplate")) errors.required(`${field}.volumeClaimTemplate`);
    else claimSpec(errors, `${field}.volumeClaimTemplate.spec`, record(source, "volumeClaimTemplate", "spec"));
  },
  image: (errors, field, source) => {
    const policy = text(source, "pullPolicy");
    errors.present(field, source, "reference");
    if (policy !== "") errors.anyOf(`${field}.pullPolicy`, policy, ["Always", "IfNotPresent", "Never"]);
  },
};

/** One and only one source. */
export function volumeSource(errors: FieldErrors, field: string, owner: JsonObject): void {
  const given = Object.keys(sources).filter((name) => has(owner, name));
  const [first, ...others] = given;
  if (first === undefined) {
    errors.required(field, "must specify a volume type");
    return;
  }
  sources[first]?.(errors, `${field}.${first}`, record(owner, first));
  for (const name of others) errors.forbidden(`${field}.${name}`, "may not specify more than 1 volume type");
}

/** The volumes of a pod; gives their names. */
export function podVolumes(errors: FieldErrors, field: string, spec: JsonObject): ReadonlySet<string> {
  const names = new Set<string>();
  for (const [index, volume] of objects(spec, "volumes").entries()) {
    const at = `${field}[${index}]`;
    const name = text(volume, "name");
    const before = errors.list.length;
    volumeSource(errors, at, volume);
    if (name === "") errors.required(`${at}.name`);
    else {
      errors.label(`${at}.name`, name);
      if (names.has(name)) errors.duplicate(`${at}.name`, name);
    }
    if (errors.list.length === before) names.add(name);
  }
  return names;
}
