package uni

import "time"

// bucket is a token bucket: each new call takes a token.
type bucket struct{ tokens int }

// takesCall reports whether a new call may begin in a direction, and takes its
// token: neither too many calls are being set up nor do too many begin. What
// is established does not count.
func (l *Link) takesCall(direction int) bool {
	b := &l.buckets[direction]
	if l.pending[direction] >= l.cfg.MaxPending || b.tokens == 0 {
		return false
	}
	b.tokens--
	if id := (TimerID{Name: TimerRefill}); !l.runs(id) {
		l.startTimer(id, refillPeriod, 0)
	}
	return true
}

// refill gives the buckets what a period brings. The timer runs while one is
// not full.
func (l *Link) refill() {
	brings := max(1, l.cfg.SetupRate*int(refillPeriod/time.Millisecond)/1000)
	full := true
	for i := range l.buckets {
		b := &l.buckets[i]
		b.tokens = min(b.tokens+brings, l.cfg.SetupBurst)
		full = full && b.tokens == l.cfg.SetupBurst
	}
	if !full {
		l.startTimer(TimerID{Name: TimerRefill}, refillPeriod, 0)
	}
}
