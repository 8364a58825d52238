package bench

import (
	"fmt"
	"strconv"
	"sync"
	"time"

	"callmanager/vc"
)

// meter tells rates since the last time that it was asked.
type meter struct {
	mu           sync.Mutex
	began, last  time.Time
	sdus, octets uint64
}

// start starts the clock.
func (m *meter) start() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.began = time.Now()
	m.last = m.began
}

// line tells the time since the start, and the rates of late from counts that have come to sdus and octets.
func (m *meter) line(unit string, sdus, octets uint64) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.began.IsZero() {
		return "the call does not stand yet"
	}
	now := time.Now()
	d := now.Sub(m.last)
	text := fmt.Sprintf("%.0f s  %s %s/s", now.Sub(m.began).Seconds(), Count(perSecond(sdus-m.sdus, d)), unit)
	if octets > 0 {
		text += "  " + Bits(perSecond(8*(octets-m.octets), d))
	}
	m.last, m.sdus, m.octets = now, sdus, octets
	return text
}

// Bits formats a rate in bit/s.
func Bits(rate float64) string { return vc.BitRate(max(rate, 0)).String() }

// Count formats a number in three digits or what it takes.
func Count(n float64) string {
	switch {
	case n >= 1e6:
		return strconv.FormatFloat(n/1e6, 'f', 2, 64) + " M"
	case n >= 1e4:
		return strconv.FormatFloat(n/1e3, 'f', 1, 64) + " k"
	case n >= 100 || n == 0:
		return strconv.FormatFloat(n, 'f', 0, 64)
	}
	return strconv.FormatFloat(n, 'f', 1, 64)
}

// Microseconds formats a time of [Times].
func Microseconds(us float64) string {
	d := time.Duration(us * 1e3)
	switch {
	case d >= time.Second:
		return d.Round(time.Millisecond).String()
	case d >= time.Millisecond:
		return d.Round(time.Microsecond).String()
	}
	return d.Round(100 * time.Nanosecond).String()
}
