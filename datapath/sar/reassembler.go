package sar

import (
	"callmanager/datapath/aal5"
	"callmanager/datapath/cell"
)

// Limits are what a VC's reassembly is bound by.
type Limits struct {
	// MaxSDU is the largest SDU in octets, 1 to [aal5.MaxSDU]; 0 means that.
	MaxSDU int
	// Timeout is how long after its first cell a PDU may end, in nanoseconds; 0 means for ever.
	Timeout int64
	// AnyCRC accepts PDUs whatever their CRC is, from a peer that computes another one. Their length
	// is checked all the same.
	AnyCRC bool
}

// A Reassembler joins the cells of one VC. It has no memory of its own: the caller gives it some when
// a PDU begins. Cells of a PDU that cannot be delivered are taken and dropped up to its last one, so
// half a PDU is never delivered. It allocates nothing.
//
// Make it with [NewReassembler]. To forget what is under way, make another.
type Reassembler struct {
	buf     []byte // Of the PDU under way, as long as it may become; nil while it is dropped.
	n       uint32 // Octets in buf.
	max     uint32 // Octets of the largest PDU.
	limit   uint32 // Octets of the largest SDU.
	state   state
	flags   flags
	uu, cpi uint8
	began   int64 // When the first cell came.
	timeout int64
}

// A state is where a reassembler stands.
type state uint8

const (
	idle     state = iota // Between two PDUs.
	joining               // Within a PDU.
	dropping              // Within a PDU that is dropped, and counted.
)

// flags are what the headers of a PDU's cells told, and options.
type flags uint8

const (
	flagCLP flags = 1 << iota
	flagEFCI
	flagAnyCRC

	flagOptions = flagAnyCRC
)

// NewReassembler returns the reassembler of a VC.
func NewReassembler(l Limits) Reassembler {
	if l.MaxSDU <= 0 || l.MaxSDU > aal5.MaxSDU {
		l.MaxSDU = aal5.MaxSDU
	}
	r := Reassembler{max: uint32(aal5.PDULen(l.MaxSDU)), limit: uint32(l.MaxSDU), timeout: l.Timeout}
	if l.AnyCRC {
		r.flags |= flagAnyCRC
	}
	return r
}

// Starts reports whether the next cell begins a PDU, in which case the caller goes on with Begin.
//
// A PDU that is too old ends here, and its memory is the caller's again. The cell that comes then
// counts as the first of a PDU: if it is not, that one fails its checks.
func (r *Reassembler) Starts(now int64, c *Counters) bool {
	return r.state == idle || r.timeout > 0 && r.Expire(now, c)
}

// Expire ends the PDU under way if it is too old, and reports whether it did: its memory is then the
// caller's again. It is for a VC on which no cell comes any more.
func (r *Reassembler) Expire(now int64, c *Counters) bool {
	if r.state == idle || r.timeout <= 0 || now-r.began <= r.timeout {
		return false
	}
	if r.state == joining {
		c.end(TimedOut, r.Pending())
	}
	r.leave()
	return true
}

// Need returns how much memory a PDU must be given that begins with a cell of this header, in octets:
// those of the largest PDU of the VC, or of one cell if it is the last already.
func (r *Reassembler) Need(h cell.Header) int {
	if h.PTI().Last() {
		return cell.BodyLen
	}
	return int(r.max)
}

// Begin starts a PDU, of which h is the header of the first cell; Add follows. The memory is the
// reassembler's until the PDU ends: until Add says something else than More, or Starts or Expire
// return true. With less memory than Need the PDU is dropped up to its end, it is counted under
// NoRoom, the memory stays the caller's and the result is false.
func (r *Reassembler) Begin(h cell.Header, buf []byte, now int64, c *Counters) bool {
	r.n, r.flags, r.began = 0, r.flags&flagOptions, now
	if need := r.Need(h); len(buf) >= need {
		r.buf, r.state = buf[:need:need], joining
		return true
	}
	r.drop(NoRoom, c)
	return false
}

