import { statusError } from "../status/errors.ts";

/** What the client wants to read: the media type and, for objects, the shape. */
export interface AcceptedForm {
  readonly mediaType: "application/json" | "application/yaml" | "application/vnd.kubernetes.protobuf";
  /** `Table`, `PartialObjectMetadata`, `PartialObjectMetadataList` of meta.k8s.io. */
  readonly as?: { readonly kind: string; readonly version: string } | undefined;
  readonly pretty?: boolean;
}

interface Clause {
  readonly type: string;
  readonly params: ReadonlyMap<string, string>;
  readonly quality: number;
}

export function acceptClauses(header: string): readonly Clause[] {
  return header
    .split(",")
    .map((text) => {
      const [type = "", ...rest] = text.split(";").map((part) => part.trim());
      const params = new Map(rest.map((part) => part.split("=", 2) as [string, string]));
      const quality = Number(params.get("q") ?? "1");
      return { type: type.toLowerCase(), params, quality: Number.isNaN(quality) ? 1 : quality };
    })
    .filter((clause) => clause.type !== "")
    .toSorted((a, b) => b.quality - a.quality);
}

const shapes = new Set(["Table", "PartialObjectMetadata", "PartialObjectMetadataList"]);

const protobuf = "application/vnd.kubernetes.protobuf";

/** Clients that take JSON beside protobuf get JSON, which lies ready. */
function mediaTypeOf(type: string): AcceptedForm["mediaType"] | undefined {
  if (type === "application/json" || type === "*/*" || type === "application/*") return "application/json";
  return type === "application/yaml" ? type : undefined;
}

/**
 * The first clause that the server can serve. @throws NotAcceptable when there is none: in the short form, or with the
 * list of types when only the `as=` of a known type is unknown.
 */
export function negotiate(header: string | undefined, allowShapes: boolean): AcceptedForm {
  if (header === undefined) return plainJson;
  const known = negotiated.get(header);
  if (known !== undefined && allowShapes) return known;
  const form = negotiateAnew(header, allowShapes);
  if (allowShapes && header.length < 500) {
    if (negotiated.size > 1_000) negotiated.clear();
    negotiated.set(header, form);
  }
  return form;
}

const plainJson: AcceptedForm = { mediaType: "application/json" };
/** Clients send the same few headers over and over. */
const negotiated = new Map<string, AcceptedForm>();

function negotiateAnew(header: string, allowShapes: boolean): AcceptedForm {
  if (header.trim() === "") return plainJson;
  let knownType = false;
  let takesProtobuf = false;
  for (const { type, params } of acceptClauses(header)) {
    takesProtobuf ||= type === protobuf && !params.has("as") && !params.has("stream");
    const mediaType = mediaTypeOf(type);
    if (mediaType === undefined) continue;
    const as = params.get("as");
    if (as === undefined) return { mediaType };
    knownType = true;
    if (!allowShapes || !shapes.has(as) || params.get("g") !== "meta.k8s.io") continue;
    const version = params.get("v");
    if (version === "v1" || version === "v1beta1") return { mediaType, as: { kind: as, version } };
  }
  if (takesProtobuf && allowShapes) return { mediaType: protobuf };
  if (knownType) {
    throw statusError(406, "NotAcceptable", `only the following media types are accepted: ${served.join(", ")}`);
  }
  throw notAcceptable(served);
}

function notAcceptable(types: readonly string[]): Error {
  const text = `406: Not Acceptable\n\nAvailable representations: ${types.join(", ")}`;
  return statusError(406, "NotAcceptable", text, {});
}

/** Custom resources have no protobuf form. @throws NotAcceptable for a client that takes nothing else. */
export function checkCustomForm({ mediaType }: AcceptedForm): void {
  if (mediaType === protobuf) throw notAcceptable(served.slice(0, 2));
}

const served = ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"];
