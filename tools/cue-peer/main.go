// The reference implementation of CUE behind a line protocol, for tools/differential-cue.mjs: a JSON object {id, source}
// a line in, {id, status, json, message, paths, fields} a line out. Built in a folder of its own beside go.mod of the peer.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/cuecontext"
	"cuelang.org/go/cue/errors"
	"cuelang.org/go/cue/parser"
	_ "cuelang.org/go/pkg"
)

type program struct {
	ID     string `json:"id"`
	Source string `json:"source"`
}

type outcome struct {
	ID      string    `json:"id,omitempty"`
	Path    string    `json:"path,omitempty"`
	Status  string    `json:"status"`
	JSON    string    `json:"json,omitempty"`
	Message string    `json:"message,omitempty"`
	Paths   []string  `json:"paths,omitempty"`
	Fields  []outcome `json:"fields,omitempty"`
}

func (o *outcome) fail(status string, err error) {
	o.Status = status
	seen := map[string]bool{}
	for i, e := range errors.Errors(err) {
		if i == 0 {
			o.Message = e.Error()
		}
		if path := strings.Join(errors.Path(e), "."); !seen[path] {
			seen[path] = true
			o.Paths = append(o.Paths, path)
		}
	}
}

func export(v cue.Value) (o outcome) {
	if err := v.Validate(); err != nil {
		o.fail("error", err)
		return o
	}
	if err := v.Validate(cue.Concrete(true)); err != nil {
		o.fail("incomplete", err)
		return o
	}
	text, err := v.MarshalJSON()
	if err != nil {
		o.fail("error", err)
		return o
	}
	return outcome{Status: "ok", JSON: string(text)}
}

func run(p program) (o outcome) {
	defer func() {
		if r := recover(); r != nil {
			o = outcome{ID: p.ID, Status: "panic", Message: fmt.Sprint(r)}
		}
	}()
	file, err := parser.ParseFile("in.cue", p.Source)
	if err != nil {
		o.fail("compile", err)
		o.ID = p.ID
		return o
	}
	v := cuecontext.New().BuildFile(file)
	if err := v.Err(); err != nil && strings.Contains(err.Error(), "not found") {
		o.fail("compile", err)
		o.ID = p.ID
		return o
	}
	o = export(v)
	o.ID = p.ID
	if o.Status == "ok" {
		return o
	}
	if fields, err := v.Fields(); err == nil {
		for fields.Next() {
			field := export(fields.Value())
			field.Path = fields.Selector().String()
			field.Paths = nil
			o.Fields = append(o.Fields, field)
		}
	}
	return o
}

func main() {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(make([]byte, 1<<20), 1<<28)
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	for in.Scan() {
		var p program
		if err := json.Unmarshal(in.Bytes(), &p); err != nil {
			panic(err)
		}
		done := make(chan outcome, 1)
		go func() { done <- run(p) }()
		select {
		case o := <-done:
			out.Encode(o)
		case <-time.After(2 * time.Second):
			// What runs on would take the memory of the machine: the caller starts a new process.
			out.Encode(outcome{ID: p.ID, Status: "timeout"})
			os.Exit(3)
		}
	}
}
