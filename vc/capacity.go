package vc

import (
	"fmt"
	"math/bits"
)

// Reservation is what a contract takes of a link in each direction, in wire
// bits a second, as one end of the link sees it.
type Reservation struct{ Send, Receive BitRate }

// Delays that a burst of a VBR flow may have to wait in its ring, as parts of a
// second: 10 ms for rt-VBR, and 100 ms, for which a ring has room, for nrt-VBR.
const (
	waitRT  = 100
	waitNRT = 10
)

// Effective returns the cells a second that admission reserves for a flow of the
// category: the peak cell rate of CBR, the minimum desired cell rate of UBR, and
// the effective bandwidth of VBR,
//
//	max(SCR, PCR MBS / (MBS + D PCR))
//
// rounded up, where D is how long a burst may wait. That is what a source that
// keeps to its dual leaky bucket takes of a multiplexer which loses nothing and
// whose buffer lasts for D: Elwalid, Mitra and Wentworth, "A New Approach for
// Allocating Buffers and Bandwidth to Heterogeneous, Regulated Traffic in an ATM
// Node", IEEE JSAC 13 (1995), section III. In words: the MBS cells of the longest
// burst, which come in MBS/PCR seconds, have D seconds more to leave.
//
// It needs no statistics and no bound on the number of sources, so it is above
// what statistical multiplexing would allow (Guérin, Ahmadi and Naghshineh 1991),
// never below. It counts a burst as fluid: what a frame and the burst tolerance of
// the pacing add is not in it; and it takes all flows as of one priority, so what
// waits longer than D at worst is the lower category, in its ring, where nothing
// is lost.
func (f Flow) Effective(c Category) CellRate {
	switch c {
	case CBR:
		return f.PCR
	case RTVBR:
		return f.effective(waitRT)
	case NRTVBR:
		return f.effective(waitNRT)
	case UBR:
	}
	return f.MDCR
}

// effective is that of VBR with D = 1/part. The product is below 2^24 * 2^24 *
// 2^7.
func (f Flow) effective(part uint64) CellRate {
	burst := part * uint64(f.MBS)
	sum := burst + uint64(f.PCR)
	if sum == 0 {
		return 0
	}
	e := (uint64(f.PCR)*burst + sum - 1) / sum
	return min(max(f.SCR, CellRate(e)), f.PCR) //nolint:gosec // at most PCR
}

// Cost returns what a flow of the category takes of a link, in wire bits a second: what is reserved for it
// times the worst wire octets a cell over all SDU sizes from the minimum policed one up. A smaller SDU is charged
// as that one, so it costs no more. UBR without a minimum costs nothing.
//
// In frame mode an SDU of the most octets that fit n cells, 48n-8, is the worst of its cell
// count, and costs 48n+38 octets: 86 a cell for n = 1, 67 for 2, and so on
// down. So the worst size is the largest one with the fewest cells.
func (f *Framing) Cost(flow *Flow, c Category) BitRate {
	rate := flow.Effective(c)
	if rate == 0 {
		return 0
	}
	octets, cells := f.worst(flow)
	total := uint64(rate) * uint64(8*octets)                    //nolint:gosec // below 2^24 * 2^20
	return BitRate((total + uint64(cells) - 1) / uint64(cells)) //nolint:gosec // positive
}

// Reservation returns what the contract takes of a link in frame mode at the calling or the called end.
func (c Contract) Reservation(calling bool) Reservation { return new(Framing).Reservation(&c, calling) }

// Reservation returns what a contract takes of a link at the calling or the called end.
func (f *Framing) Reservation(c *Contract, calling bool) Reservation {
	send, receive := c.Directions(calling)
	return Reservation{Send: f.Cost(&send, c.Category), Receive: f.Cost(&receive, c.Category)}
}

// Capacity keeps account of one link's wire bits a second, which are the same
// in each direction. The zero value has no capacity. It belongs to one
// goroutine.
type Capacity struct {
	total    BitRate
	framing  Framing
	reserved Reservation
}

