package datapath

import (
	"context"
	"time"
)

const (
	// QuiesceLimit bounds how long the end of a call waits for frames that have arrived (DESIGN
	// section 7).
	QuiesceLimit = 100 * time.Millisecond
	// quiescePause lies between two looks. It is the time in which frames that the kernel holds in
	// front of the socket move on: data and the RELEASE behind it may have come in on different
	// processors.
	quiescePause = time.Millisecond
)

// quiesce returns when every data frame has been taken in that had reached this host when it was
// called: the worker found its socket empty, then the processors had gone through what they held
// back in front of the sockets, then the socket was empty again. It gives up after [QuiesceLimit],
// which happens when data comes in faster than it is taken.
func (e *Engine) quiesce(n *nic) {
	ctx, cancel := context.WithTimeout(e.stop, QuiesceLimit)
	defer cancel()
	var before backlog
	if len(n.sockets) > 0 {
		before = readBacklog()
	}
	if !n.rx.awaitEmpty(ctx) {
		return
	}
	for pause(ctx, quiescePause) {
		if len(n.sockets) == 0 || before.passed(readBacklog()) {
			break
		}
	}
	n.rx.awaitEmpty(ctx)
}

// awaitEmpty waits until the worker has found its socket empty. It reports false when the context
// ended first.
func (r *receiver) awaitEmpty(ctx context.Context) bool {
	empty := make(chan struct{})
	r.box.post(func() {
		r.watches = append(r.watches, func() { close(empty) })
	})
	select {
	case <-empty:
		return true
	case <-ctx.Done():
		return false
	}
}

// pause waits for a time. It reports false when the context ended first.
func pause(ctx context.Context, d time.Duration) bool {
	t := newTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
