package datapath

import (
	"callmanager/datapath/frame"
	"callmanager/datapath/lookup"
	"callmanager/nicio"
	"callmanager/vc"
	"callmanager/vc/tap"
)

// What waits for the reader of a capture, in octets: of a worker 64 ms of a gigabit, and of all
// control VCs together.
const (
	dataLane    = 8 << 20
	controlLane = 1 << 20
)

// newTap makes the tap of an engine.
func newTap(links []LinkConfig) *tap.Tap {
	all := make([]tap.Link, len(links))
	for i := range links {
		all[i] = tap.Link{ID: links[i].ID, Name: links[i].Name, Interface: links[i].Interface}
	}
	return tap.New(all, wallClock)
}

// Tap returns where captures are attached. They see what the data ports have received from a link's
// peer under a label that spells a channel, and what they have sent: control word and payload, as on
// the wire; and the SDUs of the control VCs that the signalling is given and that have left it.
func (e *Engine) Tap() *tap.Tap { return e.tap }

// wordAt is where the control word is in the head of a sent frame.
const wordAt = nicio.HeaderLen + frame.EntryLen

// copyTo copies the first n frames received to the captures.
func (r *receiver) copyTo(s *tap.Set, n int) {
	m := tap.Meta{Time: r.tap.Now()}
	for i := range r.frames[:n] {
		f := &r.frames[i]
		l := r.peers.Find(lookup.SourceKey(f.Buf))
		label, rest, fault := frame.DecodeLabel(f.Payload())
		vpi, vci, ok := label.Channel()
		if l == nil || fault != frame.NoFault || !ok {
			continue
		}
		m.ID = vc.ID{Link: l.id, VPI: vpi, VCI: vci}
		s.Put(r.tap, &m, frame.Unpad(rest), nil)
	}
	s.End(r.tap)
}

// copyTo copies n frames of the batch, which were sent at a time, to the captures. A client may change
// the payload at any time: what is copied is what its ring held right after the port has taken it.
func (o *outlet) copyTo(s *tap.Set, at int64, n int) {
	m := tap.Meta{Time: at, Sent: true}
	for i := o.first; i < o.first+n; i++ {
		m.ID = o.slots[i].s.b.id
		s.Put(o.tap, &m, o.frames[i].Head[wordAt:], o.frames[i].Body)
	}
	s.End(o.tap)
}

// controlMeta describes an SDU of a link's control VC.
func controlMeta(l *link, sent bool) tap.Meta {
	return tap.Meta{ID: vc.Signalling(l.id), Sent: sent, Control: true}
}
