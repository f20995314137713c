//go:build ignore

// Command internal-types writes the fields of the API server's internal types of pods and claims, as messages show them.
// It must be run inside a module that requires k8s.io/kubernetes v1.36 with all its replacements (not this one):
//
//	go run ./internal-types > packages/objects/src/kinds/generated/internal-types.ts
package main

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/kubernetes/pkg/apis/core"
)

var seen = map[reflect.Type]bool{}
var order []reflect.Type
var twins = map[reflect.Type]reflect.Type{}

func add(t, twin reflect.Type) {
	if seen[t] {
		return
	}
	seen[t] = true
	twins[t] = twin
	order = append(order, t)
}

func strip(t reflect.Type) reflect.Type {
	for t != nil && (t.Kind() == reflect.Ptr || t.Kind() == reflect.Slice || t.Kind() == reflect.Map) {
		t = t.Elem()
	}
	return t
}

var marshaler = reflect.TypeOf((*json.Marshaler)(nil)).Elem()

// kindOf gives s, i, b, q (text, number, boolean, quantity), j (JSON that may be null), o (an object as the API shows it)
// or the name of a struct, with *, [] or {} in front for what can be null.
func kindOf(t, twin reflect.Type) string {
	switch {
	case t == reflect.TypeOf(resource.Quantity{}):
		return "q"
	case t.Name() == "IntOrString":
		return "i"
	case t.Implements(marshaler) || reflect.PointerTo(t).Implements(marshaler):
		return "j"
	}
	switch t.Kind() {
	case reflect.Ptr:
		return "*" + kindOf(t.Elem(), elem(twin))
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return "*j"
		}
		return "[]" + kindOf(t.Elem(), elem(twin))
	case reflect.Map:
		return "{}" + kindOf(t.Elem(), elem(twin))
	case reflect.String:
		return "s"
	case reflect.Bool:
		return "b"
	case reflect.Struct:
		if strings.HasSuffix(t.PkgPath(), "meta/v1") || t.Name() == "ObjectMeta" {
			return "o"
		}
		add(t, strip(twin))
		return t.Name()
	default:
		return "i"
	}
}

func elem(t reflect.Type) reflect.Type {
	if t == nil {
		return nil
	}
	switch t.Kind() {
	case reflect.Ptr, reflect.Slice, reflect.Map:
		return t.Elem()
	}
	return t
}

func fields(t, twin reflect.Type) {
	for i := 0; i < t.NumField(); i++ {
		f := t.Field(i)
		if f.Anonymous && f.Name == "ObjectMeta" {
			continue
		}
		if f.Anonymous && f.Type.Kind() == reflect.Struct && f.Tag.Get("json") == "" {
			fields(f.Type, twin)
			continue
		}
		usual := strings.ToLower(f.Name[:1]) + f.Name[1:]
		name := usual
		var held reflect.Type
		if twin != nil && twin.Kind() == reflect.Struct {
			if other, ok := twin.FieldByName(f.Name); ok {
				held = other.Type
				name = strings.Split(other.Tag.Get("json"), ",")[0]
			}
		}
		fmt.Print(" ", f.Name)
		if name != usual {
			fmt.Print("=", name)
		}
		if kind := kindOf(f.Type, held); kind != "s" {
			fmt.Print(":", kind)
		}
	}
}

func main() {
	add(reflect.TypeOf(core.PodSpec{}), reflect.TypeOf(v1.PodSpec{}))
	add(reflect.TypeOf(core.PersistentVolumeClaimSpec{}), reflect.TypeOf(v1.PersistentVolumeClaimSpec{}))
	fmt.Print("// Made by tools/kinds/internal-types from k8s.io/kubernetes v1.36.3. Do not edit.\n\n")
	fmt.Print("/** A line for each type: its name, and its fields in their order as GO-NAME[=JSON-NAME][:KIND]. */\n")
	fmt.Print("export const internalTypes = `\n")
	for i := 0; i < len(order); i++ {
		fmt.Print(order[i].Name())
		fields(order[i], twins[order[i]])
		fmt.Println()
	}
	fmt.Println("`;")
}
