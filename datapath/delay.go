package datapath

import (
	"context"
	"time"
)

// maxDelayed is how many SDUs a delay holds at most.
const maxDelayed = 1 << 14

// A delayLine runs functions a fixed time after they were put in, in their order. It is the
// engine's facility for tests with a slow control plane.
type delayLine struct {
	delay time.Duration
	now   clock
	queue chan delayed
}

type delayed struct {
	due int64
	f   func()
}

func newDelayLine(d time.Duration) *delayLine {
	return &delayLine{delay: d, now: systemClock(), queue: make(chan delayed, maxDelayed)}
}

// put adds a function. It reports false when the line is full.
func (l *delayLine) put(f func()) bool {
	select {
	case l.queue <- delayed{due: l.now() + int64(l.delay), f: f}:
		return true
	default:
		return false
	}
}

// run runs what is due until the context ends.
func (l *delayLine) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case d := <-l.queue:
			if !pause(ctx, time.Duration(d.due-l.now())) {
				return
			}
			d.f()
		}
	}
}
