package udpcell

import (
	"callmanager/datapath/aal5"
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
	limits  sar.Limits
	count   sar.Counters
	crowded uint64 // Cells that found no place. They are in no other count.
	control place
	data    [places]place
	last    int // The place that the latest cell had: most often the next one's too.
}

// A place is a PDU under way.
type place struct {
	sar.Reassembler

	channel uint32 // 0 is none: channel 0/0 carries nothing.
	buf     []byte // Made at first use, and kept.
}

func newJoiner(anyCRC bool) *joiner {
	return &joiner{limits: sar.Limits{MaxSDU: MaxSDU, Timeout: patience, AnyCRC: anyCRC}}
}

// take takes a user cell, and returns an SDU if the cell completes one. It is valid until the next
// call.
func (j *joiner) take(h cell.Header, body *cell.Body, now int64) (sdu []byte, t sar.Trailer, ok bool) {
	p := j.place(h.Channel(), now)
	if p == nil {
		j.crowded++
		return nil, t, false
	}
	if p.Starts(now, &j.count) {
		p.Begin(h, p.buf, now, &j.count)
	}
	sdu, v := p.Add(h, body, &j.count)
	if h.PTI().Last() {
		p.channel = 0
	}
	return sdu, p.Trailer(), v == sar.Whole
}

// place returns the place of a channel, a free one if it has none, and nil if there is none.
func (j *joiner) place(channel uint32, now int64) *place {
	if channel == signalling {
		return j.seat(&j.control, channel)
	}
	if p := &j.data[j.last]; p.channel == channel {
		return p
	}
	free := -1
	for i := range j.data {
		p := &j.data[i]
		if p.channel == channel {
			j.last = i
			return p
		}
		if p.channel == 0 {
			free = i
		}
	}
	for i := 0; free < 0 && i < places; i++ {
		if j.data[i].Expire(now, &j.count) {
			free = i
		}
	}
	if free < 0 {
		return nil
	}
	j.last = free
	return j.seat(&j.data[free], channel)
}

// seat gives a place to a channel.
func (j *joiner) seat(p *place, channel uint32) *place {
	if p.channel == channel {
		return p
	}
	if p.buf == nil {
		p.buf = make([]byte, aal5.PDULen(j.limits.MaxSDU))
	}
	p.Reassembler, p.channel = sar.NewReassembler(j.limits), channel
	return p
}

// pending returns the cells that are not counted yet as delivered or dropped.
func (j *joiner) pending() (n int) {
	for i := range j.data {
		n += j.data[i].Pending()
	}
	return n + j.control.Pending()
}

// signalling is the channel of the control VC, 0/5.
const signalling = uint32(frame.Signalling & 0xFFFF)
