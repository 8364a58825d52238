package main

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	"callmanager/api"
	"callmanager/signalling/cm"
)

// The lines that an operation and an indication have behind their descriptions.
var (
	operationLines  = []string{"Precondition", "Answer", "Completion", "Failure", "Frees", "Binds"}
	indicationLines = []string{"Sent", "Owes", "Binds"}
)

// schema is what the reference tells of the protocol.
type schema struct {
	Operations  []operation
	Indications []indication
	// Completions are the messages that complete operations, Others those that messages consist of.
	Completions, Others []message
	Statuses            []value
	Enums               []enum
	// Marks are what is not of version 1.0, by minor version.
	Marks map[int][]string
	// since has the minor version of each mark by its full name.
	since map[protoreflect.FullName]int
}

// message is a message with its fields.
type message struct {
	Name   string
	Minor  int
	Text   string
	Fields []field
}

// field is a field of a message, or one of a oneof.
type field struct {
	Name, Type string
	Number     int
	Minor      int
	Text       string
}

// operation is what a client asks for.
type operation struct {
	message
	Number     int
	Lines      map[string]string
	Completion string // the message, or nothing
	Binds      []int
}

// indication is what the daemon tells unasked.
type indication struct {
	message
	Number int
	Lines  map[string]string
	Binds  []int
}

// enum is an enumeration other than Status.
type enum struct {
	Name, Text string
	Values     []value
}

// value is a value of an enumeration.
type value struct {
	Name   string
	Number int
	Minor  int
	Text   string
}

// carriers are the messages of both directions that are no operations and tell nothing by themselves.
var carriers = []string{"ClientBatch", "ServerBatch", "Reply"}

// parse reads the schema and checks that its comments keep the convention.
func parse(set *descriptorpb.FileDescriptorSet) (*schema, error) {
	if len(set.GetFile()) != 1 || set.GetFile()[0].GetSourceCodeInfo() == nil {
		return nil, errors.New("want the descriptors of one file with its comments: protoc --include_source_info")
	}
	file, err := protodesc.NewFile(set.GetFile()[0], nil)
	if err != nil {
		return nil, fmt.Errorf("the descriptors make no schema: %w", err)
	}
	p := parser{file: file, s: &schema{Marks: make(map[int][]string), since: make(map[protoreflect.FullName]int)}}
	p.operations()
	p.daemon()
	p.others()
	p.enums()
	p.versions()
	return p.s, errors.Join(p.errs...)
}

// versions holds the marks of what a client can send to what the daemon refuses to earlier clients, and the version that
// OpenAF tells to that of the daemon.
func (p *parser) versions() {
	enforced := api.Since()
	for name := range p.reachable("ClientMessage") {
		if marked := p.s.since[name]; marked != int(enforced[name]) {
			p.bad(name.Name(), "%s is marked with version 1.%d, and the daemon refuses it below 1.%d", name, marked, enforced[name])
		}
		delete(enforced, name)
	}
	for name := range enforced {
		p.bad(name.Name(), "%s, which the daemon refuses below a version, is nothing that a client can send", name)
	}
	for _, o := range p.s.Operations {
		if words := fmt.Sprintf("major %d, minor %d", cm.MajorVersion, cm.MinorVersion); o.Name == "OpenAF" && !strings.Contains(o.Text, words) {
			p.bad("OpenAF", "its comment does not say %q, the daemon's version", words)
		}
	}
}

// reachable returns the full names of the fields, and of the values of enumerations, of a message and of what it has.
func (p *parser) reachable(name protoreflect.Name) map[protoreflect.FullName]bool {
	names, seen := make(map[protoreflect.FullName]bool), make(map[protoreflect.FullName]bool)
	var visit func(protoreflect.MessageDescriptor)
	visit = func(m protoreflect.MessageDescriptor) {
		if m == nil || seen[m.FullName()] {
			return
		}
		seen[m.FullName()] = true
		for i := range m.Fields().Len() {
			fd := m.Fields().Get(i)
			names[fd.FullName()] = true
			visit(fd.Message())
			if fd.Enum() == nil {
				continue
			}
			for j := range fd.Enum().Values().Len() {
				names[fd.Enum().Values().Get(j).FullName()] = true
			}
		}
	}
	visit(p.file.Messages().ByName(name))
	return names
}

