// Command kinds reads the Go types of the Kubernetes API and writes their facts (fields, numbers, merge keys,
// list types, defaults, enums; no prose) as a compact table for packages/objects.
//
//	cd tools/kinds && go run . > ../../packages/objects/src/kinds/generated/types.ts
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"log"
	"os"
	"reflect"
	"slices"
	"sort"
	"strconv"
	"strings"

	"golang.org/x/tools/go/packages"
)

// roots are the packages all of whose object types are described; what they refer to comes with them.
var roots = []string{
	"k8s.io/api/admission/v1",
	"k8s.io/api/admissionregistration/v1",
	"k8s.io/api/apps/v1",
	"k8s.io/api/authentication/v1",
	"k8s.io/api/authorization/v1",
	"k8s.io/api/autoscaling/v1",
	"k8s.io/api/autoscaling/v2",
	"k8s.io/api/batch/v1",
	"k8s.io/api/certificates/v1",
	"k8s.io/api/coordination/v1",
	"k8s.io/api/core/v1",
	"k8s.io/api/discovery/v1",
	"k8s.io/api/events/v1",
	"k8s.io/api/flowcontrol/v1",
	"k8s.io/api/networking/v1",
	"k8s.io/api/node/v1",
	"k8s.io/api/policy/v1",
	"k8s.io/api/rbac/v1",
	"k8s.io/api/resource/v1",
	"k8s.io/api/scheduling/v1",
	"k8s.io/api/storage/v1",
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1",
	"k8s.io/apimachinery/pkg/apis/meta/v1",
	"k8s.io/kube-aggregator/pkg/apis/apiregistration/v1",
	"k8s.io/metrics/pkg/apis/metrics/v1beta1",
}

const metaPackage = "k8s.io/apimachinery/pkg/apis/meta/v1"
const extensionsPackage = "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"

// leaves are the types with a JSON form of their own, each with its letter in the table.
var leaves = map[string]string{
	"k8s.io/apimachinery/pkg/api/resource.Quantity":     "q",
	"k8s.io/apimachinery/pkg/util/intstr.IntOrString":   "x",
	metaPackage + ".Time":                               "t",
	metaPackage + ".MicroTime":                          "u",
	metaPackage + ".Duration":                           "d",
	metaPackage + ".FieldsV1":                           "f",
	"k8s.io/apimachinery/pkg/runtime.RawExtension":      "a",
	"k8s.io/apimachinery/pkg/runtime.Object":            "a",
	extensionsPackage + ".JSON":                         "j",
	extensionsPackage + ".JSONSchemaPropsOrBool":        "o",
	extensionsPackage + ".JSONSchemaPropsOrArray":       "r",
	extensionsPackage + ".JSONSchemaPropsOrStringArray": "p",
}

var builtins = map[types.BasicKind]string{
	types.String: "s", types.Int32: "i", types.Int64: "l", types.Int: "l", types.Uint32: "i", types.Uint8: "i",
	types.Float64: "n", types.Bool: "b",
}

type typeDoc struct {
	spec *ast.TypeSpec
	doc  []string
}

type generator struct {
	packages map[string]*packages.Package
	docs     map[string]map[string]typeDoc
	index    map[string]int // full type name → position
	order    []*types.Named
	lines    []string
	enums    []string
	enumAt   map[string]int
}

func main() {
	config := &packages.Config{
		Mode: packages.NeedName | packages.NeedTypes | packages.NeedSyntax | packages.NeedTypesInfo | packages.NeedImports | packages.NeedDeps,
	}
	loaded, err := packages.Load(config, roots...)
	if err != nil {
		log.Fatal(err)
	}
	g := &generator{
		packages: map[string]*packages.Package{}, docs: map[string]map[string]typeDoc{},
		index: map[string]int{}, enumAt: map[string]int{},
	}
	packages.Visit(loaded, nil, func(p *packages.Package) { g.packages[p.PkgPath] = p })
	for _, path := range roots {
		scope := g.packages[path].Types.Scope()
		for _, name := range scope.Names() {
			if named := objectType(scope.Lookup(name)); named != nil {
				g.reference(named)
			}
		}
	}
	for _, name := range []string{"WatchEvent", "Patch"} {
		g.reference(g.packages[metaPackage].Types.Scope().Lookup(name).Type().(*types.Named))
	}
	for next := 0; next < len(g.order); next++ {
		g.lines = append(g.lines, g.describe(g.order[next]))
	}
	g.write()
}

