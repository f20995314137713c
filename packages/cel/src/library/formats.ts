import {
  nameIsDns1035Label,
  nameIsLabel,
  nameIsSubdomain,
  validateDns1035Label,
  validateDns1123Label,
  validateDns1123Subdomain,
  validateLabelValue,
  validateQualifiedName,
} from "@lateen/objects";
import { listType, opaque, optionalType, stringType } from "../types.ts";
import { CelOpaque, CelOptional, PlainList } from "../values.ts";
import { parseTimestamp } from "./convert.ts";
import { type Overload, fn, method, walksText } from "./function.ts";

/** Kubernetes' named formats: `format.dns1123Label().validate(text)`. */

type Validate = (text: string) => readonly string[];

const shape =
  (pattern: RegExp, message: string): Validate =>
  (text) =>
    pattern.test(text) ? [] : [message];

const uuid = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;

function isDate(text: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(text) && parseTimestamp(`${text}T00:00:00Z`) !== undefined;
}

const formats: Readonly<Record<string, Validate>> = {
  dns1123Label: validateDns1123Label,
  dns1123Subdomain: validateDns1123Subdomain,
  dns1035Label: validateDns1035Label,
  dns1123LabelPrefix: (text) => nameIsLabel(text, { prefix: true }),
  dns1123SubdomainPrefix: (text) => nameIsSubdomain(text, { prefix: true }),
  dns1035LabelPrefix: (text) => nameIsDns1035Label(text, { prefix: true }),
  qualifiedName: validateQualifiedName,
  labelValue: validateLabelValue,
  uri: shape(/^(?:[A-Za-z][A-Za-z0-9+.-]*:|\/)[^\s<>"{}|\\^`]*$/, "invalid URI for request"),
  uuid: shape(uuid, "does not match the UUID format"),
  byte: (text) => (text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text) ? [] : ["invalid base64"]),
  date: (text) => (isDate(text) ? [] : ["invalid date"]),
  datetime: (text) => (parseTimestamp(text) === undefined ? ["invalid datetime"] : []),
};

const formatType = opaque("kubernetes.NamedFormat");
const valueOf = (name: string): CelOpaque<Validate> => new CelOpaque("kubernetes.NamedFormat", formats[name]!, name);

export const formatLibrary: readonly Overload[] = [
  ...Object.keys(formats).map((name) => fn(`format.${name}`, [], formatType, () => valueOf(name))),
  fn("format.named", [stringType], optionalType(formatType), (name: string) =>
    Object.hasOwn(formats, name) ? new CelOptional(valueOf(name)) : CelOptional.none,
  ),
  method(
    "validate",
    [formatType, stringType],
    optionalType(listType(stringType)),
    ({ value }: CelOpaque<Validate>, text: string) => {
      const messages = value(text);
      return messages.length === 0 ? CelOptional.none : new CelOptional(new PlainList(messages));
    },
    { cost: walksText(1) },
  ),
];
