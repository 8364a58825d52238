package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"

	"callmanager/signalling/cm"
)

const readmePath = "../../README.md"

// describe returns the descriptors of the schema, as protoc writes them.
func describe(t *testing.T, flags ...string) []byte {
	t.Helper()
	if _, err := exec.LookPath("protoc"); err != nil {
		t.Skip("needs protoc (Debian package protobuf-compiler)")
	}
	out := filepath.Join(t.TempDir(), "set")
	args := append([]string{"--proto_path=../../cmdpb", "--descriptor_set_out=" + out}, flags...)
	if b, err := exec.Command("protoc", append(args, "cmd.proto")...).CombinedOutput(); err != nil {
		t.Fatalf("protoc: %v\n%s", err, b)
	}
	b, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// described returns the same, parsed.
func described(t *testing.T) *descriptorpb.FileDescriptorSet {
	t.Helper()
	set := new(descriptorpb.FileDescriptorSet)
	if err := proto.Unmarshal(describe(t, "--include_source_info"), set); err != nil {
		t.Fatal(err)
	}
	return set
}

// The reference in the tree is that of the schema and of the code in the tree.
func TestReadme(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "set")
	if err := os.WriteFile(path, describe(t, "--include_source_info"), 0o600); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := run([]string{path}, &b); err != nil {
		t.Fatal(err)
	}
	have, err := os.ReadFile(readmePath)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(have) {
		t.Error("api/README.md is stale; run: make generate")
	}
}

// Each invariant of the model is in the reference once, and each link in it leads to a section.
func TestInvariantsAndLinks(t *testing.T) {
	b, err := os.ReadFile(readmePath)
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	const all = 63
	if len(invariants) != all {
		t.Errorf("%d invariants, the model has %d", len(invariants), all)
	}
	for n := 1; n <= all; n++ {
		row := fmt.Sprintf("\n| INV-%d | ", n)
		if strings.Count(text, row) != 1 {
			t.Errorf("INV-%d has %d rows", n, strings.Count(text, row))
		}
	}
	headings := make(map[string]bool)
	for line := range strings.Lines(text) {
		if name, ok := strings.CutPrefix(line, "### "); ok {
			headings[strings.ToLower(strings.TrimSpace(name))] = true
		}
	}
	for _, m := range regexp.MustCompile(`\]\(#([a-z]+)\)`).FindAllStringSubmatch(text, -1) {
		if !headings[m[1]] {
			t.Errorf("a link leads to #%s, which is not there", m[1])
		}
	}
}

// edit changes the comments of a message in descriptors.
func edit(t *testing.T, set *descriptorpb.FileDescriptorSet, name string, change func(string) string) {
	t.Helper()
	file := set.GetFile()[0]
	i := slices.IndexFunc(file.GetMessageType(), func(m *descriptorpb.DescriptorProto) bool { return m.GetName() == name })
	for _, loc := range file.GetSourceCodeInfo().GetLocation() {
		if path := loc.GetPath(); len(path) == 2 && path[0] == 4 && path[1] == int32(i) {
			was := loc.GetLeadingComments()
			now := change(was)
			if now == was {
				t.Fatalf("the comment of %s is not changed: %q", name, was)
			}
			loc.LeadingComments = &now
			return
		}
	}
	t.Fatalf("%s has no comment", name)
}

// wantError wants descriptors to be refused with words.
func wantError(t *testing.T, set *descriptorpb.FileDescriptorSet, words string) {
	t.Helper()
	s, err := parse(set)
	if err == nil {
		_, err = render(s)
	}
	if err == nil || !strings.Contains(err.Error(), words) {
		t.Errorf("%v, want %q", err, words)
	}
}

// An operation or an indication without one of its lines is refused.
func TestMissingLines(t *testing.T) {
	whole := described(t)
	s, err := parse(whole)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Operations) < 20 || len(s.Indications) < 10 || len(s.Completions) < 5 {
		t.Fatalf("%d operations, %d indications, %d completions", len(s.Operations), len(s.Indications), len(s.Completions))
	}
	names := make(map[string][]string) // by line
	for _, o := range s.Operations {
		for _, l := range operationLines {
			names[l] = append(names[l], o.Name)
		}
	}
	for _, i := range s.Indications {
		for _, l := range indicationLines {
			names[l] = append(names[l], i.Name)
		}
	}
	for l, names := range names {
		set := proto.CloneOf(whole)
		for _, name := range names {
			edit(t, set, name, func(c string) string { return strings.Replace(c, " "+l+": ", " "+l+" ", 1) })
		}
		_, err := parse(set)
		for _, name := range names {
			if words := fmt.Sprintf("%s: its comment has no line %q", name, l+":"); err == nil || !strings.Contains(err.Error(), words) {
				t.Errorf("%v, want %q", err, words)
			}
		}
	}
}

