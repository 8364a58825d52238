package msg

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"callmanager/signalling/q2931/ie"
)

// Discriminator is the protocol discriminator of Q.2931, octet 1.
const Discriminator = 0x09

// HeaderLen is the length of a message's header: all that stands before the first element.
const HeaderLen = 9

// crefOctets is the length of the call reference, octet 2.
const crefOctets = 3

// DecodeError tells why octets are no message: discard them silently (Q.2931 5.6.1 to 5.6.3).
type DecodeError struct {
	Offset int // of the octet that is wrong
	Reason string
}

// Error implements error.
func (e *DecodeError) Error() string {
	return fmt.Sprintf("q2931: no message: octet %d: %s", e.Offset+1, e.Reason)
}

// Peek returns call reference and type without reading the elements, so that the caller can find
// the call and from it the Options of Decode. The error is that of Decode.
func Peek(b []byte) (CallRef, Type, error) {
	switch {
	case len(b) < HeaderLen:
		return CallRef{}, 0, &DecodeError{Offset: len(b), Reason: "message too short"}
	case b[0] != Discriminator:
		return CallRef{}, 0, &DecodeError{Offset: 0, Reason: "protocol discriminator is not Q.2931"}
	case b[1] != crefOctets:
		return CallRef{}, 0, &DecodeError{Offset: 1, Reason: "call reference length is not 3"}
	}
	v := binary.BigEndian.Uint32(b[1:]) & 0xffffff
	return CallRef{Value: v & DummyCallRef, Flag: v > DummyCallRef}, Type(b[5]), nil
}

// Decode reads one message and judges it by the context in opt. The error is a *DecodeError and
// means: discard silently. Otherwise the message holds every element that is good and expected;
// the others are in the verdict only, those not recognised in Message.Unknown too. Message and
// verdict share no memory with b. A message of unknown type is read as well.
func Decode(b []byte, opt Options) (*Message, Verdict, error) {
	cref, typ, err := Peek(b)
	if err != nil {
		return nil, Verdict{}, err
	}
	m := &Message{CallRef: cref, Type: typ}
	d := decoder{m: m, b: bytes.Clone(b), opt: opt}
	d.v.Findings = make([]Finding, 0, fewFindings)
	d.decode()
	return m, d.v, nil
}

// fewFindings is how many findings almost every message has at most.
const fewFindings = 12

// decoder is the state of one Decode.
type decoder struct {
	m   *Message
	in  *Decoder // whose memory the message has; nil for its own
	b   []byte   // the message: a private copy if it has memory of its own
	v   Verdict
	opt Options
	row *row

	seen     [256]uint8 // copies met so far of each element
	codeset  uint8      // active codeset
	next     uint8      // codeset of the next element
	repeat   int        // 1 + finding of a repeat indicator that awaits its element
	repeated bool       // the indicator stood before the first BLLI
}

// decode reads and judges a message whose header Peek has read.
func (d *decoder) decode() {
	m := d.m
	m.Action = parseInstruction(d.b[6])
	d.v.LengthMismatch = int(binary.BigEndian.Uint16(d.b[7:])) != len(d.b)-HeaderLen
	row, known := rowOf(m.Type, d.opt.Profile)
	d.row, d.v.UnknownType = row, !known
	d.elements()
	d.opt.Profile.hear(m)
	d.context()
	d.missing()
	d.finish()
	d.v.decide(m, row.policy)
	d.v.reportLength(d.opt.Profile, row.policy)
}

// elements reads the elements one after the other.
func (d *decoder) elements() {
	for off := HeaderLen; off < len(d.b); {
		f := Finding{ID: ie.ID(d.b[off]), Offset: off}
		end, whole := elementEnd(d.b, off)
		f.Raw = d.b[off:end:end]
		d.judge(&f, whole)
		d.v.Findings = append(d.v.Findings, f)
		off = end
	}
	d.misplaced()
}

// elementEnd returns where the element at off ends, and whether it is there as a whole.
func elementEnd(b []byte, off int) (end int, whole bool) {
	if len(b)-off < ie.HeaderLen {
		return len(b), false
	}
	end = off + ie.HeaderLen + int(binary.BigEndian.Uint16(b[off+2:]))
	if end > len(b) {
		return len(b), false
	}
	return end, true
}