// SetTotal sets the link's capacity in each direction. What is reserved stays,
// even if it is more than that.
func (c *Capacity) SetTotal(r BitRate) { c.total = r }

// SetFraming sets how the link lays SDUs on its wire. What is reserved stays as it was counted.
func (c *Capacity) SetFraming(f Framing) { c.framing = f }

// prices returns the framing that contracts are counted by, and how much of the capacity there is for them. Where
// frames wait for cells, those that leave half empty are counted once, for all; but where that would take more
// than an eighth of the link, SDUs are counted as if each had frames of its own. Neither counts too little.
func (c *Capacity) prices() (f Framing, usable BitRate) {
	f = c.framing
	if f.Partial > c.total/8 {
		f.Partial = 0
	}
	return f, c.total - f.Partial
}

// Price returns what a contract takes of the link at the calling or the called end.
func (c *Capacity) Price(contract *Contract, calling bool) Reservation {
	f, _ := c.prices()
	return f.Reservation(contract, calling)
}

// Fit lowers the peak rates of a contract to what the link has room for in place of old at the calling or the
// called end, but not below those of floor. ok is false if there is less.
func (c *Capacity) Fit(contract *Contract, old Reservation, calling bool, floor *Contract) (fitted Contract, ok bool) {
	f, _ := c.prices()
	return f.Fit(contract, c.Room(old), calling, floor)
}

// Total returns the link's capacity in each direction.
func (c *Capacity) Total() BitRate { return c.total }

// Reserved returns the sum of the reservations.
func (c *Capacity) Reserved() Reservation { return c.reserved }

// Reserve takes r. It fails with a *[RefusedError] when less is free: cause 37,
// or 47 when the link's capacity is not known.
func (c *Capacity) Reserve(r Reservation) error { return c.Replace(Reservation{}, r) }

// Replace takes r in place of old, which was reserved before. When it fails, as
// Reserve does, old stays.
func (c *Capacity) Replace(old, r Reservation) error {
	send, errS := c.fit("sending", c.reserved.Send-old.Send, old.Send, r.Send)
	if errS != nil {
		return errS
	}
	receive, errR := c.fit("receiving", c.reserved.Receive-old.Receive, old.Receive, r.Receive)
	if errR != nil {
		return errR
	}
	c.reserved = Reservation{Send: send, Receive: receive}
	return nil
}

// fit returns the sum of what others have and a call wants in one direction.
// What a call had it may keep, whatever became of the capacity.
func (c *Capacity) fit(direction string, others, had, want BitRate) (BitRate, error) {
	_, usable := c.prices()
	sum, carry := bits.Add64(uint64(others), uint64(want), 0)
	switch {
	case want <= had, want == 0, carry == 0 && BitRate(sum) <= usable:
		return BitRate(sum), nil
	case c.total == 0:
		return 0, &RefusedError{Cause: CauseResources, Reason: "the capacity of the link is unknown"}
	}
	free := usable - min(usable, others)
	return 0, &RefusedError{Cause: CauseCellRate, Reason: fmt.Sprintf("%s takes %s of the wire, and %s of %s are free", direction, want, free, c.total)}
}

// Room returns the most that a call may have in place of old, which it had
// before.
func (c *Capacity) Room(old Reservation) Reservation {
	_, usable := c.prices()
	room := func(reserved, had BitRate) BitRate { return max(had, usable-min(usable, reserved-had)) }
	return Reservation{Send: room(c.reserved.Send, old.Send), Receive: room(c.reserved.Receive, old.Receive)}
}

// Release gives back what Reserve or Replace has taken.
func (c *Capacity) Release(r Reservation) {
	c.reserved.Send -= min(r.Send, c.reserved.Send)
	c.reserved.Receive -= min(r.Receive, c.reserved.Receive)
}
