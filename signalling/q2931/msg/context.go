package msg

import (
	"bytes"

	"callmanager/signalling/q2931/ie"
)

// context judges what only several elements together tell.
func (d *decoder) context() {
	m := d.m
	if d.v.UnknownType {
		return
	}
	// The first party's reference comes from the side that allocated it (Q.2971).
	if m.Type == Setup && m.multipoint() && m.EndpointRef != nil && m.EndpointRef.RefFlag {
		f := d.find(ie.IDEndpointRef)
		f.Kind = BadContent
		f.Err = &ie.ContentError{ID: f.ID, Offset: 1, Reason: "endpoint reference flag set in a SETUP"}
		m.EndpointRef = nil
	}
	// A restart of all channels names none (Q.2931 5.5.1).
	if m.ConnID != nil && m.Restart != nil && m.Restart.Class == ie.RestartAll {
		d.find(ie.IDConnID).Kind = Unexpected
		m.ConnID = nil
	}
}

// find returns the finding of an element that is in the message.
func (d *decoder) find(id ie.ID) *Finding {
	for i := range d.v.Findings {
		if f := &d.v.Findings[i]; f.ID == id && f.Kind == OK {
			return f
		}
	}
	return &Finding{}
}

// missing adds the mandatory elements that are not there. One that is there but bad is not
// missing; it becomes a mandatory one.
func (d *decoder) missing() {
	for i := range d.row.slots {
		s := &d.row.slots[i]
		if s.need == optional || !s.profiles.has(d.opt.Profile) || !d.opt.needs(s.need, d.m) {
			continue
		}
		present := false
		for i := range d.v.Findings {
			if f := &d.v.Findings[i]; f.ID == s.id && (f.Kind == OK || f.Kind.bad()) {
				f.Mandatory, present = true, true
			}
		}
		if !present {
			d.v.Findings = append(d.v.Findings, Finding{ID: s.id, Kind: MissingMandatory, Mandatory: true, Offset: -1})
		}
	}
}

// needs reports whether the condition holds for the message in its context.
func (o *Options) needs(n need, m *Message) bool {
	switch n {
	case optional:
		return false
	case mandatory:
		return true
	case firstConnID:
		return o.FirstResponse && !o.SetupHadConnID
	case setupConnID:
		return o.FromNetwork
	case setupQoS:
		return m.ExtQoS == nil
	case multipoint:
		return m.multipoint()
	case answersRef:
		return o.SetupHadEndpointRef
	case enquiredRef:
		return o.EnquiryHadEndpointRef
	case withRef:
		return m.EndpointRef != nil
	case firstClearing:
		return o.FirstClearing
	case someChannels:
		return m.Restart != nil && m.Restart.Class != ie.RestartAll
	}
	return false
}

// multipoint reports whether the bearer capability asks for a point-to-multipoint connection.
func (m *Message) multipoint() bool {
	return m.Bearer != nil && m.Bearer.Config == ie.PointToMultipoint
}

// finish sets what of the message depends on all findings: the repeat indicator, the unknown
// elements and the order.
func (d *decoder) finish() {
	m := d.m
	canonical, last, kept := true, 0, 0
	for i := range d.v.Findings {
		f := &d.v.Findings[i]
		at := int(d.row.at[f.ID])
		switch {
		case f.ID == ie.IDRepeat && f.Kind == OK:
			if f.Header != (ie.Header{}) || len(m.BLLI) == 1 {
				m.Repeat = &ie.Repeat{Header: f.Header}
			}
			continue
		case f.unknown():
			raw := f.Raw
			if d.in != nil {
				raw = bytes.Clone(raw)
			}
			m.Unknown = append(m.Unknown, ie.Unknown{Header: f.Header, ID: f.ID, Raw: raw})
			at = len(d.row.slots) + 1
		case f.Kind != OK:
			continue
		}
		canonical, last, kept = canonical && at >= last, at, kept+1
	}
	if canonical {
		return
	}
	m.Order = make([]ie.ID, 0, kept)
	for i := range d.v.Findings {
		switch f := &d.v.Findings[i]; {
		case f.unknown():
			m.Order = append(m.Order, NextUnknown)
		case f.Kind == OK && f.ID != ie.IDRepeat:
			m.Order = append(m.Order, f.ID)
		}
	}
}

// unknown reports whether the element is kept in Message.Unknown: a whole one that was not
// recognised, or a shift.
func (f *Finding) unknown() bool {
	switch f.Kind {
	case UnknownElement, Unexpected:
		end, whole := elementEnd(f.Raw, 0)
		return whole && end == len(f.Raw)
	case OK:
		return f.ID == ie.IDLockingShift || f.ID == ie.IDNonLockingShift
	case BadContent, MissingMandatory, Repeated, TooLong, Misplaced, Empty:
	}
	return false
}