// parser collects what the schema tells, and what is wrong with it.
type parser struct {
	file protoreflect.FileDescriptor
	s    *schema
	done map[protoreflect.Name]bool
	errs []error
}

// bad notes what is wrong with the comment of something.
func (p *parser) bad(what protoreflect.Name, format string, args ...any) {
	p.errs = append(p.errs, fmt.Errorf("%s: %s", what, fmt.Sprintf(format, args...)))
}

// choices returns the messages of the oneof of ClientMessage or ServerMessage.
func (p *parser) choices(name protoreflect.Name) (fields []protoreflect.FieldDescriptor) {
	m := p.file.Messages().ByName(name)
	if m == nil {
		p.bad(name, "there is no such message")
		return nil
	}
	for i := range m.Fields().Len() {
		fd := m.Fields().Get(i)
		switch {
		case fd.ContainingOneof() == nil || fd.Message() == nil:
		case slices.Contains(carriers, string(fd.Message().Name())):
			_, minor := p.marked(fd.Message())
			p.mark(fd, minor, "the message "+string(fd.Message().Name()))
		default:
			fields = append(fields, fd)
		}
	}
	if p.done == nil {
		p.done = map[protoreflect.Name]bool{"ClientMessage": true, "ServerMessage": true}
	}
	return fields
}

// operations reads what clients ask for.
func (p *parser) operations() {
	for _, fd := range p.choices("ClientMessage") {
		o := operation{message: p.message(fd.Message()), Number: int(fd.Number())}
		p.mark(fd, o.Minor, "the operation "+o.Name)
		o.Text, o.Lines = p.lines(fd.Message().Name(), o.Text, operationLines)
		if word, _, _ := strings.Cut(o.Lines["Completion"], " "); word != "" {
			if word = strings.Trim(word, ".,:;"); word != "none" {
				o.Completion = word
			}
		}
		o.Binds = p.binds(fd.Message().Name(), o.Lines["Binds"])
		p.s.Operations = append(p.s.Operations, o)
	}
}

// daemon reads what the daemon tells: completions are those that operations name.
func (p *parser) daemon() {
	completes := make(map[string]bool)
	for _, o := range p.s.Operations {
		if o.Completion != "" {
			completes[o.Completion] = true
		}
	}
	for _, fd := range p.choices("ServerMessage") {
		m := p.message(fd.Message())
		p.mark(fd, m.Minor, "the message "+m.Name)
		if completes[m.Name] {
			delete(completes, m.Name)
			p.s.Completions = append(p.s.Completions, m)
			continue
		}
		if strings.HasSuffix(m.Name, "Complete") {
			p.bad(fd.Message().Name(), "no operation names it in its Completion line")
		}
		i := indication{message: m, Number: int(fd.Number())}
		i.Text, i.Lines = p.lines(fd.Message().Name(), m.Text, indicationLines)
		i.Binds = p.binds(fd.Message().Name(), i.Lines["Binds"])
		p.s.Indications = append(p.s.Indications, i)
	}
	for _, o := range p.s.Operations {
		if completes[o.Completion] {
			p.bad(protoreflect.Name(o.Name), "it is completed by %s, which is no message of the daemon", o.Completion)
		}
	}
}

// others reads the messages that others consist of.
func (p *parser) others() {
	for i := range p.file.Messages().Len() {
		md := p.file.Messages().Get(i)
		if !p.done[md.Name()] {
			p.s.Others = append(p.s.Others, p.message(md))
		}
	}
}

// enums reads the enumerations.
func (p *parser) enums() {
	for i := range p.file.Enums().Len() {
		ed := p.file.Enums().Get(i)
		e := enum{Name: string(ed.Name()), Text: p.comment(ed)}
		for j := range ed.Values().Len() {
			vd := ed.Values().Get(j)
			v := value{Name: string(vd.Name()), Number: int(vd.Number())}
			v.Text, v.Minor = p.marked(vd)
			p.mark(vd, v.Minor, v.Name+" of "+e.Name)
			e.Values = append(e.Values, v)
			if e.Name == "Status" && v.Text == "" {
				p.bad(vd.Name(), "the status has no words")
			}
		}
		if e.Name == "Status" {
			p.s.Statuses = e.Values
		} else {
			p.s.Enums = append(p.s.Enums, e)
		}
	}
}

