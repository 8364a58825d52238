package dissect

import (
	"errors"
	"fmt"

	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
)

// Verdict is what an element of a message is worth.
type Verdict string

// The verdicts.
const (
	OK               Verdict = "ok"
	BadContent       Verdict = "bad-content"       // also: longer than its maximum, cut short
	Unknown          Verdict = "unknown"           // identifier or coding not known, or not expected in this message
	MissingMandatory Verdict = "missing-mandatory" // or empty, which is the same
	Ignored          Verdict = "ignored"           // one copy too many, misplaced, or empty: as if it were absent
)

// verdicts are those of the kinds of finding.
var verdicts = map[msg.Kind]Verdict{
	msg.OK: OK, msg.BadContent: BadContent, msg.TooLong: BadContent, msg.UnknownElement: Unknown, msg.Unexpected: Unknown,
	msg.MissingMandatory: MissingMandatory, msg.Repeated: Ignored, msg.Misplaced: Ignored, msg.Empty: Ignored,
}

// Ruling is what is done about a message, or would be about one element alone (Q.2931 5.6, 5.7).
type Ruling struct {
	// Action is one of: proceed, proceed and report, discard and report, discard and ignore, clear,
	// reject.
	Action string `json:"action"`
	// Answer is the message that reports it, empty if none does.
	Answer string `json:"answer,omitempty"`
	// Cause is the cause in the answer, 0 if there is none, CauseText the same in words with the
	// elements to blame.
	Cause     uint8  `json:"cause,omitempty"`
	CauseText string `json:"cause_text,omitempty"`
	// Diagnostics are those of the cause.
	Diagnostics Octets `json:"diagnostics,omitempty"`
}

// Element is an information element of a message, or a mandatory one that it lacks.
type Element struct {
	ID      uint8   `json:"id"`
	Name    string  `json:"name"`
	Offset  int     `json:"offset"` // in the SDU; -1 for a missing one
	Raw     Octets  `json:"raw"`    // the whole element, header included
	Verdict Verdict `json:"verdict"`
	// Kind is the finding in words, Reason the rule that the contents break.
	Kind   string `json:"kind"`
	Reason string `json:"reason,omitempty"`
	// Mandatory tells that the message must carry the element.
	Mandatory bool `json:"mandatory"`
	// Ruling is what the element alone would lead to.
	Ruling Ruling `json:"ruling"`
	Parts  []Part `json:"parts"`
}

// Message is a message of Q.2931 or its companions.
type Message struct {
	Type          uint8  `json:"type"`
	Name          string `json:"name"`
	CallReference uint32 `json:"call_reference"`
	// Flag is that of the call reference: the message goes to the side that allocated it.
	Flag bool `json:"flag"`
	// From is the side that sent the message: user, network, or empty if nothing tells. Guessed
	// tells that the octets do and not the caller.
	From    Side `json:"from,omitempty"`
	Guessed bool `json:"guessed,omitempty"`
	// Details are the elements that matter, in one line.
	Details string `json:"details"`
	// UnknownType: the type is not known or not of the profile. LengthMismatch: the length field does
	// not tell how many octets there are; those that are there count.
	UnknownType    bool      `json:"unknown_type,omitempty"`
	LengthMismatch bool      `json:"length_mismatch,omitempty"`
	Ruling         Ruling    `json:"ruling"`
	Header         []Part    `json:"header"`
	Elements       []Element `json:"elements"`

	decoded *msg.Message
}

// newMessage takes the message in b apart, which begins at an offset of the SDU.
func newMessage(b []byte, base int, opt msg.Options) (*Message, error) {
	m, v, err := msg.Decode(b, opt)
	if err != nil {
		return nil, err
	}
	d := &Message{
		Type: uint8(m.Type), Name: m.Type.String(), CallReference: m.CallRef.Value, Flag: m.CallRef.Flag, Details: m.Details(),
		UnknownType: v.UnknownType, LengthMismatch: v.LengthMismatch, Ruling: newRuling(v.Ruling, m.Type), decoded: m,
		Elements: make([]Element, 0, len(v.Findings)),
	}
	d.Header = header(&scan{b: b[:msg.HeaderLen], base: base}, v.LengthMismatch)
	for _, f := range v.Findings {
		d.Elements = append(d.Elements, newElement(&f, base, newRuling(m.Alone(f, opt.Profile), m.Type)))
	}
	return d, nil
}