// objectType is the struct that embeds TypeMeta, nil for everything else.
func objectType(object types.Object) *types.Named {
	typeName, ok := object.(*types.TypeName)
	if !ok || !typeName.Exported() || typeName.IsAlias() {
		return nil
	}
	named, ok := typeName.Type().(*types.Named)
	if !ok {
		return nil
	}
	structure, ok := named.Underlying().(*types.Struct)
	if !ok {
		return nil
	}
	for i := range structure.NumFields() {
		if field := structure.Field(i); field.Embedded() && qualified(field.Type()) == metaPackage+".TypeMeta" {
			if strings.HasPrefix(typeName.Name(), "Internal") {
				return nil
			}
			return named
		}
	}
	return nil
}

func qualified(t types.Type) string {
	named, ok := types.Unalias(t).(*types.Named)
	if !ok || named.Obj().Pkg() == nil {
		return ""
	}
	return named.Obj().Pkg().Path() + "." + named.Obj().Name()
}

func (g *generator) reference(named *types.Named) int {
	name := qualified(named)
	if at, known := g.index[name]; known {
		return at
	}
	at := len(g.order)
	g.index[name] = at
	g.order = append(g.order, named)
	return at
}

// docOf finds a type's declaration and comment lines.
func (g *generator) docOf(packagePath, name string) typeDoc {
	if g.docs[packagePath] == nil {
		found := map[string]typeDoc{}
		for _, file := range g.packages[packagePath].Syntax {
			for _, declaration := range file.Decls {
				general, ok := declaration.(*ast.GenDecl)
				if !ok || general.Tok != token.TYPE {
					continue
				}
				for _, spec := range general.Specs {
					typeSpec := spec.(*ast.TypeSpec)
					doc := typeSpec.Doc
					if doc == nil {
						doc = general.Doc
					}
					found[typeSpec.Name.Name] = typeDoc{typeSpec, commentLines(doc)}
				}
			}
		}
		g.docs[packagePath] = found
	}
	return g.docs[packagePath][name]
}

func commentLines(group *ast.CommentGroup) []string {
	if group == nil {
		return nil
	}
	var lines []string
	for _, comment := range group.List {
		for line := range strings.SplitSeq(comment.Text, "\n") {
			lines = append(lines, strings.TrimSpace(strings.Trim(strings.TrimSpace(line), "/*")))
		}
	}
	return lines
}

// marker is the values of `+name=value` lines; a bare `+name` gives "".
func marker(lines []string, name string) []string {
	var values []string
	for _, line := range lines {
		if line == "+"+name {
			values = append(values, "")
		} else if value, ok := strings.CutPrefix(line, "+"+name+"="); ok {
			values = append(values, value)
		}
	}
	return values
}

func last(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[len(values)-1]
}

func (g *generator) describe(named *types.Named) string {
	packagePath, name := named.Obj().Pkg().Path(), named.Obj().Name()
	doc := g.docOf(packagePath, name)
	flags := ""
	if last(marker(doc.doc, "structType")) == "atomic" || last(marker(doc.doc, "mapType")) == "atomic" {
		flags = "!"
	}
	fields := g.fields(named, "")
	return strings.Join(append([]string{openAPIName(packagePath, name) + flags}, fields...), "|")
}

func openAPIName(packagePath, name string) string {
	parts := strings.Split(packagePath, "/")
	host := strings.Split(parts[0], ".")
	slices.Reverse(host)
	return strings.Join(append(host, parts[1:]...), ".") + "." + name
}

// fields are those of the struct with the inlined ones expanded; inline is the protobuf path to them.
func (g *generator) fields(named *types.Named, inline string) []string {
	packagePath := named.Obj().Pkg().Path()
	spec := g.docOf(packagePath, named.Obj().Name()).spec
	for {
		if identifier, ok := spec.Type.(*ast.Ident); ok {
			spec = g.docOf(packagePath, identifier.Name).spec
			continue
		}
		if selector, ok := spec.Type.(*ast.SelectorExpr); ok {
			packagePath = g.importPath(packagePath, selector.X.(*ast.Ident))
			spec = g.docOf(packagePath, selector.Sel.Name).spec
			continue
		}
		break
	}
	structure := named.Underlying().(*types.Struct)
	docs := fieldDocs(spec.Type.(*ast.StructType))
	var out []string
	for i := range structure.NumFields() {
		field, tag := structure.Field(i), reflect.StructTag(structure.Tag(i))
		name, options, _ := strings.Cut(tag.Get("json"), ",")
		number := protoNumber(tag)
		if name == "-" {
			continue
		}
		if name == "" && field.Embedded() {
			inner := field.Type()
			if pointer, ok := inner.(*types.Pointer); ok {
				inner = pointer.Elem()
			}
			// Protobuf leaves out what has no number (TypeMeta).
			path := "0"
			if number != "" {
				path = strings.TrimPrefix(inline+"."+number, ".")
			}
			out = append(out, g.fields(types.Unalias(inner).(*types.Named), path)...)
			continue
		}
		if name == "" || !field.Exported() {
			continue
		}
		out = append(out, g.field(field, fieldTags{name, options, number, inline, tag, docs[field.Name()], packagePath}))
	}
	return out
}

