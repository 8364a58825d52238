package datapath

import (
	"context"
	"time"

	"callmanager/datapath/softnet"
)

const (
	// QuiesceFrames bounds how many frames the end of a call lets the receive worker take where it neither finds
	// its socket empty, as it never does while data comes in faster than it is taken, nor can be told how many
	// there were. It is what a socket holds and what a worker takes in about 100 ms (DESIGN section 7).
	QuiesceFrames = 1 << 16
	// quiesceLimit bounds how long the end of a call waits for a worker or a processor that gets no
	// further. On a machine with too much to do both have been seen to stand still for 200 ms, with the
	// last frames of calls in front of them.
	quiesceLimit = 2 * time.Second
	// quiescePause is what lies at least between the two looks at the socket. It is the time in which
	// frames that the kernel holds in front of the socket move on: data and the RELEASE behind it may
	// have come in on different processors. What has come in meanwhile waits for its end, and the runtime's
	// timers make nothing of parts of it.
	quiescePause = time.Millisecond
)

// A settling is a group of exits whose first look at the socket has been.
type settling struct {
	exits []*exit
	held  softnet.Holdup
	began int64
}

// runSettle settles what leaves after everything that had arrived, until there is no more: the worker
// had emptied its socket, then the processors had gone through what they held back in front of the
// sockets, then the socket was emptied again. It gives up after [QuiesceFrames], or after quiesceLimit at
// each of the three.
// One look at the socket is the second of one group and the first of another.
func (q *exits) runSettle() {
	var groups []*settling
	for {
		q.mu.Lock()
		fresh := q.fresh
		q.fresh = nil
		q.settles = len(fresh)+len(groups) > 0
		q.mu.Unlock()
		if len(fresh)+len(groups) == 0 {
			return
		}
		if groups = q.settle(groups, fresh); len(groups) > 0 {
			pause(q.e.stop, quiescePause)
		}
	}
}

// settle looks at the socket once, if there is a reason to, and returns the groups that are not done.
func (q *exits) settle(groups []*settling, fresh []*exit) (left []*settling) {
	var over []*exit
	now := q.readBacklog()
	for _, g := range groups {
		if !q.rested(g, now) {
			left = append(left, g)
			continue
		}
		over = append(over, g.exits...)
	}
	if len(fresh) > 0 {
		left = append(left, &settling{exits: fresh, held: softnet.Hold(now), began: q.now()})
	}
	if len(fresh) > 0 || len(over) > 0 {
		ctx, cancel := context.WithTimeout(q.e.stop, quiesceLimit)
		met := q.rx.awaitEmpty(ctx)
		cancel()
		if !met && len(fresh) > 0 {
			over = append(over, fresh...)
			left = left[:len(left)-1]
		}
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.retireLocked(over...)
	return left
}

// rested reports whether a group is ready for its second look, after a pause.
func (q *exits) rested(g *settling, now softnet.Backlog) bool {
	return len(q.rx.nic.sockets) == 0 || g.held.Over(now) || q.now()-g.began > int64(quiesceLimit) || q.e.stop.Err() != nil
}

// readBacklog reads what waits in front of the sockets, if the NIC has any.
func (q *exits) readBacklog() softnet.Backlog {
	if len(q.rx.nic.sockets) == 0 {
		return nil
	}
	return q.backlog.Read()
}

// An emptyWait waits until the receive worker has taken everything that its socket held.
type emptyWait struct {
	left  int             // Frames that may come before; after them the worker is not waited for.
	exact bool            // They are those that the socket held.
	done  chan<- struct{} // Closed at the end.
	met   *bool           // Says before whether everything was taken.
}

// A countedPort can tell how many frames it holds, when the worker asks that reads it.
type countedPort interface{ Pending() int }

// awaitEmpty waits until the worker has taken everything that its socket holds: it has found it empty, or
// taken as many frames as there were. It reports false when the worker has taken [QuiesceFrames] without, or
// the context ended.
func (r *receiver) awaitEmpty(ctx context.Context) (met bool) {
	done, found := make(chan struct{}), new(bool)
	r.box.Post(func() {
		w := emptyWait{left: QuiesceFrames, done: done, met: found}
		if p, ok := r.port.(countedPort); ok {
			if n := p.Pending(); n < w.left {
				w.left, w.exact = n, true
			}
		}
		r.waits = append(r.waits, w)
	})
	select {
	case <-done:
		return *found
	case <-ctx.Done():
		return false
	}
}

// took tells of the frames that one look has brought. None end every wait: all that had arrived has been
// taken. So do as many as there were, or too many.
func (r *receiver) took(frames int) {
	if len(r.waits) == 0 {
		return
	}
	left := r.waits[:0]
	for _, w := range r.waits {
		if w.left -= frames; frames > 0 && w.left > 0 {
			left = append(left, w)
			continue
		}
		*w.met = frames == 0 || w.exact
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
