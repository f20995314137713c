import type { Decl, Expr, File, ImportDecl, ImportSpec, PackageClause } from "./ast.ts";
import { parseDeep } from "./deep.ts";
import { type ParseResult, ParsedFile, Places } from "./file.ts";
import { unquote } from "./literal.ts";
import { parseComprehension } from "./parse-clause.ts";
import { endDecl, parseAttribute, parseDecls } from "./parse-decl.ts";
import { parseIdent, parseValue } from "./parse-expr.ts";
import { Token } from "./token.ts";
import { type Grammar, TokenStream, isCloser, tooDeepForRecursion } from "./token-stream.ts";

export interface ParseOptions {
  /** What positions name as their source. */
  readonly filename?: string;
}

/**
 * Reads a file. Never throws: errors come as diagnostics, one a line, by place, and the tree holds what could be read.
 * Brackets may nest up to `maxNesting` levels; chains (`a: b: c:`, `a + b + c`) as far as the text goes.
 */
export function parseFile(text: string, options: ParseOptions = {}): ParseResult {
  const places = new Places(options.filename ?? "", text);
  return parseWith(places, (stream) => parseFileDecls(stream, places));
}

/** Reads one expression; anything after it is an error. */
export function parseExpression(
  text: string,
  options: ParseOptions = {},
): { readonly expr: Expr; readonly diagnostics: ParseResult["diagnostics"] } {
  const places = new Places(options.filename ?? "", text);
  const result = parseWith(places, (stream) => {
    stream.experiments = "all";
    const expr = parseValue(stream);
    if (stream.token === Token.comma && stream.scanner.impliedComma) stream.next();
    if (stream.token !== Token.eof) stream.errorExpected("'EOF'");
    return new ParsedFile(places, [{ kind: "embed", start: expr.start, end: expr.end, expr }]);
  });
  const [decl] = result.file.decls;
  const expr: Expr = decl?.kind === "embed" ? decl.expr : { kind: "bad-expr", start: 0, end: text.length };
  return { expr, diagnostics: result.diagnostics };
}

const grammar: Grammar = { parseDecls, parseComprehension };

function parseWith(places: Places, parse: (stream: TokenStream) => File): ParseResult {
  const stream = new TokenStream(places, grammar);
  try {
    stream.restart();
    const file = parse(stream);
    return { file, diagnostics: stream.diagnostics() };
  } catch (error) {
    if (error !== tooDeepForRecursion) throw error;
    return parseDeep(places, grammar, parse);
  }
}

function parseFileDecls(stream: TokenStream, places: Places): File {
  const { comments } = stream;
  const scope = comments.current;
  const decls: Decl[] = [];
  comments.openList();
  parseFileAttributes(stream, decls);
  if (stream.isWord("package") && !isFieldName(stream)) decls.push(parsePackage(stream));
  parseFileAttributes(stream, decls);
  while (stream.isWord("import") && !isFieldName(stream)) decls.push(parseImports(stream));
  parseRest(stream, decls);
  comments.closeList();
  const file = new ParsedFile(places, decls);
  if (scope.groups !== undefined && scope.groups.length > 0) Object.assign(file, { comments: scope.groups });
  return file;
}

/** A stray `}` ends the declarations; it is reported and the reading goes on behind it. */
function parseRest(stream: TokenStream, decls: Decl[]): void {
  for (;;) {
    for (const decl of parseDecls(stream)) decls.push(decl);
    if (stream.token === Token.eof) return;
    stream.errorExpected("'EOF'");
    stream.next();
    if (stream.token === Token.comma) stream.next();
  }
}

function parseFileAttributes(stream: TokenStream, decls: Decl[]): void {
  while (stream.token === Token.attribute) {
    const attribute = parseAttribute(stream);
    decls.push(attribute);
    if (attribute.name === "experiment" && stream.experiments !== "all") {
      for (const name of attribute.body.split(",")) stream.experiments.add(name.trim());
    }
    endDecl(stream);
  }
}