func (g *generator) importPath(packagePath string, identifier *ast.Ident) string {
	use := g.packages[packagePath].TypesInfo.Uses[identifier]
	return use.(*types.PkgName).Imported().Path()
}

func fieldDocs(structure *ast.StructType) map[string][]string {
	docs := map[string][]string{}
	for _, field := range structure.Fields.List {
		for _, name := range field.Names {
			docs[name.Name] = commentLines(field.Doc)
		}
		if len(field.Names) == 0 {
			expression := field.Type
			if star, ok := expression.(*ast.StarExpr); ok {
				expression = star.X
			}
			if selector, ok := expression.(*ast.SelectorExpr); ok {
				docs[selector.Sel.Name] = commentLines(field.Doc)
			} else if identifier, ok := expression.(*ast.Ident); ok {
				docs[identifier.Name] = commentLines(field.Doc)
			}
		}
	}
	return docs
}

func protoNumber(tag reflect.StructTag) string {
	parts := strings.Split(tag.Get("protobuf"), ",")
	if len(parts) < 2 {
		return ""
	}
	return parts[1]
}

type fieldTags struct {
	name, options, number, inline string
	tag                           reflect.StructTag
	doc                           []string
	packagePath                   string
}

func (g *generator) field(field *types.Var, tags fieldTags) string {
	typed := field.Type()
	flags := ""
	if pointer, ok := typed.(*types.Pointer); ok {
		typed = pointer.Elem()
		flags += "P"
	}
	omitEmpty := strings.Contains(tags.options, "omitempty")
	if omitEmpty {
		flags += "O"
	}
	if strings.Contains(tags.options, "omitzero") {
		flags += "Z"
	}
	optional := omitEmpty || strings.Contains(tags.options, "omitzero") || len(marker(tags.doc, "optional")) > 0
	if len(marker(tags.doc, "required")) > 0 || !optional {
		flags += "R"
	}
	named, _ := types.Unalias(typed).(*types.Named)
	var typeDocs []string
	if named != nil && named.Obj().Pkg() != nil && strings.Contains(named.Obj().Pkg().Path(), "/") {
		typeDocs = g.docOf(named.Obj().Pkg().Path(), named.Obj().Name()).doc
	}
	if last(marker(tags.doc, "structType")) == "atomic" || last(marker(tags.doc, "mapType")) == "atomic" {
		flags += "A"
	}
	if last(marker(tags.doc, "structType")) == "granular" || last(marker(tags.doc, "mapType")) == "granular" {
		flags += "G"
	}
	out := []string{tags.name, g.expression(typed), tags.number, flags}
	if out[2] == "" || tags.inline == "0" {
		out[2], tags.inline = "0", ""
	}
	add := func(key, value string) {
		if value != "" {
			out = append(out, key+value)
		}
	}
	add("i", tags.inline)
	add("p", tags.tag.Get("patchStrategy"))
	add("k", tags.tag.Get("patchMergeKey"))
	listType := last(marker(tags.doc, "listType"))
	if listType == "" && last(marker(typeDocs, "listType")) != "" {
		listType = last(marker(typeDocs, "listType"))
	}
	add("l", listType)
	keys := marker(tags.doc, "listMapKey")
	if len(keys) == 0 {
		keys = marker(tags.doc, "listMapKeys")
	}
	add("m", strings.Join(keys, ","))
	if values := marker(tags.doc, "default"); len(values) > 0 {
		add("d", g.defaultValue(values[0], tags.packagePath))
	} else if values := marker(typeDocs, "default"); len(values) > 0 {
		add("d", g.defaultValue(values[0], named.Obj().Pkg().Path()))
	}
	return strings.TrimRight(strings.Join(out, " "), " ")
}

