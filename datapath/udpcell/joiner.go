package udpcell

import (
	"callmanager/datapath/aal5"
	"callmanager/datapath/aged"
	"callmanager/datapath/cell"
	"callmanager/datapath/frame"
	"callmanager/datapath/sar"
)

const (
	// places is how many channels of data may be within a PDU at a time.
	places = 64
	// patience is how long after its first cell a PDU may end, in nanoseconds.
	patience = 5_000_000_000
)

// A joiner joins the PDUs of all channels. A channel has a place from its PDU's first cell to its
// last; that of the control VC is its own, so half PDUs of data do not keep it out.
type joiner struct {
	fresh   sar.Reassembler // What that of a PDU begins as.
	octets  int             // Of the largest PDU.
	count   sar.Counters
	crowded uint64 // Cells that found no place. They are in no other count.
	control place
	data    aged.Set[place]
	last    *aged.Item[place] // That the latest cell had: most often the next one's too.
}

// A place is a PDU under way.
type place struct {
	sar.Reassembler

	channel uint32 // 0 is none: channel 0/0 carries nothing.
	buf     []byte // Made at first use, and kept.
}

func newJoiner(anyCRC bool) *joiner {
	return &joiner{
		fresh:  sar.NewReassembler(sar.Limits{MaxSDU: MaxSDU, Timeout: patience, AnyCRC: anyCRC}),
		octets: aal5.PDULen(MaxSDU), data: aged.New[place](places), last: new(aged.Item[place]),
	}
}

// take takes a user cell, and returns an SDU if the cell completes one. It is valid until the next
// call.
func (j *joiner) take(h cell.Header, body *cell.Body, now int64) (sdu []byte, t sar.Trailer, ok bool) {
	if h.Channel() == signalling {
		j.seat(&j.control, signalling)
		return j.add(&j.control, h, body, now)
	}
	x := j.find(h.Channel(), now)
	if x == nil {
		j.crowded++
		return nil, t, false
	}
	sdu, t, ok = j.add(&x.Value, h, body, now)
	if h.PTI().Last() {
		j.free(x)
	}
	return sdu, t, ok
}

// add adds a cell to the PDU of its channel.
func (j *joiner) add(p *place, h cell.Header, body *cell.Body, now int64) (sdu []byte, t sar.Trailer, ok bool) {
	if p.Starts(now, &j.count) {
		p.Begin(h, p.buf, now, &j.count)
	}
	sdu, v := p.Add(h, body, &j.count)
	return sdu, p.Trailer(), v == sar.Whole
}

// find returns the place of a channel, a free one if it has none, and nil if there is none. A PDU that is too old
// is given up for another.
func (j *joiner) find(channel uint32, now int64) *aged.Item[place] {
	if x := j.last; x.Value.channel != channel {
		j.last = j.search(channel)
	}
	if x := j.last; x.Value.channel == channel {
		if !x.Value.Expire(now, &j.count) {
			return x
		}
		j.free(x)
	}
	if j.data.Full() {
		oldest := j.data.Oldest()
		if !oldest.Value.Expire(now, &j.count) {
			return nil
		}
		j.free(oldest)
	}
	j.last = j.data.Add(now)
	j.seat(&j.last.Value, channel)
	return j.last
}

// search returns the place of a channel that has one, or the latest.
func (j *joiner) search(channel uint32) *aged.Item[place] {
	for x := range j.data.All() {
		if x.Value.channel == channel {
			return x
		}
	}
	return j.last
}

// free takes a place from its channel.
func (j *joiner) free(x *aged.Item[place]) {
	x.Value.channel = 0
	j.data.Remove(x)
}

// seat gives a place to a channel, unless it has it.
func (j *joiner) seat(p *place, channel uint32) {
	if p.channel == channel {
		return
	}
	if p.buf == nil {
		p.buf = make([]byte, j.octets)
	}
	p.Reassembler, p.channel = j.fresh, channel
}

// pending returns the cells that are not counted yet as delivered or dropped.
func (j *joiner) pending() (n int) {
	for x := range j.data.All() {
		n += x.Value.Pending()
	}
	return n + j.control.Pending()
}

// signalling is the channel of the control VC, 0/5.
const signalling = uint32(frame.Signalling & 0xFFFF)
