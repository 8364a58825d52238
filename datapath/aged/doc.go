// Package aged keeps what is under way in the order in which it began: the parts of an SDU, the cells of a PDU.
// It is bounded, for what never ends, and what has been in it gives its memory to what comes next.
//
//	if s.Full() {
//		... give s.Oldest() up
//	}
//	x := s.Add(now)
//	...
//	s.Remove(x)
//
// A [Set] belongs to one goroutine at a time.
package aged