// defaultValue is JSON without blanks: a literal, or the constant that ref(…) names.
func (g *generator) defaultValue(text, packagePath string) string {
	if reference, ok := strings.CutPrefix(text, "ref("); ok {
		reference = strings.TrimSuffix(reference, ")")
		if dot := strings.LastIndex(reference, "."); dot >= 0 {
			packagePath, reference = reference[:dot], reference[dot+1:]
		}
		value := g.packages[packagePath].Types.Scope().Lookup(reference).(*types.Const).Val()
		if value.Kind() == constant.String {
			text = strconv.Quote(constant.StringVal(value))
		} else {
			text = value.ExactString()
		}
	}
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		log.Fatalf("default %s: %v", text, err)
	}
	compact, _ := json.Marshal(value)
	if strings.ContainsAny(string(compact), " |\n") {
		log.Fatalf("default %s cannot be written in the table", text)
	}
	return string(compact)
}

// expression is the type in the table's letters: see generated/types.ts.
func (g *generator) expression(t types.Type) string {
	t = types.Unalias(t)
	if letter, ok := leaves[qualified(t)]; ok {
		return letter
	}
	switch typed := t.(type) {
	case *types.Pointer:
		return g.expression(typed.Elem())
	case *types.Named:
		switch under := typed.Underlying().(type) {
		case *types.Struct:
			return "#" + strconv.FormatInt(int64(g.reference(typed)), 36)
		case *types.Basic:
			if under.Kind() == types.String {
				return g.enum(typed)
			}
			return g.expression(under)
		case *types.Slice:
			doc := g.docOf(typed.Obj().Pkg().Path(), typed.Obj().Name()).doc
			if len(marker(doc, "protobuf.nullable")) > 0 {
				return "(" + g.expression(under.Elem())
			}
			return g.expression(under)
		default:
			return g.expression(under)
		}
	case *types.Slice:
		if basic, ok := typed.Elem().(*types.Basic); ok && basic.Kind() == types.Uint8 {
			return "y"
		}
		return "[" + g.expression(typed.Elem())
	case *types.Map:
		return "{" + g.expression(typed.Elem())
	case *types.Interface:
		return "a"
	case *types.Basic:
		if letter, ok := builtins[typed.Kind()]; ok {
			return letter
		}
	}
	log.Fatalf("no letter for %s", t)
	return ""
}

func (g *generator) enum(named *types.Named) string {
	if named.Obj().Pkg() == nil {
		return "s"
	}
	doc := g.docOf(named.Obj().Pkg().Path(), named.Obj().Name()).doc
	if len(marker(doc, "enum")) == 0 {
		return "s"
	}
	var values []string
	scope := named.Obj().Pkg().Scope()
	for _, name := range scope.Names() {
		if c, ok := scope.Lookup(name).(*types.Const); ok && types.Identical(c.Type(), named) {
			values = append(values, constant.StringVal(c.Val()))
		}
	}
	sort.Strings(values)
	joined := strings.Join(slices.Compact(values), ",")
	at, known := g.enumAt[joined]
	if !known {
		at = len(g.enums)
		g.enumAt[joined] = at
		g.enums = append(g.enums, joined)
	}
	return "e" + strconv.FormatInt(int64(at), 36)
}

func (g *generator) write() {
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	fmt.Fprint(out, header)
	fmt.Fprintf(out, "\nexport const enumLines = `%s`;\n", strings.Join(g.enums, "\n"))
	fmt.Fprintf(out, "\nexport const typeLines = `%s`;\n", strings.Join(g.lines, "\n"))
}

const header = `/**
 * Generated by tools/kinds from the Go types of the Kubernetes API v0.36.6 (k8s.io/api, apimachinery,
 * apiextensions-apiserver, kube-aggregator, metrics): facts only. Do not edit.
 *
 * typeLines: one type a line, ` + "`NAME[!]|FIELD|FIELD…`" + `; ! = atomic in server-side apply. A field is words with blanks between:
 * name, type, protobuf number, flags (P pointer, O omitempty, Z omitzero, R required, A atomic map or struct, G granular although
 * the type is atomic), then
 * i protobuf path of an inlined struct, p patchStrategy, k patchMergeKey, l listType, m listMapKeys, d default as JSON.
 * Types: s string, eN string of enum N, i int32, l int64, n number, b boolean, y bytes, q Quantity, x IntOrString,
 * t Time, u MicroTime, d Duration, f FieldsV1, a any (RawExtension), j JSON, o r p the JSONSchemaPropsOr… of
 * apiextensions, [T list, (T list in a protobuf message of its own, {T map, #N type N. Numbers are in base 36.
 */
`