// message reads a message and its fields.
func (p *parser) message(md protoreflect.MessageDescriptor) message {
	p.done[md.Name()] = true
	m := message{Name: string(md.Name())}
	m.Text, m.Minor = p.marked(md)
	for i := range md.Fields().Len() {
		fd := md.Fields().Get(i)
		f := field{Name: string(fd.Name()), Number: int(fd.Number()), Type: typeOf(fd)}
		f.Text, f.Minor = p.marked(fd)
		p.mark(fd, f.Minor, m.Name+"."+f.Name)
		m.Fields = append(m.Fields, f)
	}
	return m
}

// typeOf returns the type of a field as the schema has it.
func typeOf(fd protoreflect.FieldDescriptor) string {
	name := fd.Kind().String()
	switch {
	case fd.Message() != nil:
		name = string(fd.Message().Name())
	case fd.Enum() != nil:
		name = string(fd.Enum().Name())
	}
	switch {
	case fd.IsList():
		return "repeated " + name
	case fd.HasOptionalKeyword():
		return "optional " + name
	}
	return name
}

// comment returns the comment above a declaration, or else behind it on its line.
func (p *parser) comment(d protoreflect.Descriptor) string {
	loc := p.file.SourceLocations().ByDescriptor(d)
	text := loc.LeadingComments
	if text == "" {
		text = loc.TrailingComments
	}
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return strings.Join(lines, "\n")
}

// markPattern is how the schema marks what is not of version 1.0.
var markPattern = regexp.MustCompile(`^\w+ \(1\.(\d+)\)`)

// marked returns the comment of a declaration, and the minor version that it is marked with.
func (p *parser) marked(d protoreflect.Descriptor) (text string, minor int) {
	text = p.comment(d)
	if m := markPattern.FindStringSubmatch(text); m != nil {
		minor, _ = strconv.Atoi(m[1])
		if !strings.HasPrefix(text, string(d.Name())+" ") {
			p.bad(d.Name(), "the mark in %q stands behind another name", text)
		}
	}
	return text, minor
}

// mark notes what is not of version 1.0.
func (p *parser) mark(d protoreflect.Descriptor, minor int, words string) {
	if minor > 0 {
		p.s.Marks[minor] = append(p.s.Marks[minor], words)
		p.s.since[d.FullName()] = minor
	}
}

// linePattern is the beginning of a line of the convention.
var linePattern = regexp.MustCompile(`^(Precondition|Answer|Completion|Failure|Frees|Sent|Owes|Binds): (.+)`)

// lines divides a comment into its description and the lines of the convention, of which all have to be there.
func (p *parser) lines(what protoreflect.Name, comment string, want []string) (text string, lines map[string]string) {
	lines = make(map[string]string)
	var description []string
	last := ""
	for line := range strings.SplitSeq(comment, "\n") {
		m := linePattern.FindStringSubmatch(line)
		switch {
		case m != nil && (!slices.Contains(want, m[1]) || lines[m[1]] != ""):
			p.bad(what, "the line %s is not of such a comment, or there twice", m[1])
		case m != nil:
			last = m[1]
			lines[last] = m[2]
		case last != "":
			lines[last] += " " + line
		default:
			description = append(description, line)
		}
	}
	for _, name := range want {
		if lines[name] == "" {
			p.bad(what, "its comment has no line %q", name+":")
		}
	}
	return strings.Join(description, "\n"), lines
}

// binds reads the numbers of a Binds line.
func (p *parser) binds(what protoreflect.Name, line string) (numbers []int) {
	if line == "none" || line == "" {
		return nil
	}
	for word := range strings.SplitSeq(line, ",") {
		digits, ok := strings.CutPrefix(strings.TrimSpace(word), "INV-")
		n, err := strconv.Atoi(digits)
		if !ok || err != nil || n < 1 || n > len(invariants) {
			p.bad(what, "%q binds nothing: want INV-1 to INV-%d", word, len(invariants))
			continue
		}
		numbers = append(numbers, n)
	}
	if !slices.IsSorted(numbers) {
		p.bad(what, "the invariants are not in order")
	}
	return numbers
}
