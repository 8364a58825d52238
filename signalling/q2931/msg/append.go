package msg

import (
	"encoding/binary"
	"errors"
	"fmt"

	"callmanager/signalling/q2931/ie"
)

// maxContents is the most that the message length field can tell.
const maxContents = 0xffff

// What a message may not be written with.
var (
	errType       = errors.New("message type that the profile does not have")
	errCallRef    = errors.New("call reference above 23 bits, or global or dummy in a message of another procedure")
	errTooLong    = errors.New("message longer than its length field can tell")
	errRaw        = errors.New("unknown element whose octets do not fit its length")
	errOrderShort = errors.New("order that names an element the message does not have")
)

// Append appends the message to b. It is strict: the message types and elements of UNI 4.0, the
// mandatory elements, not more copies than allowed, values and combinations that the standard
// allows. On an error it returns b as it was.
func (m *Message) Append(b []byte) ([]byte, error) { return m.AppendProfile(b, UNI40) }

// AppendProfile is Append for a profile: UNI 3.x has fewer messages, elements and values.
func (m *Message) AppendProfile(b []byte, p Profile) ([]byte, error) {
	w := writer{m: m, profile: p}
	r, known := rowOf(m.Type, p)
	w.row = r
	err := errType
	if known {
		err = w.strict()
	}
	if err != nil {
		return b, fmt.Errorf("q2931: write %s: %w", m.Type, err)
	}
	return w.append(b)
}

// AppendPartial is Append without the checks on the message as a whole: the type may be unknown,
// mandatory elements may be missing, values may be those of another edition. It is for tests of
// peers and for messages that were received; the elements themselves are checked all the same.
func (m *Message) AppendPartial(b []byte) ([]byte, error) {
	w := writer{m: m, profile: Q2931}
	w.row, _ = rowOf(m.Type, Q2931)
	if err := w.elements(); err != nil {
		return b, fmt.Errorf("q2931: write %s: %w", m.Type, err)
	}
	return w.append(b)
}

// writer is the state of one Append.
type writer struct {
	m       *Message
	profile Profile
	row     *row
	written [256]uint8 // copies written so far of each element
	left    int        // elements not written yet, those of Unknown apart
	unknown int        // elements of Unknown written so far
}

// append writes header and elements.
func (w *writer) append(b []byte) ([]byte, error) {
	m, start := w.m, len(b)
	octet7, err := m.Action.octet()
	if err == nil && m.CallRef.Value > DummyCallRef {
		err = errCallRef
	}
	out := b
	if err == nil {
		v := m.CallRef.Value
		if m.CallRef.Flag {
			v |= DummyCallRef + 1
		}
		out = append(out, Discriminator, crefOctets, byte(v>>16), byte(v>>8), byte(v), byte(m.Type), octet7, 0, 0)
		out, err = w.body(out)
	}
	n := len(out) - start - HeaderLen
	if err == nil && n > maxContents {
		err = errTooLong
	}
	if err != nil {
		return b, fmt.Errorf("q2931: write %s: %w", m.Type, err)
	}
	binary.BigEndian.PutUint16(out[start+7:], uint16(n))
	return out, nil
}

// body writes the elements of Order, then those that it does not name in canonical order.
func (w *writer) body(b []byte) ([]byte, error) {
	var err error
	w.left = w.m.size()
	for _, id := range w.m.Order {
		if id == NextUnknown {
			b, err = w.nextUnknown(b)
		} else {
			b, err = w.next(b, id)
		}
		if err != nil {
			return b, err
		}
	}
	for i := 0; i < len(w.row.slots) && w.left > 0; i++ {
		id := w.row.slots[i].id
		for id != ie.IDRepeat && int(w.written[id]) < fields[id].count(w.m, id) {
			if b, err = w.next(b, id); err != nil {
				return b, err
			}
		}
	}
	for w.unknown < len(w.m.Unknown) {
		if b, err = w.nextUnknown(b); err != nil {
			return b, err
		}
	}
	return b, nil
}

// next writes the next copy of an element, and the repeat indicator before the first BLLI of a
// list.
func (w *writer) next(b []byte, id ie.ID) ([]byte, error) {
	f, i := &fields[id], int(w.written[id])
	if w.row.at[id] == 0 || f.count == nil || i >= f.count(w.m, id) {
		return b, errOrderShort
	}
	w.written[id]++
	w.left--
	if id == ie.IDBLLI && i == 0 && (len(w.m.BLLI) > 1 || w.m.Repeat != nil) {
		r := w.m.Repeat
		if r == nil {
			r = &ie.Repeat{}
		}
		var err error
		if b, err = ie.Append(b, ie.IDRepeat, r); err != nil {
			return b, err
		}
	}
	return ie.Append(b, id, f.at(w.m, id, i))
}

