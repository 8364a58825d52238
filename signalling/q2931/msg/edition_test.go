package msg_test

import (
	goflag "flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
)

var update = goflag.Bool("update", false, "write the list of departures")

// departures lists where a golden message is judged otherwise than by the codec that it comes from,
// which knows UNI 4.0 alone: editions, file, what, the clause, and the lines.
const departures = "testdata/departures.txt"

// What older editions lack or mean otherwise.
const (
	noMessage = "UNI 3.1 5.3: no such message; Q.2931 5.6.4: cause 97"
	noElement = "UNI 3.1 5.3: not of the message; Q.2931 5.6.8.1: cause 99, as for one that is not known"
	noFlag    = "UNI 3.0 5.6: the root allocates all references of a call, their flag tells nothing"
	cause31   = "UNI 3.0 5.4.5.15: no cause 16, an ordinary release has 31"
)

// What the standard says against that codec in every edition.
const (
	cutShort   = "Q.2931 5.6.8.2: one octet is left of the element, cut short whatever its coding"
	noDigit    = "Q.2931 4.5.13: an octet of an E.164 number that is no digit"
	rootsOwn   = "Q.2971: the root allocates the reference of the first party, the flag is clear"
	allWithOne = "Q.2931 5.5.1: a restart of all channels names none"
)

// otherOpinion are the lines of mutated.tsv on which the codec is wrong about an element: what the
// standard has instead, in its words.
var otherOpinion = map[int]struct{ right, clause string }{
	82:  {"ie=7f err=bad-content act=default", cutShort},
	292: {"ie=7f err=bad-content act=default", cutShort},
	207: {"ie=6c err=bad-content act=default", noDigit},
}

// TestGoldenEditions judges the 300 broken messages, the 800 good ones and the examples in each
// edition of the UNI, elements, message and what is left of it, and wants the same of a second
// opinion, which starts from the recorded verdict. Each departure from that is listed with its line
// and clause.
func TestGoldenEditions(t *testing.T) {
	list := departureList{}
	for i, cols := range readTSV(t, "q2931/mutated.tsv", 300) {
		g := goldenLine{file: "mutated.tsv", line: i + 1, in: unhex(t, cols[0]), recorded: cols[1], text: cols[2]}
		if strings.HasPrefix(g.text, "mtype=unknown ") {
			g.recorded = unknownMessage
		}
		for p := range editions(0, 0, 0) {
			list.judge(t, &g, p)
		}
	}
	for i, cols := range readTSV(t, "q2931/messages.tsv", 800) {
		list.judgeGood(t, "messages.tsv", i+1, cols[0], cols[1])
	}
	for i, cols := range readTSV(t, "q2931/examples.tsv", 48) {
		list.judgeGood(t, "examples.tsv", i+1, cols[2], cols[3])
	}
	list.compare(t)
}

// goldenLine is a line of a golden table: a message, what another codec says of its elements, and
// what it has read.
type goldenLine struct {
	file           string
	line           int
	in             []byte
	recorded, text string
}

func (g *goldenLine) String() string { return fmt.Sprintf("%s line %d", g.file, g.line) }

// judgeGood judges a message in each edition in which the other codec finds nothing wrong.
func (l departureList) judgeGood(t *testing.T, file string, line int, octets, text string) {
	t.Helper()
	g := goldenLine{file: file, line: line, in: unhex(t, octets), recorded: "no-ie-errors", text: text}
	for p := range editions(0, 0, 0) {
		l.judge(t, &g, p)
	}
}

// judge judges a message in an edition.
func (l departureList) judge(t *testing.T, g *goldenLine, p msg.Profile) {
	t.Helper()
	m, v, err := msg.Decode(g.in, msg.Options{Profile: p})
	if err != nil {
		t.Fatalf("%s: %v", g, err)
	}
	right := g.recorded
	other, listed := otherOpinion[g.line]
	if listed = listed && g.file == "mutated.tsv"; listed {
		right = other.right
	}
	wrong, ruling := second(g.in, right, p)
	if d := cmp.Diff(ruling, v.Ruling); d != "" {
		t.Errorf("%s, %s (-second opinion +ours):\n%s", g, p, d)
	}
	if v.UnknownType {
		if len(wrong) > 0 {
			t.Errorf("%s, %s: %s called unknown", g, p, m.Type)
		}
		if g.recorded != unknownMessage {
			l.add(g, p, m.Type.String(), noMessage)
		}
		return
	}
	ours := wrongOf(v)
	if d := cmp.Diff(wordsOf(wrong), ours); d != "" {
		t.Errorf("%s, %s (-second opinion +ours):\n%s", g, p, d)
	}
	for id := range differ(recordedWords(g.recorded), ours) {
		clause := clauseOf(m.Type, id, p)
		if listed && clause == "" {
			clause = other.clause
		}
		l.add(g, p, id.String()+" in "+m.Type.String(), clause)
	}
	if listed {
		return
	}
	if want, got := l.left(g, m, p), notation(m, v); got != want {
		t.Errorf("%s, %s: left\n%s\nwant\n%s", g, p, got, want)
	}
}

