package signalling

import (
	"sync"
	"sync/atomic"
	"time"
)

// TraceRecord is one SDU of a control VC, as it was sent or received.
type TraceRecord struct {
	Time time.Time
	// Link is the link's name.
	Link string
	Sent bool
	// SDU is a copy that all subscribers share; nobody changes it.
	SDU []byte
	// Summary is one line for people; Message is the name of the Q.2931 message
	// in the SDU, empty for other PDUs.
	Summary, Message string
	CallReference    uint32
	// Lost counts the records before this one that the stream's reader was too
	// slow for.
	Lost uint64
}

// TraceStream is one subscription to the trace.
type TraceStream struct {
	hub  *traceHub
	link string
	c    chan TraceRecord
	lost uint64 // owned by the hub's lock
}

// C returns the channel on which the records arrive. It is closed by
// [TraceStream.Close] and when the manager ends.
func (s *TraceStream) C() <-chan TraceRecord { return s.c }

// Close ends the subscription. It is idempotent.
func (s *TraceStream) Close() { s.hub.remove(s) }

// traceHub spreads trace records over the subscribers. Without any it costs
// one atomic load a record.
type traceHub struct {
	active atomic.Int32

	mu      sync.Mutex
	closed  bool
	streams map[*TraceStream]struct{}
}

// on reports whether anybody listens.
func (h *traceHub) on() bool { return h.active.Load() > 0 }

// add subscribes to one link, or to all for an empty name.
func (h *traceHub) add(link string, size int) *TraceStream {
	s := &TraceStream{hub: h, link: link, c: make(chan TraceRecord, max(1, size))}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		close(s.c)
		return s
	}
	if h.streams == nil {
		h.streams = make(map[*TraceStream]struct{})
	}
	h.streams[s] = struct{}{}
	h.active.Add(1)
	return s
}

func (h *traceHub) remove(s *TraceStream) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, ok := h.streams[s]; !ok {
		return
	}
	delete(h.streams, s)
	h.active.Add(-1)
	close(s.c)
}

// publish hands r to every subscriber of its link that has room.
func (h *traceHub) publish(r TraceRecord) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := range h.streams {
		if s.link != "" && s.link != r.Link {
			continue
		}
		r.Lost = s.lost
		select {
		case s.c <- r:
			s.lost = 0
		default:
			s.lost++
		}
	}
}

// close ends every subscription and refuses new ones.
func (h *traceHub) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	for s := range h.streams {
		close(s.c)
	}
	h.active.Store(0)
	h.streams = nil
}
