package dissect_test

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callmanager/signalling/dissect"
	"callmanager/signalling/q2931/msg"
	"callmanager/signalling/sscop"
)

const golden = "../../testdata/golden/"

// lines returns the lines of a golden file.
func lines(tb testing.TB, path string) (all []string) {
	tb.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	s := bufio.NewScanner(bytes.NewReader(b))
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		all = append(all, s.Text())
	}
	return all
}

func unhex(tb testing.TB, s string) []byte {
	tb.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// wrap puts a message into an SD.
func wrap(m []byte) []byte {
	p := sscop.PDU{Type: sscop.SD, NS: sscop.NewSeq(7), Data: m}
	return p.Append(nil)
}

// check holds what is true of all octets: they are all there, in order, at the offsets that are told,
// and the text and the JSON of them can be made.
func check(tb testing.TB, d *dissect.SDU, b []byte) {
	tb.Helper()
	if !bytes.Equal(d.Octets(), b) {
		tb.Fatalf("%x became %x", b, d.Octets())
	}
	at := 0
	for p := range d.Parts() {
		if p.Offset != at || len(p.Raw) == 0 || len(p.Fields) == 0 {
			tb.Fatalf("%x: a part at %d of %x says that it is at %d, fields %v", b, at, p.Raw, p.Offset, p.Fields)
		}
		at += len(p.Raw)
	}
	if !strings.HasSuffix(d.String(), "\n") {
		tb.Fatalf("%x: text %q", b, d)
	}
	text, err := json.Marshal(d)
	if err != nil {
		tb.Fatalf("%x: %v", b, err)
	}
	var back dissect.SDU
	if err := json.Unmarshal(text, &back); err != nil || !bytes.Equal(back.Octets(), b) {
		tb.Fatalf("%x: the JSON gives %x, %v", b, back.Octets(), err)
	}
}

// Every octet of 800 valid messages is named, alone and in a PDU: where the codec finds an element good,
// no part of it is a surplus or wrong.
func TestValid(t *testing.T) {
	opt := dissect.Options{Profile: msg.Q2931}
	names := make(map[string]bool)
	for i, line := range lines(t, golden+"q2931/messages.tsv") {
		col, _, _ := strings.Cut(line, "\t")
		for _, b := range [][]byte{unhex(t, col), wrap(unhex(t, col))} {
			d := dissect.Dissect(b, opt)
			check(t, d, b)
			if d.Message == nil {
				t.Fatalf("line %d: no message", i+1)
			}
			names[d.Message.Name] = true
			for _, e := range d.Message.Elements {
				for _, p := range e.Parts {
					if e.Verdict == dissect.OK && (p.Wrong != "" || p.Fields[0].Name == "contents") {
						t.Errorf("line %d: %s %x: %x is %q", i+1, e.Name, e.Raw, p.Raw, p.Wrong)
					}
				}
			}
		}
	}
	if len(names) < 24 {
		t.Errorf("%d message types only are dissected", len(names))
	}
}

// 300 broken messages: the verdict on each element is the codec's, and what it leads to stands beside it.
func TestMutated(t *testing.T) {
	kinds := make(map[dissect.Verdict]int)
	actions := make(map[string]int)
	for i, line := range lines(t, golden+"q2931/mutated.tsv") {
		col, _, _ := strings.Cut(line, "\t")
		b := unhex(t, col)
		d := dissect.Dissect(b, dissect.Options{Form: dissect.MessageForm, From: dissect.UserSide})
		check(t, d, b)
		m, v, err := msg.Decode(b, msg.Options{})
		if err != nil || d.Message == nil || len(d.Message.Elements) != len(v.Findings) || d.Message.Name != m.Type.String() {
			t.Fatalf("line %d: %v, %v", i+1, d, err)
		}
		for k, e := range d.Message.Elements {
			kinds[e.Verdict]++
			actions[e.Ruling.Action]++
			if (v.Findings[k].Kind == msg.OK) != (e.Verdict == dissect.OK) || e.Kind != v.Findings[k].Kind.String() {
				t.Errorf("line %d: %s is %s and %s", i+1, e.Name, v.Findings[k].Kind, e.Verdict)
			}
			if e.Verdict == dissect.OK && !d.Message.UnknownType && e.Ruling.Action != "proceed" {
				t.Errorf("line %d: a good %s leads to %s", i+1, e.Name, e.Ruling)
			}
		}
	}
	for _, k := range []dissect.Verdict{dissect.OK, dissect.BadContent, dissect.Unknown, dissect.MissingMandatory} {
		if kinds[k] == 0 {
			t.Errorf("no element is %s: %v", k, kinds)
		}
	}
	for _, a := range []string{"proceed", "proceed and report", "discard and report", "discard and ignore", "clear", "reject"} {
		if actions[a] == 0 {
			t.Errorf("no element leads to %q: %v", a, actions)
		}
	}
}

// What each kind of error leads to, by the element's own instruction and by the regular rules.
func TestRulings(t *testing.T) {
	const (
		setup   = "5980000984000001850000 01be 5e80000290 80 7080001582 4700000000000000000000000000000000000000 5c8000020000"
		release = "0880000280 90"
	)
	for _, c := range []struct {
		name, typ, elements string
		element             uint8
		verdict             dissect.Verdict
		action, answer      string
		cause               uint8
	}{
		{"good", "05", setup, 0x59, dissect.OK, "proceed", "", 0},
		{"unknown, regular", "05", setup + "fe800000 fe80000101", 0xfe, dissect.Unknown, "proceed and report", "STATUS", 99},
		{"unknown, clear", "05", setup + "fe90000101", 0xfe, dissect.Unknown, "reject", "RELEASE COMPLETE", 99},
		{"unknown, discard and proceed", "05", setup + "fe91000101", 0xfe, dissect.Unknown, "proceed", "", 0},
		{"unknown, discard message", "05", setup + "fe95000101", 0xfe, dissect.Unknown, "discard and ignore", "", 0},
		{"unknown, discard message and report", "05", setup + "fe96000101", 0xfe, dissect.Unknown, "discard and report", "STATUS", 99},
		{"bad, regular", "05", setup + "4280000101", 0x42, dissect.BadContent, "proceed and report", "STATUS", 100},
		{"bad access information", "05", setup + "58800001ff", 0x58, dissect.BadContent, "proceed and report", "STATUS", 43},
		{"bad, clear, in CONNECT", "07", "4290000101", 0x42, dissect.BadContent, "clear", "RELEASE", 100},
		{"missing", "05", strings.Replace(setup, "5c8000020000", "", 1), 0x5c, dissect.MissingMandatory, "reject", "RELEASE COMPLETE", 96},
		{"missing in STATUS", "7d", release, 0x14, dissect.MissingMandatory, "discard and report", "STATUS", 96},
		{"missing in ADD PARTY", "80", "54800003000001", 0x70, dissect.MissingMandatory, "reject", "ADD PARTY REJECT", 96},
		{"unknown in RELEASE", "4d", release + "fe90000101", 0xfe, dissect.Unknown, "proceed and report", "RELEASE COMPLETE", 99},
		{"second copy", "05", setup + "5c8000020000", 0x5c, dissect.OK, "proceed", "", 0},
	} {
		elements := unhex(t, c.elements)
		b := append(unhex(t, "0903000005"+c.typ+"80"), byte(len(elements)>>8), byte(len(elements)))
		b = append(b, elements...)
		d := dissect.Dissect(b, dissect.Options{Form: dissect.MessageForm, From: dissect.UserSide})
		check(t, d, b)
		found := false
		for _, e := range d.Message.Elements {
			if e.ID != c.element || e.Kind == msg.Empty.String() || e.Kind == msg.Repeated.String() {
				continue
			}
			found = true
			r := e.Ruling
			if e.Verdict != c.verdict || r.Action != c.action || r.Answer != c.answer || r.Cause != c.cause {
				t.Errorf("%s: %s %+v, want %s %s %s %d", c.name, e.Verdict, r, c.verdict, c.action, c.answer, c.cause)
			}
			if c.verdict != dissect.OK && d.Message.Ruling.Action != c.action {
				t.Errorf("%s: the message has %s", c.name, d.Message.Ruling)
			}
		}
		if !found {
			t.Errorf("%s: no such element in\n%s", c.name, d)
		}
	}
}

var update = flag.Bool("update", false, "write the golden texts")

// The text of a message is what people read, so it is held word for word.
func TestText(t *testing.T) {
	for _, path := range must(filepath.Glob("testdata/*.txt")) {
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		head, _, _ := strings.Cut(strings.TrimPrefix(string(want), "# "), "\n")
		b := unhex(t, head)
		d := dissect.Dissect(b, dissect.Options{})
		check(t, d, b)
		got := "# " + head + "\n" + d.String()
		if *update {
			if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
}

func must(paths []string, err error) []string {
	if err != nil || len(paths) == 0 {
		panic("no golden text")
	}
	return paths
}