// clauseOf says why an element of a message is judged otherwise.
func clauseOf(typ msg.Type, id ie.ID, p msg.Profile) string {
	switch {
	case p.UNI3() && !uni3Has(typ, id):
		return noElement
	case typ == msg.Setup && id == ie.IDEndpointRef:
		return rootsOwn
	case (typ == msg.Restart || typ == msg.RestartAck) && id == ie.IDConnID:
		return allWithOne
	}
	return ""
}

// left returns what is to be left of the message: what the other codec has read without the elements
// that the edition lacks.
func (l departureList) left(g *goldenLine, m *msg.Message, p msg.Profile) string {
	var kept []string
	name := ""
	for i, w := range strings.Split(g.text, " ") {
		if !strings.HasPrefix(w, "0x") { // else one more octet of the element before
			name, _, _ = strings.Cut(w, "=")
			name, _, _ = strings.Cut(name, ".")
		}
		id := slices.Index(ngatmNames[:], name)
		if i > 2 && (strings.HasSuffix(w, ",error)") || p.UNI3() && !uni3Has(m.Type, ie.ID(id))) {
			continue
		}
		flag := "(0,"
		if m.CallRef.Flag && m.Type != msg.Setup {
			flag = "(1,"
		}
		number, isFlag := strings.CutPrefix(w, "epref.epref=")
		switch {
		case p != msg.UNI30:
		case w == "cause.cause=Normal,_unspecified":
			l.add(g, p, "cause 31 is 16", cause31)
			w = "cause.cause=Normal_call_clearing"
		case isFlag && number[:len(flag)] != flag:
			l.add(g, p, "endpoint reference read as the root's by the flag of the call reference", noFlag)
			w = "epref.epref=" + flag + number[len(flag):]
		}
		kept = append(kept, w)
	}
	return strings.Join(kept, " ")
}

// wordsOf returns the elements of an opinion in words.
func wordsOf(wrong []opinion) (words []string) {
	for _, o := range wrong {
		words = append(words, fmt.Sprintf("%02x=%s", uint8(o.id), o.kind))
	}
	return words
}

// recordedWords returns those of the other codec.
func recordedWords(recorded string) (words []string) {
	for w := range strings.FieldsSeq(theirFindings(recorded)) {
		words = append(words, strings.TrimSuffix(w, "-content"))
	}
	return words
}

// wrongOf returns the elements that we find wrong.
func wrongOf(v msg.Verdict) (words []string) {
	for _, f := range v.Findings {
		kind := ""
		switch f.Kind {
		case msg.BadContent, msg.TooLong:
			kind = "bad"
		case msg.UnknownElement, msg.Unexpected:
			kind = "unknown"
		case msg.MissingMandatory:
			kind = "missing"
		case msg.OK, msg.Repeated, msg.Misplaced, msg.Empty:
			continue
		}
		words = append(words, fmt.Sprintf("%02x=%s", uint8(f.ID), kind))
	}
	return words
}

// differ returns the elements that two judge otherwise. The other codec does not tell of missing ones.
func differ(a, b []string) map[ie.ID]bool {
	n := make(map[string]int)
	for _, w := range a {
		n[w]++
	}
	for _, w := range b {
		n[w]--
	}
	ids := make(map[ie.ID]bool)
	for w, n := range n {
		var id uint8
		if _, err := fmt.Sscanf(w, "%02x=", &id); err == nil && n != 0 && !strings.HasSuffix(w, "missing") {
			ids[ie.ID(id)] = true
		}
	}
	return ids
}

// departure is a departure on any number of lines; departureList has them with the lines of each edition.
type (
	departure     struct{ file, what, clause string }
	departureList map[departure]map[int][]msg.Profile
)

func (l departureList) add(g *goldenLine, p msg.Profile, what, clause string) {
	d := departure{g.file, what, clause}
	if l[d] == nil {
		l[d] = make(map[int][]msg.Profile)
	}
	l[d][g.line] = append(l[d][g.line], p)
}

// String writes a row for each departure in the same editions.
func (l departureList) String() string {
	rows := make(map[string][]string)
	for d, lines := range l {
		for _, n := range slices.Sorted(maps.Keys(lines)) {
			head := fmt.Sprintf("%s | %v | %s | %s |", d.file, lines[n], d.what, d.clause)
			rows[head] = append(rows[head], fmt.Sprint(n))
		}
	}
	var s strings.Builder
	for _, head := range slices.Sorted(maps.Keys(rows)) {
		fmt.Fprintf(&s, "%s %s\n", head, strings.Join(rows[head], " "))
	}
	return s.String()
}

// compare wants the departures that are listed, and a clause for each.
func (l departureList) compare(t *testing.T) {
	t.Helper()
	for d, lines := range l {
		if d.clause == "" {
			t.Errorf("%s: %s departs without a clause: %v", d.file, d.what, lines)
		}
	}
	if *update {
		if err := os.WriteFile(departures, []byte(l.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(departures)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), l.String()); d != "" {
		t.Errorf("%s (-listed +found):\n%s", departures, d)
	}
}
