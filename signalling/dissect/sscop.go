package dissect

import (
	"fmt"

	"callmanager/signalling/sscop"
)

// limits let every PDU through that the standard could carry: what stands on the wire is to be shown.
var limits = sscop.Limits{K: 65535, J: 65535, MaxSTAT: 16377}

// PDU is an SSCOP PDU. Its octets are the data (or the message in it), then the parts.
type PDU struct {
	Name string `json:"name"` // of the type: SD, POLL, ...
	// Summary is the type with its sequence numbers.
	Summary string `json:"summary"`
	// Data is the user data that is not taken apart as a message.
	Data *Part `json:"data,omitempty"`
	// Parts are the list elements, the pad and the trailer.
	Parts []Part `json:"parts"`
	// Wrong says which rule the PDU breaks: it is discarded with MAA-ERROR U (Q.2110 clause 7.2).
	Wrong string `json:"wrong,omitempty"`

	typ  sscop.PDUType
	data []byte
}

// The sequence fields of the trailer words, from the last word on (Q.2110 figure 6).
const seqMask = 0xffffff

var trailers = [sscop.NumPDUTypes][]string{
	sscop.BGN: {"N(MR)", "N(SQ)"}, sscop.BGAK: {"N(MR)", ""}, sscop.END: {"", ""}, sscop.ENDAK: {"", ""},
	sscop.RS: {"N(MR)", "N(SQ)"}, sscop.RSAK: {"N(MR)", ""}, sscop.BGREJ: {"", ""}, sscop.SD: {"N(S)"},
	sscop.ER: {"N(MR)", "N(SQ)"}, sscop.POLL: {"N(S)", "N(PS)"}, sscop.STAT: {"N(R)", "N(MR)", "N(PS)"},
	sscop.USTAT: {"N(R)", "N(MR)"}, sscop.UD: {""}, sscop.MD: {""}, sscop.ERAK: {"N(MR)", ""},
}

// wordLen is the size of a word of a PDU, which is a whole number of them.
const wordLen = 4

// newPDU takes the PDU in b apart.
func newPDU(b []byte) *PDU {
	var p sscop.PDU
	err := p.Parse(b, limits)
	d := &PDU{Name: p.Type.String(), Summary: p.String(), typ: p.Type, data: p.Data}
	if err != nil {
		d.Wrong = err.Error()
		d.Summary = d.Wrong
		d.data = nil
	}
	s := scan{b: b}
	switch words := trailers[p.Type]; {
	case len(b) < wordLen:
		d.Name = "no PDU"
		s.rest("octets")
	case err != nil:
		s.octets("octets", len(b)-wordLen)
		last(&s, p.Type, "sequence field")
	default:
		s.at = len(p.Data)
		if k := len(b) - len(words)*wordLen - s.at; len(p.List) == 0 {
			s.octets("pad", k)
		}
		for i := range p.List {
			s.num(wordLen, bits{listName(i), seqMask, nil})
		}
		for i := len(words) - 1; i > 0; i-- {
			word(&s, words[i])
		}
		last(&s, p.Type, words[0])
	}
	d.Parts = s.end()
	return d
}

// listName names a list element: the first of a gap, or the first behind it.
func listName(i int) string {
	if i%2 == 0 {
		return fmt.Sprintf("list element %d, gap from", i+1)
	}
	return fmt.Sprintf("list element %d, gap up to before", i+1)
}

// word reads a trailer word that is not the last.
func word(s *scan, name string) {
	switch name {
	case "":
		s.num(wordLen, bits{"reserved", 0xffffffff, nil})
	case "N(SQ)":
		s.num(wordLen, bits{name, 0xff, nil})
	default:
		s.num(wordLen, bits{name, seqMask, nil})
	}
}

// last reads the last word.
func last(s *scan, t sscop.PDUType, seq string) {
	fields := []bits{
		{"pad length", 3 << 30, nil},
		{"PDU type", 0xf << 24, func(uint64) string { return t.String() }},
	}
	if t == sscop.END {
		fields = append(fields, bits{"source", 1 << 28, list("user", "SSCOP")})
	}
	if seq != "" {
		fields = append(fields, bits{seq, seqMask, nil})
	}
	s.num(wordLen, fields...)
}
