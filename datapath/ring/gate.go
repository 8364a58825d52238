package ring

import (
	"math"
	"sync"
	"sync/atomic"
)

// gate counts the users of an endpoint's memory and runs its teardown when it is closed and the last has left.
type gate struct {
	users    atomic.Int64 // Negative once closed.
	closing  sync.Once
	finish   sync.Once
	stop     chan struct{} // Closed first: users must leave.
	done     chan struct{} // Closed last: the memory is gone.
	teardown func()
}

// newGate returns an open gate.
func newGate(teardown func()) *gate {
	return &gate{stop: make(chan struct{}), done: make(chan struct{}), teardown: teardown}
}

// enter adds a user unless the gate is closed.
func (g *gate) enter() bool {
	if g.users.Add(1) > 0 {
		return true
	}
	g.leave()
	return false
}

// leave removes a user; the last one to leave a closed gate tears down.
func (g *gate) leave() {
	if g.users.Add(-1) == math.MinInt64 {
		g.end()
	}
}

// close stops new users and tells the present ones to leave. The first call runs before, unless that is nil, ahead of it.
func (g *gate) close(before func()) {
	g.closing.Do(func() {
		if before != nil {
			before()
		}
		close(g.stop)
		if g.users.Add(math.MinInt64) == math.MinInt64 {
			g.end()
		}
	})
}

// end runs the teardown once.
func (g *gate) end() {
	g.finish.Do(func() {
		g.teardown()
		close(g.done)
	})
}
