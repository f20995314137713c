/** The Applications that documentation and definitions show, for tests that hold for all of them. */
import { readFileSync, readdirSync } from "node:fs";
import { resolve } from "node:path";
import { type JsonObject, isJsonObject } from "@lateen/base";
import { type KubeObject, readManifests, readYaml, toYaml } from "@lateen/objects";

const root = resolve(import.meta.dirname, "../../../..");

export interface ExampleApplication {
  readonly name: string;
  readonly text: string;
  readonly application: KubeObject;
}

/** One for each example of `definitions/README.md`, by the name of its definition. */
export function definitionExamples(
  readme: string = resolve(root, "definitions/README.md"),
): readonly ExampleApplication[] {
  const sections = readFileSync(readme, "utf8");
  return sections.split(/^### /m).flatMap((section): readonly ExampleApplication[] => {
    const text = /^```yaml\n([^]*?)^```/m.exec(section)?.[1];
    const spec = text === undefined ? undefined : readYaml(text);
    if (!isJsonObject(spec)) return [];
    const name = section.slice(0, section.indexOf("\n"));
    const application = applicationAround(spec);
    return [{ name, text: toYaml(application as unknown as JsonObject), application }];
  });
}

/** An Application with a part of a spec in it: a trait on a webservice, the rest beside one. */
export function applicationAround({ traits, ...rest }: JsonObject): KubeObject {
  const component = {
    name: "example",
    type: "webservice",
    properties: { image: "nginx" },
    ...(traits === undefined ? {} : { traits }),
  };
  return {
    apiVersion: "core.oam.dev/v1beta1",
    kind: "Application",
    metadata: { name: "example", namespace: "default" },
    spec: { components: [component], ...rest },
  };
}

/** The Applications of `docs/*.md` and of `examples/`. */
export function documentExamples(): readonly ExampleApplication[] {
  const docs = readdirSync(resolve(root, "docs")).filter((name) => name.endsWith(".md"));
  const blocks = docs.toSorted().flatMap((name) => {
    const text = readFileSync(resolve(root, "docs", name), "utf8");
    return [...text.matchAll(/^```yaml\n([^]*?)^```/gm)].map(([, block], index) => ({
      name: `docs/${name}#${index}`,
      text: block!,
    }));
  });
  const files = readdirSync(resolve(root, "examples")).filter((name) => name.endsWith(".yaml"));
  const all = [
    ...blocks,
    ...files.toSorted().map((name) => ({ name, text: readFileSync(resolve(root, "examples", name), "utf8") })),
  ];
  return all.flatMap(({ name, text }) =>
    /^kind: Application$/m.test(text)
      ? readManifests(text, { source: name })
          .objects.filter(({ kind }) => kind === "Application")
          .map((application) => ({ name, text, application: withNamespace(application) }))
      : [],
  );
}

const withNamespace = (application: KubeObject): KubeObject => ({
  ...application,
  metadata: { ...application.metadata, namespace: application.metadata.namespace ?? "default" },
});
