package vc

import (
	"fmt"
	"math/bits"
)

// Ethernet octets of a frame-mode SDU on the wire: what stands before the SDU
// (two MACs, EtherType, label, control word), the shortest frame without its
// FCS, and what every frame costs beside (FCS, preamble, inter-frame gap).
const (
	frameHeader  = 22
	minFrame     = 60
	frameOutside = 24
)

// WireOctets returns what an SDU of n octets takes on the wire in frame mode,
// in octets: max(60, n+22)+24.
func WireOctets(n int) int { return max(minFrame, n+frameHeader) + frameOutside }

// Reservation is what a contract takes of a link in each direction, in wire
// bits a second, as one end of the link sees it.
type Reservation struct{ Send, Receive BitRate }

// Cost returns what a flow of the category takes of a frame-mode link, in wire
// bits a second: its peak cell rate times the worst wire octets a cell over all
// SDU sizes from the minimum policed one up. A smaller SDU is charged as that
// one, so it costs no more. UBR costs nothing.
//
// An SDU of the most octets that fit n cells, 48n-8, is the worst of its cell
// count, and costs 48n+38 octets: 86 a cell for n = 1, 67 for 2, and so on
// down. So the worst size is the largest one with the fewest cells.
func (f Flow) Cost(c Category) BitRate {
	if c == UBR || f.PCR == 0 {
		return 0
	}
	octets, cells := f.worst()
	total := uint64(f.PCR) * uint64(8*octets) // below 2^24 * 2^20
	return BitRate((total + uint64(cells) - 1) / uint64(cells))
}

// worst returns the wire octets and the cells of the SDU that costs most a cell.
func (f Flow) worst() (octets, cells int) {
	cells = f.Charge(1)
	return WireOctets(min(cells*CellPayload-TrailerLen, int(f.MaxSDU))), cells
}

// Reservation returns what the contract takes of a link at the calling or the
// called end.
func (c Contract) Reservation(calling bool) Reservation {
	send, receive := c.Directions(calling)
	return Reservation{Send: send.Cost(c.Category), Receive: receive.Cost(c.Category)}
}

// Capacity keeps account of one link's wire bits a second, which are the same
// in each direction. The zero value has no capacity. It belongs to one
// goroutine.
type Capacity struct {
	total    BitRate
	reserved Reservation
}

// SetTotal sets the link's capacity in each direction. What is reserved stays,
// even if it is more than that.
func (c *Capacity) SetTotal(r BitRate) { c.total = r }

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
	sum, carry := bits.Add64(uint64(others), uint64(want), 0)
	switch {
	case want <= had, want == 0, carry == 0 && BitRate(sum) <= c.total:
		return BitRate(sum), nil
	case c.total == 0:
		return 0, &RefusedError{Cause: CauseResources, Reason: "the capacity of the link is unknown"}
	}
	free := c.total - min(c.total, others)
	return 0, &RefusedError{Cause: CauseCellRate, Reason: fmt.Sprintf("%s takes %s of the wire, and %s of %s are free", direction, want, free, c.total)}
}

// Room returns the most that a call may have in place of old, which it had
// before.
func (c *Capacity) Room(old Reservation) Reservation {
	room := func(reserved, had BitRate) BitRate { return max(had, c.total-min(c.total, reserved-had)) }
	return Reservation{Send: room(c.reserved.Send, old.Send), Receive: room(c.reserved.Receive, old.Receive)}
}

// Release gives back what Reserve or Replace has taken.
func (c *Capacity) Release(r Reservation) {
	c.reserved.Send -= min(r.Send, c.reserved.Send)
	c.reserved.Receive -= min(r.Receive, c.reserved.Receive)
}
