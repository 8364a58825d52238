package sscop

import "time"

// Limits of Q.2110 clause 7.7 and of this implementation.
const (
	maxK         = 65528   // AAL5 CPCS-SDU less the longest SD trailer and pad
	maxJ         = 65524   // AAL5 CPCS-SDU less the BGN trailer and pad
	maxWindow    = 1 << 16 // far below 2^23, which the comparisons allow
	maxQueue     = 1 << 20
	maxMaxSTAT   = 16377 // longest odd list in a CPCS-SDU of 65535 octets
	minMaxSTAT   = 3
	defaultQueue = 4096
)

// Config holds the parameters of a connection (Q.2110 clauses 7.6 and 7.7). A zero field takes the
// value of Defaults; a value outside its range is moved to the nearest end of the range. Buffers are
// always released with the connection (the BR parameter is "yes", as Q.2130 fixes it).
type Config struct {
	CC         time.Duration // Timer_CC
	Poll       time.Duration // Timer_POLL
	KeepAlive  time.Duration // Timer_KEEP-ALIVE; above Poll and above one round trip
	NoResponse time.Duration // Timer_NO-RESPONSE; above KeepAlive plus one round trip
	Idle       time.Duration // Timer_IDLE; above KeepAlive

	MaxCC   int // transmissions of BGN, END, RS or ER before the procedure fails; at least 1
	MaxPD   int // SD PDUs between two POLLs; at least 1
	MaxSTAT int // list elements in a STAT sent, odd, at least 3; received ones may have more

	// K bounds the data of an SD, UD or MD PDU, at most 65528 octets; J the user-to-user data of
	// BGN, BGAK, BGREJ, END and RS, at most 65524. Both are rounded down to a multiple of 4, so that
	// no PDU is longer than K + 4 or J + 8 octets, pad included.
	K, J int

	Window int // receive window: SD PDUs beyond VR(R) for which credit is given and buffers stand
	Queue  int // SDUs held for transmission, unacknowledged ones included; more are refused

	// InitialSQ is where VT(SQ) starts, normally the VTSQ of the previous life or a random value.
	// The first BGN carries the number after it; 0 is skipped, because a peer that has just started
	// has VR(SQ) = 0 and would take the BGN for a repeat.
	InitialSQ uint8
}

// Defaults returns the values of Q.2130 for the UNI, a receive window of 128 and a queue of 4096.
func Defaults() Config {
	return Config{
		CC:         time.Second,
		Poll:       750 * time.Millisecond,
		KeepAlive:  2 * time.Second,
		NoResponse: 7 * time.Second,
		Idle:       15 * time.Second,
		MaxCC:      4,
		MaxPD:      25,
		MaxSTAT:    67,
		K:          4096,
		J:          4096,
		Window:     128,
		Queue:      defaultQueue,
	}
}

// normal returns c with defaults filled in and every value inside its range.
func (c Config) normal() Config {
	d := Defaults()
	c.CC = duration(c.CC, d.CC)
	c.Poll = duration(c.Poll, d.Poll)
	c.KeepAlive = duration(c.KeepAlive, d.KeepAlive)
	c.NoResponse = duration(c.NoResponse, d.NoResponse)
	c.Idle = duration(c.Idle, d.Idle)
	c.MaxCC = within(c.MaxCC, d.MaxCC, 1, 1<<16)
	c.MaxPD = within(c.MaxPD, d.MaxPD, 1, 1<<16)
	c.MaxSTAT = within(c.MaxSTAT, d.MaxSTAT, minMaxSTAT, maxMaxSTAT)
	c.MaxSTAT -= 1 - c.MaxSTAT%2 // an even limit would split a list in the middle of a gap
	c.K = within(c.K, d.K, 4, maxK) &^ 3
	c.J = within(c.J, d.J, 4, maxJ) &^ 3
	c.Window = within(c.Window, d.Window, 1, maxWindow)
	c.Queue = within(c.Queue, d.Queue, 1, maxQueue)
	return c
}

func duration(v, def time.Duration) time.Duration {
	if v <= 0 {
		return def
	}
	return v
}

func within(v, def, low, high int) int {
	if v == 0 {
		return def
	}
	return min(max(v, low), high)
}
