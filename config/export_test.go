package config

import (
	"fmt"
	"strings"
)

// KeyDoc is a key of the schema for the tests that hold the documentation in step.
type KeyDoc struct {
	Section, Name, Default, Example, Doc string
	Required                             bool
}

// Keys lists the whole schema in the order of its reference.
func Keys() []KeyDoc {
	keys := append(keysOf(daemonSection, daemonFields), keysOf(limitsSection, limitFields)...)
	keys = append(keys, keysOf(linkSection, linkFields)...)
	keys = append(keys, keysOf(pvcSection, pvcFields)...)
	return append(keys, keysOf(wireSection, wireFields)...)
}

func keysOf[T any](s section, fields []field[T]) (out []KeyDoc) {
	for _, f := range fields {
		out = append(out, KeyDoc{s.header, f.name, f.def, f.example, f.doc, f.required})
	}
	return out
}

// Reference renders the schema as doc.go must hold it.
func Reference() string {
	var b strings.Builder
	line := func(left, doc string) {
		const width = 26
		if len(left) >= width {
			fmt.Fprintf(&b, "//\t%s\n", left)
			left = ""
		}
		fmt.Fprintf(&b, "//\t%-*s%s\n", width, left, doc)
	}
	for _, s := range sections {
		line(s.header, s.doc)
		for _, k := range Keys() {
			switch {
			case k.Section != s.header:
			case k.Required:
				line("  "+k.Name+" (required)", k.Doc)
			default:
				line("  "+k.Name+" = "+k.Default, k.Doc)
			}
		}
	}
	return b.String()
}

// Nearest exposes the search for a word.
var Nearest = nearest

// Distance exposes the edit distance.
var Distance = distance
