/**
 * From syntax tree to program: names are resolved to blocks and labels, literals become values, struct literals become
 * plans. Everything that is wrong before evaluation is found here: unknown names, unused ones, marks at a wrong place.
 * Values of fields and elements are compiled from a list of work, not by recursion: texts may be nested deeply.
 */
import type { Diagnostic } from "@lateen/base";
import type * as ast from "../syntax/ast.ts";
import { type Label, identLabel } from "../eval/label.ts";
import { bottom } from "../eval/values.ts";
import { packageAdvice } from "./advice.ts";
import { Compilation, type CompileEnvironment } from "./compilation.ts";
import { compileStruct } from "./declarations.ts";
import { packagePathOf } from "./import-path.ts";
import type { StructLit } from "./ir.ts";
import { Scope } from "./scope.ts";

export interface CompiledFile {
  readonly plan: StructLit;
  readonly diagnostics: readonly Diagnostic[];
}

/** Compiles one file of an instance. */
export function compileFile(file: ast.File, environment: CompileEnvironment): CompiledFile {
  const compilation = new Compilation(file, environment);
  const scope = new Scope(undefined, "struct");
  for (const spec of file.imports) declareImport(compilation, scope, spec);
  const plan = compileStruct(compilation, file, scope);
  compilation.finish();
  return { plan, diagnostics: compilation.diagnostics };
}

/** The top-level fields of a file that other files of its package can refer to. */
export function topLevelFields(file: ast.File, hiddenPackage: string): Map<string, Label> {
  const fields = new Map<string, Label>();
  for (const decl of file.decls) {
    if (decl.kind !== "field") continue;
    const label = decl.label.kind === "alias-label" ? decl.label.label : decl.label;
    if (label.kind === "ident") fields.set(label.name, identLabel(label.name, hiddenPackage));
  }
  return fields;
}

function declareImport(compilation: Compilation, scope: Scope, spec: ast.ImportSpec): void {
  const { localName } = spec;
  const importPath = packagePathOf(spec, compilation.environment.hasPackage);
  if (!compilation.environment.hasPackage(importPath)) {
    const isBuiltin = !(importPath.split("/")[0] ?? "").includes(".");
    compilation.error(
      spec,
      isBuiltin
        ? `builtin package ${JSON.stringify(importPath)} undefined`
        : `cannot find package ${JSON.stringify(importPath)}`,
      packageAdvice(importPath, compilation.environment.packagePaths?.() ?? []),
    );
    const bad = bottom({ message: `package ${JSON.stringify(importPath)} is not known` });
    scope.bindings.set(localName, {
      kind: "import",
      name: localName,
      ident: { kind: "ident", name: localName, start: spec.start, end: spec.end },
      isUsed: true,
      mayBeUnused: true,
      refer: (_, at) => ({ kind: "value", value: bad, src: compilation.source(at) }),
    });
    return;
  }
  const ident: ast.Ident = spec.name ?? { kind: "ident", name: localName, start: spec.start, end: spec.end };
  if (scope.bindings.has(localName)) {
    compilation.error(spec, `${localName} redeclared as imported package name`);
    return;
  }
  scope.bindings.set(localName, {
    kind: "import",
    name: localName,
    ident,
    isUsed: false,
    mayBeUnused: false,
    refer: (_, at) => ({ kind: "import-ref", path: importPath, name: localName, src: compilation.source(at) }),
  });
  compilation.work.unshift(() => {
    compilation.path = undefined;
    if (scope.bindings.get(localName)?.isUsed === false)
      compilation.error(
        spec,
        `imported and not used: ${JSON.stringify(importPath)}${spec.name === undefined ? "" : ` as ${localName}`}`,
      );
  });
}

export type { CompileEnvironment };
