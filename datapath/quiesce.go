package datapath

import (
	"context"
	"time"
)

const (
	// QuiesceFrames bounds how many frames the end of a call lets the receive worker take before it has
	// found its socket empty, as it never does while data comes in faster than it is taken. It is what a
	// socket holds and what a worker takes in about 100 ms (DESIGN section 7).
	QuiesceFrames = 1 << 16
	// quiesceLimit bounds how long the end of a call waits for a worker or a processor that gets no
	// further. On a machine with too much to do both have been seen to stand still for 200 ms, with the
	// last frames of calls in front of them.
	quiesceLimit = 2 * time.Second
	// quiescePause lies between two looks. It is the time in which frames that the kernel holds in
	// front of the socket move on: data and the RELEASE behind it may have come in on different
	// processors.
	quiescePause = time.Millisecond
)

// quiesce returns when every data frame has been taken in that had reached this host when it was
// called: the worker found its socket empty, then the processors had gone through what they held
// back in front of the sockets, then the socket was empty again. It gives up after [QuiesceFrames],
// or after quiesceLimit.
func (e *Engine) quiesce(n *nic) {
	ctx, cancel := context.WithTimeout(e.stop, quiesceLimit)
	defer cancel()
	var held holdup
	if len(n.sockets) > 0 {
		held.before = readBacklog()
	}
	if !n.rx.awaitEmpty(ctx) {
		return
	}
	for pause(ctx, quiescePause) {
		if len(n.sockets) == 0 || held.over(readBacklog()) {
			break
		}
	}
	n.rx.awaitEmpty(ctx)
}

// An emptyWait waits until the receive worker has found its socket empty.
type emptyWait struct {
	left int             // Frames that may come before; after them the worker is not waited for.
	done chan<- struct{} // Closed at the end.
	met  *bool           // Says before whether it was empty.
}

// awaitEmpty waits until the worker has found its socket empty. It reports false when the worker has
// taken [QuiesceFrames] without, or the context ended.
func (r *receiver) awaitEmpty(ctx context.Context) (met bool) {
	done, found := make(chan struct{}), new(bool)
	r.box.post(func() {
		r.waits = append(r.waits, emptyWait{left: QuiesceFrames, done: done, met: found})
	})
	select {
	case <-done:
		return *found
	case <-ctx.Done():
		return false
	}
}

// took tells of the frames that one look has brought. None end every wait: all that had arrived has been
// taken. Too many end it, too.
func (r *receiver) took(frames int) {
	left := r.waits[:0]
	for _, w := range r.waits {
		if w.left -= frames; frames > 0 && w.left > 0 {
			left = append(left, w)
			continue
		}
		*w.met = frames == 0
		close(w.done)
	}
	clear(r.waits[len(left):])
	r.waits = left
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
