package datapath

import (
	"math/bits"
	"sync/atomic"

	"callmanager/vc"
)

// A capacity is the leaky bucket of a link, which all transmit workers fill: in one word, the time when it will be
// empty (the virtual scheduling form of the GCRA, TM 4.1 clause 4.4), so a frame is charged by one
// compare-and-swap and nobody waits for anybody. The zero value has no limit.
//
// Times are in ticks, so fine that the frames of the fastest link are told apart, and wrap around within 208
// days. A link that seems further ahead than its bucket can be filled has been idle for so long.
type capacity struct {
	rate  atomic.Pointer[lineRate] // Nil: no limit.
	empty atomic.Int64
}

// A lineRate is the rate of a capacity.
type lineRate struct {
	perOctet uint64 // What an octet takes, in ticks divided by 2^octetShift.
	most     int64  // How far ahead the bucket may be at most, in ticks.
}

const (
	// ticks are those of a nanosecond.
	ticks = 1 << 10
	// octetShift makes an octet of the fastest link exact to a few millionths.
	octetShift = 16
)

// set sets the rate in wire bits a second; zero is none. What is above all bounds of a configuration is none
// either. How long the link has to send is kept, whatever that is in octets.
func (c *capacity) set(r vc.BitRate) {
	if r == 0 || r > maxLine {
		c.rate.Store(nil)
		return
	}
	const octet = uint64(8*second) * ticks << octetShift          // At 1 bit/s.
	l := &lineRate{perOctet: (octet + uint64(r) - 1) / uint64(r)} // Rounded up: never faster than the rate.
	l.most = 2*int64(lineTolerance+rankCBR.head(true))*ticks + 2*l.of(vc.MaxSDULen+headLen+wireOverhead)
	c.rate.Store(l)
}

// maxLine is the largest capacity that a link is held to.
const maxLine vc.BitRate = 1e12

// of returns how long octets take.
func (l *lineRate) of(octets int) int64 {
	hi, lo := bits.Mul64(uint64(octets), l.perOctet) //nolint:gosec // not negative
	lo, carry := bits.Add64(lo, 1<<octetShift-1, 0)  // Rounded up.
	hi += carry
	return int64(hi<<(64-octetShift) | lo>>octetShift) //nolint:gosec // below 2^60 for the largest frame at 1 bit/s
}

// limited reports whether there is a limit.
func (c *capacity) limited() bool { return c.rate.Load() != nil }

// ahead returns how far the link is ahead of a time, in ticks.
func (l *lineRate) ahead(empty, now int64) int64 {
	a := empty - now*ticks // Both wrap around.
	if a < 0 || a > l.most {
		return 0
	}
	return a
}

// conforms reports whether one may send now who may run ahead of the link by so many nanoseconds.
func (c *capacity) conforms(now, tolerance int64) bool {
	l := c.rate.Load()
	return l == nil || l.ahead(c.empty.Load(), now) <= tolerance*ticks
}

// ready returns when one may go on who does not conform, and waits for resumeTolerance.
func (c *capacity) ready(now, tolerance int64) int64 {
	l := c.rate.Load()
	if l == nil {
		return now
	}
	return now + max(l.ahead(c.empty.Load(), now)-tolerance*ticks, 0)/ticks + 1 + int64(resumeTolerance)
}

// fill charges octets of wire. CBR beyond a capacity that has become smaller than what is reserved does not pile
// up.
func (c *capacity) fill(now int64, octets int) {
	l := c.rate.Load()
	if l == nil {
		return
	}
	for cost := l.of(octets); ; {
		was := c.empty.Load()
		if c.empty.CompareAndSwap(was, now*ticks+min(l.ahead(was, now)+cost, l.most)) {
			return
		}
	}
}