/** `package: 1` and `import?: 2` are fields. */
function isFieldName(stream: TokenStream): boolean {
  const code = stream.peekCode();
  return code === 0x3a || code === 0x3f || code === 0x21 || code === 0x3d || code === 0x7e;
}

function parsePackage(stream: TokenStream): PackageClause {
  const scope = stream.comments.open();
  const { start, relPos } = stream;
  stream.next();
  const name = parseIdent(stream);
  if (name.name.startsWith("#") || name.name.startsWith("_#")) {
    stream.errorAt(name.start, `invalid package name ${name.name}`);
  }
  endDecl(stream);
  return stream.comments.close(scope, { kind: "package", start, end: name.end, relPos, name });
}

function parseImports(stream: TokenStream): ImportDecl {
  const scope = stream.comments.open();
  const { start, relPos } = stream;
  let { end } = stream;
  stream.next();
  const specs: ImportSpec[] = [];
  const parenthesized = stream.token === Token.lparen;
  let closeRelPos: ImportDecl["closeRelPos"];
  if (parenthesized) {
    stream.comments.openList();
    stream.next();
    parseImportList(stream, specs);
    stream.comments.closeList();
    closeRelPos = stream.relPos;
    end = stream.end;
    stream.expect(Token.rparen);
  } else {
    const spec = parseImportSpec(stream);
    specs.push(spec);
    end = spec.end;
  }
  if (parenthesized) endDecl(stream);
  return stream.comments.close(scope, {
    kind: "import",
    start,
    end,
    relPos,
    specs,
    parenthesized,
    ...(closeRelPos !== undefined && { closeRelPos }),
  });
}

function parseImportList(stream: TokenStream, specs: ImportSpec[]): void {
  while (stream.token !== Token.rparen && stream.token !== Token.eof) {
    const before = stream.start;
    specs.push(parseImportSpec(stream));
    if (stream.start === before) return;
  }
}

/** With the comma behind it, so that a comment on its line is its own. */
function parseImportSpec(stream: TokenStream): ImportSpec {
  const scope = stream.comments.open();
  const { start, relPos } = stream;
  const name = stream.token === Token.ident ? parseIdent(stream) : undefined;
  const path = parseImportPath(stream);
  const { importPath, localName } = readImportPath(stream, path);
  if (stream.token === Token.comma) stream.next();
  else if (!isCloser(stream.token)) stream.errorExpected("','");
  return stream.comments.close(scope, {
    kind: "import-spec",
    start,
    end: path.end,
    relPos,
    name,
    path,
    importPath,
    localName: name?.name ?? localName,
  });
}

function parseImportPath(stream: TokenStream): ImportSpec["path"] {
  const scope = stream.comments.open();
  const { start, relPos } = stream;
  if (stream.token === Token.string) {
    const { text, end } = stream;
    stream.next();
    return stream.comments.close(scope, { kind: "literal", start, end, relPos, type: "string", text });
  }
  stream.errorExpected("import path in quotes");
  if (stream.token !== Token.comma && stream.token !== Token.rparen && stream.token !== Token.eof) stream.next();
  return stream.comments.close(scope, { kind: "literal", start, end: start, relPos, type: "string", text: "" });
}

function readImportPath(stream: TokenStream, path: ImportSpec["path"]): { importPath: string; localName: string } {
  if (path.text === "") return { importPath: "", localName: "" };
  const decoded = unquote(path.text);
  const value = decoded.kind === "string" ? decoded.value : "";
  if (value === "" || /[\s!"#$%&'()*,;<=>?[\]^`{|}\\\uFFFD]/u.test(value)) {
    stream.errorAt(path.start, `invalid import path: ${path.text}`);
  }
  const colon = value.lastIndexOf(":");
  const importPath = colon < 0 ? value : value.slice(0, colon);
  const last = importPath.slice(importPath.lastIndexOf("/") + 1);
  const localName = colon < 0 ? last.replace(/@.*$/u, "") : value.slice(colon + 1);
  return { importPath, localName };
}
