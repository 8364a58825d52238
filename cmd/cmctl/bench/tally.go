package bench

import (
	"time"

	"callmanager/cmd/cmctl/histogram"
)

// tallyWindow is how many numbers below the highest one are known to have come or not.
const tallyWindow = 1 << 16

// tally keeps account of numbered SDUs that come in any order, more than once or not at all. The package
// comment says what is what.
type tally struct {
	next   uint64                   // one more than the highest number that has come
	came   [tallyWindow / 64]uint64 // a bit for each of the numbers below next
	single uint64                   // SDUs without duplicates

	duplicates, reordered, deepest uint64
}

// add counts an SDU. It returns false if that is a duplicate.
func (t *tally) add(number uint64) bool {
	if number >= t.next {
		t.advance(number)
		t.single++
		return true
	}
	behind := t.next - 1 - number
	if behind < tallyWindow && !t.mark(number) {
		t.duplicates++
		return false
	}
	t.single++
	t.reordered++
	t.deepest = max(t.deepest, behind)
	return true
}

// advance makes a number the highest one. None of those between has come.
func (t *tally) advance(number uint64) {
	if number-t.next >= tallyWindow {
		clear(t.came[:])
	} else {
		for n := t.next; n < number; n++ {
			t.came[n%tallyWindow/64] &^= 1 << (n % 64)
		}
	}
	t.came[number%tallyWindow/64] |= 1 << (number % 64)
	t.next = number + 1
}

// mark notes that a number of the window has come. It returns false if it had before.
func (t *tally) mark(number uint64) bool {
	word, bit := &t.came[number%tallyWindow/64], uint64(1)<<(number%64)
	first := *word&bit == 0
	*word |= bit
	return first
}

// lost returns how many of the SDUs with the numbers below n have not come.
func (t *tally) lost(n uint64) uint64 { return n - min(n, t.single) }

// variation measures how the delay changes from each SDU to the next one.
type variation struct {
	times   histogram.Histogram
	started bool
	number  uint64 // of the last SDU
	transit time.Duration
}

// add takes in an SDU by when it was sent and when it came, on whatever clocks. Only pairs of consecutive
// numbers count.
func (v *variation) add(number uint64, sent, came time.Duration) {
	transit := came - sent
	if v.started && number == v.number+1 {
		v.times.Add((transit - v.transit).Abs())
	}
	v.started, v.number, v.transit = true, number, transit
}
