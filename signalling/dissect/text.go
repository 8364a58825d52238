package dissect

import (
	"encoding/hex"
	"fmt"
	"strings"
	"unicode"
)

// lineOctets is how many octets a line of text shows.
const lineOctets = 8

// String returns the SDU as text for people: a line or more for each part, with its offset, its octets
// and its fields, and what is wrong. It ends in a newline.
//
//	SSCOP SD N(S)=0 (102 octets), 108 octets
//	Q.2931 SETUP, call reference 1, from the user side (guessed)
//	  0000  09                         protocol discriminator 9 Q.2931
//	  ...
//	  0009  58 80 00 09                AAL parameters (58): ok
//	  000d    05                         AAL type 5 AAL5
//	  ...
//	  verdict: proceed
func (d *SDU) String() string {
	var t text
	if p := d.PDU; p != nil {
		t.linef("SSCOP %s, %d octets", p.Summary, d.Length)
	}
	if m := d.Message; m != nil {
		t.message(m)
	}
	if d.Wrong != "" {
		t.linef("%d octets: %s", d.Length, d.Wrong)
	}
	if p := d.PDU; p != nil {
		if p.Data != nil {
			t.part(p.Data, 0)
		}
		t.parts(p.Parts, 0)
		if p.Wrong != "" {
			t.linef("  verdict: discard, MAA-ERROR U: %s", p.Wrong)
		}
	}
	t.parts(d.Rest, 0)
	if m := d.Message; m != nil {
		t.linef("  verdict: %s", m.Ruling)
	}
	return t.String()
}

// text collects lines.
type text struct{ strings.Builder }

func (t *text) linef(format string, v ...any) {
	t.WriteString(fmt.Sprintf(format, v...) + "\n")
}

// message prints a message and its verdict.
func (t *text) message(m *Message) {
	from := ""
	if m.From != "" {
		from = fmt.Sprintf(", from the %s side", m.From)
	}
	if m.Guessed {
		from += " (guessed)"
	}
	t.linef("Q.2931 %s, call reference %s%s", m.Name, m.decoded.CallRef, from)
	t.parts(m.Header, 0)
	for i := range m.Elements {
		t.element(&m.Elements[i])
	}
	if m.UnknownType {
		t.linef("  the profile does not have the message")
	}
}

// element prints an element: its header, what it holds and what is wrong with it.
func (t *text) element(e *Element) {
	judgement := string(e.Verdict)
	if e.Verdict != OK && e.Verdict != MissingMandatory && e.Kind != strings.ReplaceAll(judgement, "-", " ") {
		judgement += ", " + e.Kind
	}
	if e.Reason != "" {
		judgement += ": " + e.Reason
	}
	if e.Verdict != OK {
		judgement += "; " + e.Ruling.String()
	}
	if e.Offset < 0 {
		t.row("", "", fmt.Sprintf("%s (%02x): %s", e.Name, e.ID, judgement))
		return
	}
	const header = 4
	head := e.Raw[:min(header, len(e.Raw))]
	t.octets(e.Offset, head, 0, fmt.Sprintf("%s (%02x): %s", e.Name, e.ID, judgement))
	for i := range e.Parts {
		p := &e.Parts[i]
		switch {
		case p.Offset >= e.Offset+len(head):
			t.part(p, 1)
		case p.Offset == e.Offset+1 && p.unusual():
			t.row("", "", "  "+p.words())
		}
	}
}

// unusual reports whether octet 2 of an element says more than the usual.
func (p *Part) unusual() bool { return p.Raw[0] != 0x80 }

func (t *text) parts(parts []Part, depth int) {
	for i := range parts {
		t.part(&parts[i], depth)
	}
}

func (t *text) part(p *Part, depth int) { t.octets(p.Offset, p.Raw, depth, p.words()) }

// words are the fields of a part in a line.
func (p *Part) words() string {
	var s []string
	for _, f := range p.Fields {
		w := f.Name
		if v := fmt.Sprint(f.Value); v != f.Text && (len(v) <= maxValue || f.Text != "") {
			w += " " + v
		}
		if f.Text != "" {
			w += " " + f.Text
		}
		s = append(s, w)
	}
	line := strings.Map(visible, strings.Join(s, ", "))
	if p.Wrong != "" {
		line += "  <-- " + strings.Map(visible, p.Wrong)
	}
	return line
}

// maxValue is the longest value that stands beside its octets once more.
const maxValue = 40

// visible replaces what would disturb a terminal.
func visible(r rune) rune {
	if unicode.IsPrint(r) {
		return r
	}
	return '?'
}

// octets prints octets in lines, with words beside the first.
func (t *text) octets(offset int, b []byte, depth int, words string) {
	for first := true; first || len(b) > 0; first = false {
		n := min(lineOctets, len(b))
		var h strings.Builder
		h.WriteString(strings.Repeat("  ", depth))
		for _, o := range b[:n] {
			h.WriteString(hex.EncodeToString([]byte{o}) + " ")
		}
		t.row(fmt.Sprintf("%04x", offset), h.String(), strings.Repeat("  ", depth)+words)
		b, offset, words = b[n:], offset+n, ""
	}
}

// row prints the three columns.
func (t *text) row(offset, octets, words string) {
	line := fmt.Sprintf("  %4s  %-26s %s", offset, octets, words)
	t.linef("%s", strings.TrimRight(line, " "))
}