// header reads octets 1 to 9 (Q.2931 4.1 to 4.4).
func header(s *scan, mismatch bool) []Part {
	s.octet(bits{"protocol discriminator", 0xff, at(map[uint64]string{msg.Discriminator: "Q.2931"})})
	s.octet(bits{"length of the call reference", 0xf, nil})
	s.num(3, bits{"flag", 1 << 23, list("from the side that allocated it", "to the side that allocated it")},
		bits{"call reference", uint64(msg.DummyCallRef), at(map[uint64]string{uint64(msg.GlobalCallRef): "global", uint64(msg.DummyCallRef): "dummy"})})
	s.octet(bits{"message type", 0xff, sayType})
	octet7 := s.peek()
	fields := []bits{{"explicit instruction", 0x10, list("no: regular error handling", "yes")}}
	if octet7&0x10 != 0 {
		fields = append(fields, bits{"action indicator", 3, list("clear call", "discard and ignore", "discard and report status", "discard and report status")})
	}
	s.octet(fields...)
	s.num(2, bits{"message length", 0xffff, nil})
	if mismatch {
		s.parts[len(s.parts)-1].Wrong = "not what follows; the octets that are there count"
	}
	return s.end()
}

func sayType(v uint64) string { return msg.Type(v).String() }

// newElement takes an element apart.
func newElement(f *msg.Finding, base int, r Ruling) Element {
	e := Element{
		ID: uint8(f.ID), Name: f.ID.String(), Offset: f.Offset, Raw: f.Raw, Verdict: verdicts[f.Kind], Kind: f.Kind.String(),
		Mandatory: f.Mandatory, Ruling: r, Parts: []Part{},
	}
	if f.Offset < 0 {
		return e
	}
	e.Offset += base
	s := scan{b: f.Raw, base: e.Offset}
	elementHeader(&s, f)
	head := len(s.parts)
	read := contents[f.ID]
	if f.Kind == msg.UnknownElement || read == nil {
		read = func(s *scan) { s.rest("contents") }
	}
	read(&s)
	e.Parts = s.end()
	if f.Err != nil {
		e.Reason = f.Err.Error()
	}
	if ce, ok := errors.AsType[*ie.ContentError](f.Err); ok {
		e.Reason = ce.Reason
		blame(e.Parts[head:], e.Offset+ie.HeaderLen+ce.Offset, ce.Reason)
	}
	return e
}

// blame notes a reason at the part that holds an offset.
func blame(parts []Part, offset int, reason string) {
	for i := range parts {
		p := &parts[i]
		if p.Offset <= offset && offset < p.Offset+len(p.Raw) && p.Wrong == "" && offset > 0 {
			p.Wrong = reason
			return
		}
	}
}

// elementHeader reads octets 1 to 4 of an element (Q.2931 4.5.1).
func elementHeader(s *scan, f *msg.Finding) {
	s.octet(bits{"identifier", 0xff, func(uint64) string { return f.ID.String() }})
	if s.left() == 0 {
		return
	}
	fields := []bits{
		{"coding standard", 0x60, list("ITU-T", "ISO/IEC", "national", "network")},
		{"explicit instruction", 0x10, list("no: regular error handling", "yes")},
	}
	if f.Header.Flag {
		fields = append(fields, bits{"action indicator", 7, list("clear call", "discard element and proceed",
			"discard element, proceed and report status", "", "", "discard message and ignore", "discard message and report status")})
	}
	s.octet(fields...)
	if s.left() > 0 {
		s.num(2, bits{"length of contents", 0xffff, unit("octets")})
	}
}

// newRuling puts a decision into words.
func newRuling(r msg.Ruling, t msg.Type) Ruling {
	out := Ruling{Cause: uint8(r.Cause), Diagnostics: r.Diagnostics}
	if r.Cause != 0 {
		out.CauseText = (&ie.Cause{Value: r.Cause, Diagnostic: r.Diagnostics}).String()
	}
	switch r.Decision {
	case msg.Accept:
		out.Action = "proceed"
	case msg.AcceptAndReport:
		out.Action, out.Answer = "proceed and report", msg.Status.String()
		if t == msg.Release {
			out.Answer = msg.ReleaseComplete.String()
		}
	case msg.DiscardAndReport:
		out.Action, out.Answer = "discard and report", msg.Status.String()
	case msg.DiscardSilently:
		out.Action = "discard and ignore"
	case msg.ClearCall:
		out.Action, out.Answer = "clear", msg.Release.String()
	case msg.Reject:
		out.Action, out.Answer = "reject", msg.ReleaseComplete.String()
		if t == msg.AddParty {
			out.Answer = msg.AddPartyReject.String()
		}
	}
	return out
}

// String returns the ruling in words.
func (r Ruling) String() string {
	s := r.Action
	if r.Answer != "" {
		s += fmt.Sprintf(" by %s with cause %s", r.Answer, r.CauseText)
	}
	return s
}