// A comment that says what cannot be is refused.
func TestBadComments(t *testing.T) {
	whole := described(t)
	replace := func(from, to string) func(string) string {
		return func(c string) string { return strings.Replace(c, from, to, 1) }
	}
	for _, tc := range []struct {
		name   string
		change func(string) string
		words  string
	}{
		{"MakeCall", replace("Completion: MakeCallComplete", "Completion: MakeCallDone"), "MakeCall: it is completed by MakeCallDone, which is no message"},
		{"MakeCall", replace("Completion: MakeCallComplete", "Completion: none"), "MakeCallComplete: no operation names it"},
		{"MakeCall", replace("Binds: INV-5", "Binds: INV-64"), `"INV-64" binds nothing: want INV-1 to INV-63`},
		{"MakeCall", replace("Binds: INV-5", "Binds: INV-0"), `"INV-0" binds nothing`},
		{"MakeCall", replace("Binds: INV-5", "Binds: rule 5"), `"rule 5" binds nothing`},
		{"MakeCall", replace("Binds: INV-5", "Binds: INV-9"), "MakeCall: the invariants are not in order"},
		{"MakeCall", replace("Answer: ", "Frees: "), "MakeCall: the line Frees is not of such a comment, or there twice"},
		{"MakeCall", replace("Answer: ", "Sent: "), "MakeCall: the line Sent is not of such a comment"},
		{"OpenAF", replace("minor 3", "minor 9"), "OpenAF: its comment does not say"},
		{"RegisterSAP", replace("INV-16, ", ""), "INV-16 binds []"},
		{"RegisterSAP", replace("INV-16", "INV-6, INV-16"), `INV-6 binds ["RegisterSAP"] and has no meaning`},
		{"AddPVC", replace("AddPVC (1.2)", "AddPVC (1.1)"), "cmd.v1.ClientMessage.add_pvc is marked with version 1.1, and the daemon refuses it below 1.2"},
		{"AddPVC", replace("AddPVC (1.2)", "AddPVC"), "add_pvc is marked with version 1.0, and the daemon refuses it below 1.2"},
		{"CreateVC", replace("CreateVC makes", "CreateVC (1.1) makes"), "create_vc is marked with version 1.1, and the daemon refuses it below 1.0"},
		{"AddPVC", replace("AddPVC (1.2)", "AddPvc (1.2)"), "stands behind another name"},
	} {
		set := proto.CloneOf(whole)
		edit(t, set, tc.name, func(c string) string {
			if strings.Contains(tc.words, "minor") {
				c = strings.Replace(c, fmt.Sprint("minor ", cm.MinorVersion), "minor 2", 1)
			}
			return tc.change(c)
		})
		wantError(t, set, tc.words)
	}
}

// An operation that is new to the schema needs a comment; so does a status, and a message by which the daemon completes something.
func TestNewOperation(t *testing.T) {
	whole := described(t)
	add := func(set *descriptorpb.FileDescriptorSet, to, name string) {
		file := set.GetFile()[0]
		file.MessageType = append(file.MessageType, &descriptorpb.DescriptorProto{Name: &name})
		for _, m := range file.GetMessageType() {
			if m.GetName() == to {
				m.Field = append(m.Field, &descriptorpb.FieldDescriptorProto{
					Name: new("shiny"), Number: new(int32(4000)), TypeName: new(".cmd.v1." + name), OneofIndex: new(int32(0)),
					Type: descriptorpb.FieldDescriptorProto_TYPE_MESSAGE.Enum(), Label: descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum(),
				})
			}
		}
	}
	for _, tc := range []struct{ to, name, words string }{
		{"ClientMessage", "Shiny", `Shiny: its comment has no line "Precondition:"`},
		{"ServerMessage", "Shiny", `Shiny: its comment has no line "Sent:"`},
		{"ServerMessage", "ShinyComplete", "ShinyComplete: no operation names it"},
	} {
		set := proto.CloneOf(whole)
		add(set, tc.to, tc.name)
		wantError(t, set, tc.words)
	}
	set := proto.CloneOf(whole)
	for _, e := range set.GetFile()[0].GetEnumType() {
		if e.GetName() == "Status" {
			e.Value = append(e.Value, &descriptorpb.EnumValueDescriptorProto{Name: new("SHINY"), Number: new(int32(4000))})
		}
	}
	wantError(t, set, "SHINY: the status has no words")
}

// What is no schema with comments is refused.
func TestNoSchema(t *testing.T) {
	for _, b := range [][]byte{nil, []byte("\xff\xff"), describe(t)} {
		if _, err := reference(b); err == nil {
			t.Errorf("%d octets make a reference", len(b))
		}
	}
	if err := run(nil, nil); err == nil {
		t.Error("no arguments are no error")
	}
	if err := run([]string{"/nonexistent/set"}, nil); err == nil {
		t.Error("no file is no error")
	}
}