// nextUnknown writes the next unknown element as it came.
func (w *writer) nextUnknown(b []byte) ([]byte, error) {
	if w.unknown >= len(w.m.Unknown) {
		return b, errOrderShort
	}
	raw := w.m.Unknown[w.unknown].Raw
	w.unknown++
	if end, whole := elementEnd(raw, 0); !whole || end != len(raw) {
		return b, errRaw
	}
	return append(b, raw...), nil
}

// elements checks that the message carries only elements of its row, and not too many copies.
func (w *writer) elements() error {
	for i := range w.m.Opaque {
		if id := w.m.Opaque[i].ID; !fields[id].opaque {
			return &ElementError{ID: id, Reason: "element that does not pass through unread"}
		}
	}
	if !w.allowed() {
		if err := w.stranger(); err != nil {
			return err
		}
	}
	if w.m.Repeat != nil && (w.row.find(ie.IDRepeat, w.profile) == nil || len(w.m.BLLI) == 0) {
		return &ElementError{ID: ie.IDRepeat, Reason: "repeat indicator with nothing to repeat"}
	}
	return nil
}

// allowed reports whether the elements of the row are all that the message carries, none in too many copies. It
// looks no further than the last of them.
func (w *writer) allowed() bool {
	left := w.m.size()
	for i := 0; i < len(w.row.slots) && left > 0; i++ {
		s := &w.row.slots[i]
		if s.id == ie.IDRepeat || !s.profiles.has(w.profile) {
			continue
		}
		n := fields[s.id].count(w.m, s.id)
		if n > int(s.copies) {
			return false
		}
		left -= n
	}
	return left == 0
}

// stranger finds the first element that the message may not carry.
func (w *writer) stranger() error {
	for _, id := range fieldIDs {
		n := fields[id].count(w.m, id)
		if n == 0 {
			continue
		}
		s := w.row.find(id, w.profile)
		if s == nil {
			return &ElementError{ID: id, Reason: "element that the message does not have"}
		}
		if n > int(s.copies) {
			return &ElementError{ID: id, Reason: "more copies than the message may carry"}
		}
	}
	return nil
}

// strict checks the message as a whole.
func (w *writer) strict() error {
	m := w.m
	if !m.callRefFits() {
		return errCallRef
	}
	if err := w.elements(); err != nil {
		return err
	}
	opt := Options{Profile: w.profile}
	for i := range w.row.slots {
		s := &w.row.slots[i]
		if s.need != optional && s.profiles.has(w.profile) && opt.needs(s.need, m) && fields[s.id].count(m, s.id) == 0 {
			return &ElementError{ID: s.id, Reason: "mandatory element missing"}
		}
	}
	if m.Restart != nil && m.Restart.Class == ie.RestartAll && m.ConnID != nil {
		return &ElementError{ID: ie.IDConnID, Reason: "restart of all channels that names one"}
	}
	if m.EndpointState != nil && m.EndpointRef == nil {
		return &ElementError{ID: ie.IDEndpointState, Reason: "state of a party that is not named"}
	}
	if m.Type == Setup && m.multipoint() && m.EndpointRef.RefFlag {
		return &ElementError{ID: ie.IDEndpointRef, Reason: "endpoint reference flag set in a SETUP"}
	}
	return m.values(w.profile)
}

// callRefFits reports whether the type goes with the call reference: the global one belongs to the
// restart procedure (Q.2931 5.5), the dummy one to FACILITY (Q.2932), and either may carry the
// requests of leaves (UNI 4.0 section 6), which belong to no call.
func (m *Message) callRefFits() bool {
	leaf := m.Type == LeafSetupRequest || m.Type == LeafSetupFailure
	switch m.CallRef.Value {
	case GlobalCallRef:
		return leaf || m.Type == Restart || m.Type == RestartAck || m.Type == Status
	case DummyCallRef:
		return leaf || m.Type == Facility
	}
	return m.Type != Restart && m.Type != RestartAck
}

// ElementError tells which element a message cannot be written with.
type ElementError struct {
	ID     ie.ID
	Reason string
}

// Error implements error.
func (e *ElementError) Error() string { return e.ID.String() + ": " + e.Reason }
