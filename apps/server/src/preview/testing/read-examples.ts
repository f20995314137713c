import { readFileSync } from "node:fs";
import { type JsonObject, isJsonObject } from "@lateen/base";
import { type KubeObject, readYaml } from "@lateen/objects";

/** The examples of `definitions/README.md` as Applications, a namespace each. */
export function readExamples(readme: string): readonly KubeObject[] {
  return readFileSync(readme, "utf8")
    .split(/^### /m)
    .flatMap((section, index): readonly KubeObject[] => {
      const text = /^```yaml\n([^]*?)^```/m.exec(section)?.[1];
      const spec = text === undefined ? undefined : readYaml(text);
      if (!isJsonObject(spec)) return [];
      const title = section
        .slice(0, section.indexOf("\n"))
        .toLowerCase()
        .replaceAll(/[^a-z0-9]+/g, "-");
      return [applicationOf(spec, `ex-${index}-${title}`.slice(0, 50).replace(/-+$/, ""))];
    });
}

/** A trait on a webservice, the rest beside one. */
function applicationOf(spec: JsonObject, namespace: string): KubeObject {
  const { traits, ...rest } = spec;
  const component = {
    name: "example",
    type: "webservice",
    properties: { image: "nginx" },
    ...(traits === undefined ? {} : { traits }),
  };
  return {
    apiVersion: "core.oam.dev/v1beta1",
    kind: "Application",
    metadata: { name: "example", namespace },
    spec: { components: [component], ...rest },
  } as unknown as KubeObject;
}