// Add takes a user cell of the VC. With Whole it returns the SDU, in the memory of Begin; Trailer
// tells the rest until the next Begin. Any other verdict but More says that the PDU is dropped and
// counted, once, and what may follow of it is More. The memory is then the caller's again.
//
//hot:bce
//hot:nomemmove
func (r *Reassembler) Add(h cell.Header, body *cell.Body, c *Counters) (sdu []byte, v Verdict) {
	c.Cells++
	if r.state != joining {
		r.addDropping(h, c)
		return nil, More
	}
	buf, at := r.buf, uint(r.n)
	if at > uint(len(buf)) || len(buf[at:]) < cell.BodyLen {
		return nil, r.overflow(h, c)
	}
	(*cell.Body)(buf[at:]).Set(body)
	r.n += cell.BodyLen
	if h.CLP() {
		r.flags |= flagCLP
	}
	if h.PTI().Last() {
		return r.finish(h, body, c)
	}
	return nil, More
}

// AddRun takes the next of the cells as long as they go on with the PDU under way and have this header, that of
// the cell before, and returns their number: it does for them what [Reassembler.Add] does, whose verdict would
// be More. There may be more of that kind.
//
//hot:bce
//hot:nomemmove
func (r *Reassembler) AddRun(h cell.Header, from *cell.Cells, c *Counters) (n int) {
	at := int(r.n)
	if r.state != joining || h.PTI().Last() || at > len(r.buf) {
		return 0
	}
	n = from.CopyRun(h, r.buf[at:])
	c.Cells += uint64(n)
	r.n += uint32(n * cell.BodyLen)
	return n
}

// Pending returns the cells of the PDU under way that are not counted yet.
func (r *Reassembler) Pending() int { return int(r.n) / cell.BodyLen }

// Busy reports whether the reassembler holds memory of the caller.
func (r *Reassembler) Busy() bool { return r.state == joining }

// Trailer returns what came with the SDU that Add delivered last.
func (r *Reassembler) Trailer() Trailer {
	return Trailer{UU: r.uu, CPI: r.cpi, CLP: r.flags&flagCLP != 0, EFCI: r.flags&flagEFCI != 0}
}

// addDropping takes a cell of a PDU that is dropped.
func (r *Reassembler) addDropping(h cell.Header, c *Counters) {
	if r.state == idle { // Begin was left out: nobody has memory for it.
		r.drop(NoRoom, c)
	}
	c.Dropped++
	if h.PTI().Last() {
		r.leave()
	}
}

// overflow takes a cell that is more than the largest PDU has.
func (r *Reassembler) overflow(h cell.Header, c *Counters) Verdict {
	r.drop(Oversize, c)
	r.addDropping(h, c)
	return Oversize
}

// drop counts the PDU under way, and from now on drops what comes up to its last cell.
func (r *Reassembler) drop(v Verdict, c *Counters) {
	c.end(v, r.Pending())
	r.n, r.buf, r.state = 0, nil, dropping
}

// leave waits for another PDU.
func (r *Reassembler) leave() { r.n, r.buf, r.state = 0, nil, idle }

// finish judges a PDU that has its last cell: its length first, as the CRC tells nothing about a PDU
// that is not one.
func (r *Reassembler) finish(h cell.Header, last *cell.Body, c *Counters) (sdu []byte, v Verdict) {
	pdu, t := r.buf[:r.n], aal5.ParseTrailer((*[aal5.TrailerLen]byte)(last[lastRoom:]))
	switch {
	case t.Aborts():
		v = Aborted
	case !t.Fits(len(pdu)):
		v = misfit(pdu, int(t.Length))
	case uint32(t.Length) > r.limit:
		v = Oversize
	case r.flags&flagAnyCRC == 0 && !intact(pdu):
		v = BadCRC
	default:
		v, sdu = Whole, pdu[:t.Length:t.Length]
		r.uu, r.cpi = t.UU, t.CPI
		if h.PTI().Congested() {
			r.flags |= flagEFCI
		}
	}
	c.end(v, r.Pending())
	r.leave()
	return sdu, v
}

// misfit tells why a PDU has another length than its trailer says.
func misfit(pdu []byte, length int) Verdict {
	if n := aal5.PDULen(length); n < len(pdu) && intact(pdu[len(pdu)-n:]) {
		return Merged
	}
	return BadLength
}

// intact reports whether a PDU passes its CRC.
func intact(pdu []byte) bool { return aal5.Intact(aal5.Update(0, pdu)) }
