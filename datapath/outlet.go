package datapath

import (
	"time"

	"callmanager/datapath/drop"
	"callmanager/datapath/ring"
	"callmanager/datapath/rounds"
	"callmanager/nicio"
	"callmanager/vc/tap"
)

// busyPause is when a port that was full is tried again.
const busyPause = int64(100 * time.Microsecond)

// A packer is a port that makes frames of its own of what it is given: it says when some are due that
// have waited for others, or for the NIC.
type packer interface {
	Due() int64
	Flush(now int64) error
}

// An outlet collects frames of many VCs and links for one port, one batch at a time. The bodies
// stay where they are, in the clients' rings, until the kernel has them; then their memory is
// released. It belongs to a transmit worker.
type outlet struct {
	worker  *transmitter
	port    nicio.Port
	packer  packer // The same, if it makes frames of its own.
	tap     *tap.Port
	now     clock
	frames  [nicio.BatchSize]nicio.TxFrame
	slots   [nicio.BatchSize]slot
	heads   [nicio.BatchSize][headLen]byte
	first   int    // Frames before it have been consumed.
	end     int    // Frames from it on are free.
	taken   uint64 // Octets of the frames that the port took, ever.
	retry   int64  // When a full port is tried again; 0: it is not full.
	waiting rounds.Queue[sender]
	touched []*sender // Senders with something to release.
	landed  []*sender // Senders all of whose drain has been consumed.
}

// A slot remembers whose frame it is.
type slot struct {
	s     *sender
	rec   ring.Record
	cells int   // What it was charged.
	more  bool  // It is a part of its record, and not the last one.
	skips skips // Records dropped right before this one.
}

func newOutlet(t *transmitter, p nicio.Port) *outlet {
	own, _ := p.(packer)
	return &outlet{worker: t, port: p, packer: own, now: t.e.now, tap: t.tap, touched: make([]*sender, 0, nicio.BatchSize)}
}

// full reports whether there is no place for another frame.
func (o *outlet) full() bool { return o.end == len(o.frames) || o.stalled() }

// stalled reports whether the port has to be waited for.
func (o *outlet) stalled() bool { return o.retry != 0 }

// put appends the next frame of a sender's held record, of so many octets, which was charged so many
// cells; there must be a place.
//
//hot:bce
func (o *outlet) put(s *sender, octets, cells int) {
	i := uint(o.end) % nicio.BatchSize
	o.end++
	head := &o.heads[i]
	more := s.write(head, octets)
	body := s.held.Payload
	if octets != len(body) {
		body = part(body, s.at, octets)
	}
	o.frames[i] = nicio.TxFrame{Head: head[:], Body: body}
	o.slots[i] = slot{s: s, rec: s.held, cells: cells, more: more, skips: s.skips}
	s.skips = skips{}
	s.flying++
	if more {
		s.at += octets
		return
	}
	s.at = 0
	s.consume()
}

// part returns so many octets of a payload. It stays out of the way of whole SDUs.
//
//go:noinline
func part(body []byte, at, octets int) []byte { return body[at : at+octets : at+octets] }

// flush offers the batch to the port and releases what it has consumed. After back-pressure the
// rest is offered again at the time of retry.
func (o *outlet) flush() {
	o.retry = 0
	if o.first == o.end {
		return
	}
	watch := o.tap.Running()
	var at int64
	if watch != nil {
		at = o.tap.Now() // The peer may answer before the port's call returns.
	}
	n, err := o.port.WriteBatch(o.frames[o.first:o.end])
	if watch != nil {
		o.copyTo(watch, at, n)
	}
	now := o.now() // Whatever was sent left before.
	o.settle(n, drop.Sent)
	switch {
	case err != nil:
		o.settle(o.end-o.first, drop.TxPortFailed) // The port is closed or beyond repair.
	case o.first < o.end:
		o.retry = now + busyPause
	}
	if o.first == o.end {
		o.first, o.end = 0, 0
	}
	o.release(now)
}

// pack sends the cells that have waited for long enough, and returns when the next ones will have.
func (o *outlet) pack(now int64) (next int64) {
	if o.packer == nil {
		return never
	}
	if o.packer.Due() <= now {
		_ = o.packer.Flush(now) // The next batch meets the error, too.
	}
	return o.packer.Due()
}

// settle ends the flight of the next n frames.
func (o *outlet) settle(n int, how drop.Tx) {
	for i := o.first; i < o.first+n; i++ {
		p := &o.slots[i]
		s := p.s
		if !s.touched {
			s.touched = true
			o.touched = append(o.touched, s)
		}
		s.cells += p.cells
		s.flying--
		if how == drop.Sent {
			o.taken += uint64(headLen + len(o.frames[i].Body))
		}
		switch {
		case p.more: // What becomes of the record, its last frame says.
		case how == drop.Sent:
			s.sent = p
			s.sdus++
			s.octets += uint64(len(p.rec.Payload))
		default:
			s.sent = p
			s.lost++
			s.rx.CountDrops(1, uint64(len(p.rec.Payload)))
		}
		o.frames[i].Body = nil
		p.s = nil
	}
	o.first += n
}

// release gives the memory of the settled records back to the clients, has their cells leak from
// now on, and adds the sums to the counters.
func (o *outlet) release(now int64) {
	for i, s := range o.touched {
		o.touched[i] = nil
		s.taken = o.taken
		s.pace.Land(now, s.cells)
		s.cells = 0
		s.touched = false
		if s.sent != nil {
			s.rx.ReleaseThrough(&s.sent.rec)
			s.sent = nil
		}
		if s.flying == 0 {
			s.release()
		}
		s.settle()
		if s.flying == 0 && s.drained() {
			o.landed = append(o.landed, s)
		}
	}
	o.touched = o.touched[:0]
}

// left reports whether the frames have left this host that the port had taken when its octets were
// so many: they leave in order, so nothing waits but what came later.
func (o *outlet) left(taken uint64) bool {
	return taken == 0 || uint64(o.port.Unsent()) <= o.taken-taken
}

// remove takes the frames of a sender out of a batch that the port did not take. Their records stay
// in the ring.
func (o *outlet) remove(s *sender) {
	keep := o.first
	for i := o.first; i < o.end; i++ {
		if o.slots[i].s == s {
			s.skips.records += o.slots[i].skips.records
			s.skips.octets += o.slots[i].skips.octets
			s.pace.Refund(o.slots[i].cells)
			s.flying--
			continue
		}
		if keep != i {
			o.slots[keep] = o.slots[i]
			o.heads[keep] = o.heads[i]
			o.frames[keep] = nicio.TxFrame{Head: o.heads[keep][:], Body: o.frames[i].Body}
		}
		keep++
	}
	clear(o.slots[keep:o.end])
	clear(o.frames[keep:o.end])
	o.end = keep
	if o.first == o.end {
		o.first, o.end = 0, 0
	}
}