// judge finds out what an element is worth and puts a good one into the message.
func (d *decoder) judge(f *Finding, whole bool) {
	codeset := d.next
	d.next = d.codeset
	var known bool
	if f.Header, known = ie.ParseHeader(f.ID, octet2(f)); !whole {
		known = ie.Lookup(f.ID) != nil && (len(f.Raw) < 2 || known)
	}
	switch {
	case whole && len(f.Raw) == ie.HeaderLen:
		f.Kind = Empty
	case f.ID == ie.IDLockingShift || f.ID == ie.IDNonLockingShift:
		d.shift(f, whole)
	case codeset != 0 || !known:
		f.Kind = UnknownElement
	default:
		d.judgeKnown(f, whole)
	}
	if f.Kind != Empty && (f.ID != ie.IDRepeat || f.Kind != OK) {
		d.misplaced()
	}
}

// octet2 returns octet 2 of an element, or the usual one of an element that has not so many.
func octet2(f *Finding) byte {
	if len(f.Raw) < 2 {
		return 0x80
	}
	return f.Raw[1]
}

// judgeKnown judges an element whose identifier and coding standard are known.
func (d *decoder) judgeKnown(f *Finding, whole bool) {
	s := d.row.find(f.ID, d.opt.Profile)
	if s == nil {
		f.Kind = Unexpected
		return
	}
	f.Mandatory = s.need == mandatory
	if f.ID == ie.IDBLLI && d.seen[f.ID] == 0 && d.repeat != 0 {
		d.repeat, d.repeated = 0, true
	}
	if d.copies(s) <= d.seen[f.ID] {
		f.Kind = Repeated
		return
	}
	d.seen[f.ID]++
	if f.Err = d.contents(f, whole); f.Err != nil {
		f.Kind = BadContent
		if inf := ie.Lookup(f.ID); inf.Max > 0 && len(f.Raw) > inf.Max {
			f.Kind = TooLong
		}
		return
	}
	if f.ID == ie.IDRepeat {
		d.repeat = len(d.v.Findings) + 1
	}
}

// copies returns how many copies of an element count: without a repeat indicator before the first
// BLLI it is one.
func (d *decoder) copies(s *slot) uint8 {
	if s.id == ie.IDBLLI && !d.repeated {
		return 1
	}
	return s.copies
}

// contents reads the contents of an element into the message.
func (d *decoder) contents(f *Finding, whole bool) error {
	if !whole {
		return errShort(f)
	}
	if inf := ie.Lookup(f.ID); inf.Max > 0 && len(f.Raw) > inf.Max {
		return &ie.ContentError{ID: f.ID, Offset: inf.Max, Reason: "longer than its maximum"}
	}
	p := f.Raw[ie.HeaderLen:len(f.Raw):len(f.Raw)]
	if f.ID == ie.IDRepeat {
		var r ie.Repeat
		return r.ParseContents(f.ID, p)
	}
	if d.in != nil && keepsOctets(f.ID, p) {
		p = bytes.Clone(p)
	}
	return fields[f.ID].parse(d.m, d.in, f.ID, f.Header, p)
}

// errShort is the complaint on an element that the message does not hold as a whole.
func errShort(f *Finding) error {
	return &ie.ContentError{ID: f.ID, Offset: max(len(f.Raw)-ie.HeaderLen, 0), Reason: "element cut short"}
}

// misplaced gives up a repeat indicator that is not directly followed by the first BLLI.
func (d *decoder) misplaced() {
	if d.repeat != 0 {
		d.v.Findings[d.repeat-1].Kind = Misplaced
		d.repeat = 0
	}
}

// shift changes the codeset (Q.2931 4.5.3, 4.5.4). No codeset but 0 is known here, so that the
// elements of another one are not recognised.
func (d *decoder) shift(f *Finding, whole bool) {
	var s ie.Shift
	if f.Err = errShort(f); whole {
		f.Err = s.ParseContents(f.ID, f.Raw[ie.HeaderLen:])
	}
	if f.Err != nil {
		f.Kind = BadContent
		return
	}
	if f.ID == ie.IDNonLockingShift {
		d.next = s.Codeset
		return
	}
	if s.Codeset <= d.codeset {
		f.Kind = BadContent
		f.Err = &ie.ContentError{ID: f.ID, Reason: "locking shift to a lower codeset"}
		return
	}
	d.codeset, d.next = s.Codeset, s.Codeset
}
