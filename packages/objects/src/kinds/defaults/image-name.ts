const component = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*$/;
const domainForm =
  /^(?:(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?$/;
const tagForm = /^\w[\w.-]{0,127}$/;
const digestForm = /^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}$/;
const identifier = /^[a-f0-9]{64}$/;

/**
 * Whether an image is asked for by the tag `latest`, written or implied: then it is always pulled. A text that is no
 * image reference is not (distribution/reference, ParseNormalizedNamed).
 */
export function isLatest(image: string): boolean {
  const at = image.indexOf("@");
  const digest = at < 0 ? undefined : image.slice(at + 1);
  const named = at < 0 ? image : image.slice(0, at);
  const colon = named.lastIndexOf(":");
  const hasTag = colon > named.lastIndexOf("/");
  const tag = hasTag ? named.slice(colon + 1) : undefined;
  if (!isName(hasTag ? named.slice(0, colon) : named)) return false;
  if (digest !== undefined && !digestForm.test(digest)) return false;
  if (tag !== undefined) return tagForm.test(tag) && tag === "latest";
  return digest === undefined;
}

function isName(name: string): boolean {
  if (identifier.test(name)) return false;
  const slash = name.indexOf("/");
  const first = slash < 0 ? "" : name.slice(0, slash);
  const hasDomain = /[.:]/.test(first) || first === "localhost" || first !== first.toLowerCase();
  const path = hasDomain ? name.slice(slash + 1) : name;
  if (hasDomain && !domainForm.test(first)) return false;
  return name.length <= 255 && path.split("/").every((part) => component.test(part));
}
