package gcra

import (
	"math/bits"
	"sync/atomic"
	"time"

	"callmanager/vc"
)

// A Shared is the leaky bucket of a link, which all transmit workers fill: in one word, the time when it will be
// empty (the virtual scheduling form of the GCRA, TM 4.1 clause 4.4), so a frame is charged by one
// compare-and-swap and nobody waits for anybody. The zero value has no limit.
//
// Times are in ticks, so fine that the frames of the fastest link are told apart, and wrap around within 208
// days. A link that seems further ahead than its bucket can be filled has been idle for so long.
type Shared struct {
	rate  atomic.Pointer[lineRate] // Nil: no limit.
	empty atomic.Int64
}

// A lineRate is the rate of a shared bucket.
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

// Set sets the rate in wire bits a second; zero is none. What is above all bounds of a configuration is none
// either. How long the link has to send is kept, whatever that is in octets. Nobody runs ahead by more than the
// tolerance, or fills in more octets at a time.
func (s *Shared) Set(r vc.BitRate, tolerance time.Duration, octets int) {
	if r == 0 || r > maxRate {
		s.rate.Store(nil)
		return
	}
	const octet = uint64(8*second) * ticks << octetShift          // At 1 bit/s.
	l := &lineRate{perOctet: (octet + uint64(r) - 1) / uint64(r)} // Rounded up: never faster than the rate.
	l.most = 2*int64(tolerance)*ticks + 2*l.of(octets)
	s.rate.Store(l)
}

// maxRate is the largest capacity that a link is held to.
const maxRate vc.BitRate = 1e12

// of returns how long octets take.
func (l *lineRate) of(octets int) int64 {
	hi, lo := bits.Mul64(uint64(octets), l.perOctet) //nolint:gosec // not negative
	lo, carry := bits.Add64(lo, 1<<octetShift-1, 0)  // Rounded up.
	hi += carry
	return int64(hi<<(64-octetShift) | lo>>octetShift) //nolint:gosec // below 2^60 for the largest frame at 1 bit/s
}

// Limited reports whether there is a limit.
func (s *Shared) Limited() bool { return s.rate.Load() != nil }

// ahead returns how far the link is ahead of a time, in ticks.
func (l *lineRate) ahead(empty, now int64) int64 {
	a := empty - now*ticks // Both wrap around.
	if a < 0 || a > l.most {
		return 0
	}
	return a
}

// Conforms reports whether one may send now who may run ahead of the link by so many nanoseconds.
func (s *Shared) Conforms(now, tolerance int64) bool {
	l := s.rate.Load()
	return l == nil || l.ahead(s.empty.Load(), now) <= tolerance*ticks
}

// Ready returns when one may go on who does not conform: [ResumeTolerance] after one does again.
func (s *Shared) Ready(now, tolerance int64) int64 {
	l := s.rate.Load()
	if l == nil {
		return now
	}
	return now + max(l.ahead(s.empty.Load(), now)-tolerance*ticks, 0)/ticks + 1 + int64(ResumeTolerance)
}

// Fill charges octets of wire. CBR beyond a capacity that has become smaller than what is reserved does not pile
// up.
func (s *Shared) Fill(now int64, octets int) {
	l := s.rate.Load()
	if l == nil {
		return
	}
	for cost := l.of(octets); ; {
		was := s.empty.Load()
		if s.empty.CompareAndSwap(was, now*ticks+min(l.ahead(was, now)+cost, l.most)) {
			return
		}
	}
}
